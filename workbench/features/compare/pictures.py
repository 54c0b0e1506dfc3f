"""The faces that one network gets right and another wrong."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from workbench import shared, state
from workbench.app.wording import percent
from workbench.evidence import face_answer, gallery
from workbench.evidence.bar import Evidence
from workbench.features.compare.model import same_faces
from workbench.features.compare.model.same_faces import Standing

RIGHT = state.Choice("compare.right")
WRONG = state.Choice("compare.wrong")


def show(results: Standing, networks: Sequence[Checkpoint], name: str, dataset: FaceDataset, *, key: str) -> None:
    """Draw the choice of the pair, the gallery, and the selected face with both predictions.

    Args:
        results: Predictions of the networks on the same images.
        networks: In the order of ``results.names``.
        name: Name under which the data set was opened.
        dataset: The data set.
        key: Prefix of the widgets' keys.
    """
    names = list(results.names)
    left, right = st.columns(2)
    with left:
        right_name = st.selectbox("Right", names, **RIGHT.widget(names))
    other_names = [each for each in names if each != right_name]
    with right:
        wrong_name = st.selectbox("Wrong", other_names, **WRONG.widget(other_names))
    a, b = names.index(str(right_name)), names.index(str(wrong_name))
    right_evaluation, wrong_evaluation = results.evaluations[a], results.evaluations[b]
    indices = same_faces.only_right(right_evaluation, wrong_evaluation)
    evidence = Evidence(networks[b], name, dataset, wrong_evaluation)
    index_of_row = {str(int(wrong_evaluation.positions[index])): int(index) for index in indices}
    selected = index_of_row.get(shared.ROW.get() or "", int(indices[0]) if len(indices) else None)
    st.caption(
        f"{len(indices):,} of {results.n:,} images that {right_name} gets right and {wrong_name} wrong; under each "
        f"face its label > what {wrong_name} says and how sure it is, its surest mistakes first."
    )
    faces, beside = st.columns([7, 5], gap="large")
    with faces:
        scope = f"{right_name} {wrong_name} {name} {wrong_evaluation.split}"
        clicked = gallery.show(evidence, indices, key=f"{key} only", selected=selected, scope=scope)
    if clicked is not None:
        selected = clicked
        shared.ROW.set(str(int(wrong_evaluation.positions[clicked])))
    if selected is None:
        return
    with beside:
        face_answer.show(evidence, selected, key=f"{key} face")
        answer = int(right_evaluation.predictions[selected])
        confidence = percent(float(right_evaluation.probabilities[selected, answer]))
        st.caption(
            f"{right_name} says {right_evaluation.classes[answer]}, {confidence} sure; the bars and heatmaps are "
            f"those of {wrong_name}."
        )
