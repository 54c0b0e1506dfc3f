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


def show(found: Standing, networks: Sequence[Checkpoint], name: str, dataset: FaceDataset, *, key: str) -> None:
    """Draw the choice of the pair, the gallery, and the chosen face with both answers.

    Args:
        networks: in the order of ``found.names``. name: under which the data set was opened.
    """
    names = list(found.names)
    left, right = st.columns(2)
    with left:
        good = st.selectbox("Right", names, **RIGHT.widget(names))
    others = [each for each in names if each != good]
    with right:
        bad = st.selectbox("Wrong", others, **WRONG.widget(others))
    a, b = names.index(str(good)), names.index(str(bad))
    theirs, evaluation = found.evaluations[a], found.evaluations[b]
    places = same_faces.only_right(theirs, evaluation)
    evidence = Evidence(networks[b], name, dataset, evaluation)
    known = {str(int(evaluation.positions[place])): int(place) for place in places}
    chosen = known.get(shared.ROW.get() or "", int(places[0]) if len(places) else None)
    st.caption(
        f"{len(places):,} of {found.n:,} pictures that {good} gets right and {bad} wrong; under each face its label > "
        f"what {bad} says and how sure it is, its surest mistakes first."
    )
    faces, one = st.columns([7, 5], gap="large")
    with faces:
        scope = f"{good} {bad} {name} {evaluation.split}"
        clicked = gallery.show(evidence, places, key=f"{key} only", selected=chosen, scope=scope)
    if clicked is not None:
        chosen = clicked
        shared.ROW.set(str(int(evaluation.positions[clicked])))
    if chosen is None:
        return
    with one:
        face_answer.show(evidence, chosen, key=f"{key} face")
        answer = int(theirs.predictions[chosen])
        sure = percent(float(theirs.probabilities[chosen, answer]))
        st.caption(f"{good} says {theirs.classes[answer]}, {sure} sure; the bars and heatmaps are those of {bad}.")
