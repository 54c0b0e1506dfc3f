"""Step: a heatmap changes with the class that is asked for; the network's own attention does not."""

from __future__ import annotations

import streamlit as st

from fer_models.explain import EXPLAINERS
from workbench import shared, state
from workbench.app.wording import percent
from workbench.features.learn.step import DISPLAY, SIDE, Answer, Scene, Step
from workbench.heatmap import cached
from workbench.heatmap.model import drawing
from workbench.heatmap.model.look import OwnAttention, Question
from workbench.widgets import picture_grid
from workbench.widgets.picture_grid import Cell, Row

CLASS = state.Choice("learn.class", address=False)
#: Most modules that are shown.
_MOST = 4


def show(scene: Scene) -> Answer:
    """Draw the heatmap of the chosen class above the network's own attention."""
    classes = list(scene.checkpoint.classes)
    first = cached.look(scene.checkpoint, scene.pixels, Question())
    with scene.controls:
        name = st.selectbox("Ask for", classes, **CLASS.widget(classes, first.winner))
    look = cached.look(scene.checkpoint, scene.pixels, Question(target=name))
    attention = cached.own_attention(scene.checkpoint, scene.pixels)
    side = round(SIDE * scene.scale)
    heat = drawing.over_face(scene.pixels, look.attribution, DISPLAY, SIDE)
    positive = bool(look.attribution.has_positive[0])
    words = f"{EXPLAINERS[look.attribution.method].title} for {name}" + ("" if positive else ": no evidence for it")
    probability = percent(dict(look.prediction.ranked())[name])
    st.markdown(f"**The heatmap: the evidence for {name}** ({probability})")
    face = Cell(drawing.face(scene.pixels, SIDE), "the face", "The face alone")
    picture_grid.show([Row("", "", [face, Cell(heat, words, words)])], side=side, label="Heatmap of the chosen class")
    st.markdown("**Its own attention: what it lets through**")
    cells = _cells(scene, attention)
    if cells:
        picture_grid.show([Row("", "", cells)], side=round(0.75 * side), label="The network's own attention")
    else:
        _no_attention(scene.checkpoint.name)
    return Answer(
        _conclusion(attention),
        ((words, heat), *((cell.caption, cell.picture) for cell in cells if cell.picture is not None)),
        (f"The network gives {name} {probability}.",),
        "explain",
        "Every gate of this network on Explain",
        {**scene.address, "tab": "attention"},
    )


def _no_attention(name: str) -> None:
    """Say so, and what has some; a network of the address stays with any face."""
    of_address = shared.CHECKPOINT.in_address() == name
    advice = "" if of_address else " Choose a drawn face: its network has some."
    st.info(f"{name} has no attention over places.{advice}", icon=":material/info:")
    if of_address:
        st.button(
            "Use the lesson's own network",
            key="learn own network",
            icon=":material/swap_horiz:",
            on_click=shared.CHECKPOINT.set,
            args=(None,),
        )


def _cells(scene: Scene, attention: OwnAttention) -> list[Cell]:
    cells = []
    for number, (_, values) in enumerate(attention.overlays[:_MOST], 1):
        drawn = drawing.spread_over_face(scene.pixels, values, DISPLAY, SIDE)
        words = f"gate {number}: {values.min():.2f} to {values.max():.2f}"
        cells.append(Cell(drawn, words, f"Attention {words}, over the face"))
    return cells


def _conclusion(attention: OwnAttention) -> str:
    if not attention.overlays:
        return "This network has no attention: it weighs all places alike. A heatmap can still be made for it."
    return (
        "The **heatmap** answers a question that we ask afterwards: where is the evidence for this class? Another "
        "class, another map.\n\n**Attention** is part of the calculation. The network multiplies every place by a "
        "**gate**, a number that it works out from the face: a high one lets the place through, a low one damps "
        "it. It does so before it knows the answer, so the gates are the same for all classes.\n\nLook at the "
        "numbers below the images: gates that are nearly alike change little, however bright they are drawn."
    )


STEP = Step(
    key="attention",
    lesson="How does it see?",
    title="Its own attention",
    question="Heatmap and attention both show bright places. Are they the same thing?",
    task="Ask for another class. Which images change, and which stay?",
    show=show,
)
