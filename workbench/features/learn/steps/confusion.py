"""Step: what a network mixes up, and the faces behind each cell."""

from __future__ import annotations

import numpy as np
import streamlit as st

from workbench import state
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.evidence import gallery, matrix_plot
from workbench.evidence.bar import Evidence
from workbench.evidence.figures import Cells, confusion_heatmap
from workbench.evidence.model import confusion
from workbench.features.learn import material
from workbench.features.learn.step import Answer, Scene, Step

TRUE = state.Choice("learn.true")
PREDICTED = state.Choice("learn.predicted")
#: Faces of the cell on the sheet.
_SHEET = 4


def show(scene: Scene) -> Answer | None:
    """Draw the matrix and the faces of the chosen cell."""
    evidence = material.get(scene)
    if evidence is None:
        return None
    evaluation = evidence.evaluation
    classes, counts = list(evaluation.classes), evaluation.confusion
    usual = confusion.largest_confusion(counts, classes)
    with scene.controls:
        left, right = st.columns(2)
        with left:
            true = st.selectbox("Is", classes, **TRUE.widget(classes, usual[0]))
        with right:
            predicted = st.selectbox("Read as", classes, **PREDICTED.widget(classes, usual[1]))
    plot, faces = st.columns([4, 3], gap="medium")
    with plot:
        _matrix(scene, counts, classes, (true, predicted))
        st.caption(f"Accuracy {evaluation.sentence()}")
    indices = confusion.pictures(evaluation, true, predicted)
    with faces:
        st.markdown(confusion.cell_sentence(evaluation, true, predicted))
        gallery.show(evidence, indices, key="learn cell", selected=None, scope=f"{true} > {predicted}")
    return Answer(
        _conclusion(evidence),
        tuple(_picture(evidence, int(index)) for index in indices[:_SHEET]),
        (confusion.cell_sentence(evaluation, true, predicted).replace("**", "") + ".",),
        "confusion",
        "This matrix on Confusion",
        {
            "checkpoint": evidence.checkpoint.name,
            "data": evidence.name,
            "split": evaluation.split,
            "true": true,
            "predicted": predicted,
        },
    )


def _matrix(scene: Scene, counts: np.ndarray, classes: list[str], cell: tuple[str, str]) -> None:
    values = confusion.values(counts, "counts")
    texts = confusion.texts(values, "counts")
    figure = confusion_heatmap(Cells(values, texts, classes, "faces"), framed=cell, dark=scene.dark)
    figure.update_layout(height=round(400 * scene.scale), font_size=round(13 * scene.scale), margin={"t": 6})
    figure.update_traces(showscale=False, textfont_size=round(13 * scene.scale), selector={"type": "heatmap"})
    matrix_plot.show(figure, classes, _choose, key="learn matrix")


def _choose(cell: tuple[str, str]) -> None:
    TRUE.set(cell[0])
    PREDICTED.set(cell[1])


def _picture(evidence: Evidence, index: int) -> tuple[str, np.ndarray]:
    evaluation = evidence.evaluation
    image = np.asarray(evidence.dataset.images[int(evaluation.positions[index])])
    names = (evaluation.classes[int(k)] for k in (evaluation.targets[index], evaluation.predictions[index]))
    return "{} read as {}".format(*names), pictures.enlarged(pictures.as_rgb(image), 128)


def _conclusion(evidence: Evidence) -> str:
    evaluation = evidence.evaluation
    classes, counts = list(evaluation.classes), evaluation.confusion
    wrong = int(counts.sum() - np.trace(counts))
    first = (
        f"It reads {int(np.trace(counts))} of {evaluation.n} faces as labelled: its **accuracy** is "
        f"{percent(1 - wrong / evaluation.n)}. The rest lies off the diagonal."
    )
    if not wrong:
        return first
    true, predicted = confusion.largest_confusion(counts, classes)
    largest = int(counts[classes.index(true), classes.index(predicted)])
    return (
        f"{first}\n\nIts errors are not random: {largest} of {wrong} are {true} read as {predicted}. Similar "
        "expressions are mistaken for each other, by us too.\n\nSo never ask for the accuracy alone. Ask which "
        "mistakes hide in it, and whom they would hurt."
    )


STEP = Step(
    key="confusion",
    lesson="What does it mix up?",
    title="What it confuses",
    question="Which two expressions do you mix up yourself? Does the network make the same mistakes?",
    task="A row is the true class, a column what the network read. Click a cell to see its faces.",
    show=show,
)
