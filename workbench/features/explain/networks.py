"""The same face in several networks: a row each with prediction, heatmap, own attention and regions."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench import cache, state
from workbench.app import inventory
from workbench.app.inventory import TrainedNetwork
from workbench.app.wording import percent
from workbench.face import bars as face_bars
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
from workbench.widgets import downloads, picture_grid
from workbench.widgets.errors import guard
from workbench.widgets.picture_grid import Cell, Row

AMONG = state.Several("explain.among")

_MOST, _SIDE = 24, 108


def show(subject: Subject, *, key: str) -> None:
    """Draw the choice of networks and a row for each.

    Raises:
        UserError: If the method is unknown.
    """
    usable = inventory.usable(inventory.trained_networks())
    selected = _choose(usable, subject.checkpoint.name)
    question, display = view.controls(subject.classifier, layered=False)
    answer = st.container()
    names: list[str] = []
    readings: list[Reading] = []
    regions: list[RegionShares | None] = []
    subjects: list[Subject] = []
    for name in selected:
        checkpoint = usable[name].checkpoint
        if checkpoint is None:
            continue
        with guard(name):
            other = subject.of(checkpoint)
            reading = cache.of_face(networks.read, checkpoint, other.pixels, question)
            shares = _regions(reading, checkpoint, other)
            _row(usable[name], reading, shares, other, display)
            names.append(name)
            readings.append(reading)
            regions.append(shares)
            subjects.append(other)
    if not readings:
        st.info("Choose a network or more.", icon=":material/info:")
        return
    with answer:
        st.markdown(f"**{networks.verdict(readings)}**")
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
            ("network", "quantity", "name", "value", "share of picture"),
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
        "Each network gets the face cut and scaled as its training did, and explains its usual layer. A heatmap says "
        "what speaks for one class; own attention is the network's finest gate, alike for every class. The tick on a "
        "region's bar is its share of the picture."
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


def _regions(reading: Reading, checkpoint: Checkpoint, other: Subject) -> RegionShares | None:
    if reading.look is None:
        return None
    framed = other.framed
    return crop.region_shares(reading.look.attribution, checkpoint.classes, framed)


def _row(
    network: TrainedNetwork, reading: Reading, shares: RegionShares | None, other: Subject, display: Display
) -> None:
    with st.container(border=True):
        words, pictures, bars = st.columns([4, 5, 4], gap="small")
        with words:
            name, probability = reading.answer
            st.markdown(f"**“{name}”**, {percent(probability)} sure")
            st.caption(network.title.replace("_", chr(92) + "_"))
            face_bars.show_probabilities(reading.prediction.ranked(), 4)
        with pictures:
            picture_grid.show(
                [Row("", "", _cells(reading, other, display))], side=_SIDE, label=f"Maps of {network.name}"
            )
        with bars:
            if shares is None:
                st.caption("No positive evidence, so no region holds any." if reading.look else reading.problem)
            else:
                face_bars.show_regions(shares, 6)
                if shares.alarm:
                    st.caption(":orange[:material/warning:] It looks beside the face more than the background's share.")


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
                f"own: {title.replace(chr(46), ' ')}, {values.min():.2g} to {values.max():.2g}",
                f"{title} over the face",
            )
        )
    return cells
