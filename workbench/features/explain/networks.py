"""The same face in several networks: a card each with prediction, heatmap and own attention, sorted by agreement."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from workbench import cache, state
from workbench.app import inventory
from workbench.app.inventory import TrainedNetwork
from workbench.app.wording import percent
from workbench.face import bars
from workbench.face.model import crop
from workbench.face.model.crop import RegionShares
from workbench.features.explain import report as explain_report
from workbench.features.explain.model import networks
from workbench.features.explain.model import report as sections
from workbench.features.explain.model.networks import Reading
from workbench.features.explain.subject import Subject
from workbench.heatmap import view
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Question
from workbench.widgets import downloads, picture_grid
from workbench.widgets.errors import guard
from workbench.widgets.picture_grid import Cell, Row

AMONG = state.Several("explain.among")

_MOST, _SIDE, _A_ROW = cache.NETWORKS, 84, 3


@dataclass(frozen=True)
class Read:
    """One network: what it says of the face, relevance by region, and the face as it gets it."""

    network: TrainedNetwork
    reading: Reading
    shares: RegionShares | None
    subject: Subject


def show(subject: Subject, *, key: str) -> None:
    """Draw the choice of networks and a card for each, those of the most frequent answer first.

    Raises:
        UserError: If the method is unknown.
    """
    usable = inventory.usable(inventory.trained_networks())
    selected = _choose(usable, subject.checkpoint.name)
    question, display = view.controls(subject.classifier, layered=False)
    answer = st.empty()
    read = _read(subject, [usable[name] for name in selected], question, answer)
    if not read:
        st.info("Choose a network or more.", icon=":material/info:")
        return
    read = [read[number] for number in networks.by_agreement([each.reading for each in read])]
    for first in range(0, len(read), _A_ROW):
        for column, each in zip(st.columns(_A_ROW), read[first : first + _A_ROW], strict=False):
            with column:
                _card(each, display)
    names, readings = [each.network.name for each in read], [each.reading for each in read]
    regions, subjects = [each.shares for each in read], [each.subject for each in read]
    class_text = question.target or "each network's own answer"
    note = f"{question.method} for {class_text}, {question.of}; {display.words}"
    with st.container(horizontal=True):
        downloads.button(
            "Rows, PNG",
            lambda: networks.sheet(names, readings, [s.pixels for s in subjects], display, note),
            "networks.png",
            key=f"{key} png",
        )
        downloads.show(
            ("network", "quantity", "name", "value", "share of image"),
            networks.table(names, readings, regions),
            "networks.csv",
            key=f"{key} csv",
        )
        explain_report.show(
            "The same face in several networks",
            [other.checkpoint for other in subjects],
            {"method": question.method, "class": class_text, "score": question.of, "display": display.words},
            lambda: sections.networks(names, readings, [s.pixels for s in subjects], display),
            key=key,
        )
    st.caption(
        "Each network gets the face cropped and scaled as in its training, and is explained at its usual layer. A "
        "heatmap shows the evidence for one class; own attention is the network's finest gate, the same for every "
        "class. Sorted by agreement: the most frequent answer first, then the most confident network. All "
        "probabilities and regions are in the CSV."
    )


def _choose(usable: dict[str, TrainedNetwork], page_network: str) -> list[str]:
    """Draw the choice of networks; the default is all, the network of the page first."""
    listed = [network.name for network in inventory.without_folds(usable.values(), {page_network})]
    order = [page_network, *(name for name in listed if name != page_network)]
    bound = AMONG.widget(order, order, most=_MOST)
    with st.expander(
        f"Networks, {len(AMONG.get(order, order)[:_MOST])} of {len(usable)}", icon=":material/account_tree:"
    ):
        return list(
            st.multiselect(
                "Networks",
                order,
                format_func=lambda name: usable[name].listed,
                max_selections=_MOST,
                label_visibility="collapsed",
                **bound,
            )
        )


def _read(subject: Subject, chosen: list[TrainedNetwork], question: Question, answer: DeltaGenerator) -> list[Read]:
    """What each network says; one that cannot be read says why in its place. ``answer`` says how many agree so far."""
    read: list[Read] = []
    with st.spinner(f"Predicting the face with {len(chosen)} networks."):
        for network in chosen:
            checkpoint = network.checkpoint
            if checkpoint is None:
                continue
            with guard(network.name):
                other = subject.of(checkpoint)
                reading = cache.of_face(networks.read, checkpoint, other.pixels, question)
                shares = None
                if reading.look is not None:
                    shares = crop.region_shares(reading.look.attribution, checkpoint.classes, other.framed)
                read.append(Read(network, reading, shares, other))
                answer.markdown(f"**{networks.verdict([each.reading for each in read])}**")
    return read


def _card(each: Read, display: Display) -> None:
    name, probability = each.reading.answer
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{name}** {percent(probability)}")
        cells = _cells(each.reading, each.subject, display)
        picture_grid.show([Row("", "", cells)], side=_SIDE, label=f"Maps of {each.network.name}")
        bars.show_probabilities(each.reading.prediction.ranked(), 3)
        st.caption(each.network.title.replace("_", chr(92) + "_"))
        if each.reading.problem:
            st.caption(each.reading.problem)
        elif each.shares is None:
            st.caption("No positive evidence, so no region holds any.")
        elif each.shares.alarm:
            st.caption(":orange[:material/warning:] More relevance on the background than its area.")


def _cells(reading: Reading, other: Subject, display: Display) -> list[Cell]:
    cells = []
    if reading.look is not None:
        attribution = reading.look.attribution
        caption = reading.look.title if attribution.has_positive[0] else f"{reading.look.title}: no positive evidence"
        cells.append(
            Cell(drawing.over_face(other.pixels, attribution, display, _SIDE), caption, f"{caption}, over the face")
        )
    else:
        cells.append(Cell(drawing.face(other.pixels, _SIDE), "no heatmap", "The face"))
    attended = reading.attended
    if attended is None:
        cells.append(Cell(None, "no attention module"))
    else:
        title, values = attended
        drawn = drawing.spread_over_face(other.pixels, values, display, _SIDE)
        cells.append(
            Cell(
                drawn,
                f"own attention, {values.min():.2f} to {values.max():.2f}",
                f"{title} over the face",
            )
        )
    return cells
