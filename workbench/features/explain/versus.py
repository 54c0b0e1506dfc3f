"""Two methods, layers or networks against each other on one face."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.explain import EXPLAINERS
from workbench import cache, state
from workbench.app import inventory
from workbench.features.explain.model import versus
from workbench.features.explain.model.networks import own_name
from workbench.features.explain.model.versus import OnTruth, Side
from workbench.features.explain.subject import Subject
from workbench.heatmap import cached
from workbench.heatmap.model import drawing
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Question
from workbench.widgets import downloads, picture_grid
from workbench.widgets.picture_grid import Cell, Row

NETWORK = state.Choice("explain.side network")
METHOD = state.Choice("explain.side method")
LAYER = state.Choice("explain.side layer")
#: What B begins with, the first of them that finds evidence.
_OTHERS = ("grad_cam", "grad_cam_pp", "saliency")
_SIDE = 176


def show(subject: Subject, *, key: str) -> None:
    """Draw the choice of both maps, the maps, their difference, and who is right.

    Raises:
        UserError: If a method cannot be used with its network, or a map holds nothing positive.
    """
    prediction = cache.of_face(look_model.prediction, subject.checkpoint, subject.pixels)
    target = prediction.ranked()[0][0]
    left, right = st.columns(2, gap="medium")
    with left:
        a = _side(subject, "A", target)
    with right:
        b = _side(subject, "B", target, *_OTHERS)
    if a is None or b is None:
        return
    sample = subject.picture.sample
    truths = versus.on_truth(a, sample), versus.on_truth(b, sample)
    pair = versus.against(a, b)
    display = Display()
    cells = [_cell(side, label, display) for label, side in (("A", a), ("B", b))]
    if isinstance(pair, str):
        st.info(pair, icon=":material/info:")
    else:
        signed = Display(signed=True)
        face = max((a.framed.crop.pixels, b.framed.crop.pixels), key=len)
        drawn = drawing.over_values(face, pair.difference, signed, _SIDE)
        cells.append(Cell(drawn, "A minus B: orange where A is brighter, purple where B is", "Difference of both maps"))
        st.markdown(
            f"**Rank correlation {pair.correlation:.2f}**, {versus.correlation_words(pair.correlation)}. "
            f"Of the brightest tenth of A, {100 * pair.shared:.0f} % is among the brightest tenth of B."
        )
    picture_grid.show([Row("", "", cells)], side=_SIDE, label="Both maps and their difference", name=_file_name(a, b))
    st.markdown(f"**Who is right?** {versus.verdict(*truths)}")
    _download(a, b, pair, truths, key)
    st.caption(
        f"Both explain “{target}”, this network's answer. Each map is shown as a part of its own largest value. The "
        "truth is where the drawing's action units move the face; a network can be right for another reason."
    )


def _file_name(a: Side, b: Side) -> str:
    return f"two-maps-{a.look.target}-{a.name}-and-{b.name}"


def _side(subject: Subject, label: str, target: str, *offered: str) -> Side | None:
    """Draw the choices of one map; the first is the first of the offered methods that finds evidence."""
    st.markdown(f"**{label}**")
    usable = inventory.usable(inventory.trained_networks())
    names = [subject.checkpoint.name, *(name for name in usable if name != subject.checkpoint.name)]
    name = str(
        st.selectbox(
            f"Network {label}",
            names,
            format_func=lambda n: usable[n].listed if n in usable else n,
            **NETWORK.of(label).widget(names),
        )
    )
    checkpoint: Checkpoint | None = subject.checkpoint if name == names[0] else usable[name].checkpoint
    if checkpoint is None:
        return None
    other = subject if name == names[0] else subject.of(checkpoint)
    classifier = other.classifier
    methods = look_model.methods(classifier)
    explained = own_name(target, classifier.classes)
    usual = next(
        (
            method
            for method in offered
            if method in methods
            and cached.look(checkpoint, other.pixels, Question(method, explained)).attribution.has_positive[0]
        ),
        look_model.first_method(classifier),
    )
    one, two = st.columns(2)
    with one:
        chosen = str(
            st.selectbox(
                f"Method {label}",
                list(methods),
                format_func=methods.__getitem__,
                **METHOD.of(label).widget(list(methods), usual),
            )
        )
    layers = list(look_model.layers(classifier)) if EXPLAINERS[chosen].uses_layer else []
    with two:
        layer = _layer(label, layers, look_model.usual_layer(classifier))
    if explained is None:
        st.info(f"{name} has no class {target}.", icon=":material/info:")
        return None
    look = cached.look(checkpoint, other.pixels, Question(chosen, explained, layer))
    words = " · ".join(filter(None, (name, EXPLAINERS[chosen].title, layer)))
    return Side(words, look, other.framed, checkpoint.preprocess)


def _layer(label: str, layers: list[str], usual: str | None) -> str | None:
    if not layers:
        st.selectbox(f"Layer {label}", ["every pixel"], disabled=True, help="This method uses no layer.")
        return None
    return str(st.selectbox(f"Layer {label}", layers, **LAYER.of(label).widget(layers, usual)))


def _cell(side: Side, label: str, display: Display) -> Cell:
    drawn = drawing.over_face(side.framed.crop.pixels, side.look.attribution, display, _SIDE)
    return Cell(drawn, f"{label}: {side.look.title}", f"{label}: {side.name}, over the face")


def _download(
    a: Side, b: Side, pair: versus.Pair | str, truths: tuple[OnTruth | None, OnTruth | None], key: str
) -> None:
    numbers = (np.nan, np.nan) if isinstance(pair, str) else (pair.correlation, pair.shared)
    rows = [
        [
            label,
            side.name,
            side.look.target,
            *((np.nan, np.nan) if truth is None else (truth.mass, truth.area)),
            *numbers,
        ]
        for label, side, truth in (("A", a, truths[0]), ("B", b, truths[1]))
    ]
    columns = ("map", "explained by", "class", "heat on true units", "area of units", "rank correlation", "shared top")
    downloads.show(columns, rows, f"{_file_name(a, b)}.csv", key=f"{key} csv")
