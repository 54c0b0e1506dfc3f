"""Step: one muscle moves, and the answer turns."""

from __future__ import annotations

import streamlit as st

from fer_models.classifier import Classifier
from fer_models.lab import Curve, FaceParameters, draw, from_words, response_curves
from workbench import cache, state
from workbench.app.wording import percent
from workbench.face import bars
from workbench.features.learn.step import Answer, Scene, Step

SMILE = state.Number("learn.smile", 0.0, 0.0, 1.0)
_SIDE = 264


def show(scene: Scene) -> Answer:
    """Draw the face at one width of its smile, what the network says, and where its answer turns."""
    with scene.controls:
        level = float(st.slider("Lip corner puller (AU12)", step=0.05, **SMILE.widget()))
    curve = cache.kept(_curve, (scene.drawn.identity,), cache.classifier(scene.drawn))
    step = round(level * (len(curve.levels) - 1))
    ranked = sorted(zip(curve.classes, map(float, curve.probabilities[step]), strict=True), key=lambda each: -each[1])
    seen, said = st.columns([1, 1], gap="medium", vertical_alignment="center")
    picture = draw(FaceParameters(units={"AU12": level})).image
    words = f"AU12 at {level:.2f}: {ranked[0][0]}"
    with seen:
        st.image(picture, words, width=round(_SIDE * scene.scale), alt=f"A drawn face, {words}")
    with said:
        st.markdown(f"The network says **{ranked[0][0]}**, {percent(ranked[0][1])}")
        bars.show_probabilities(ranked)
    return Answer(
        _conclusion(curve),
        ((words, picture),),
        (f"At {level:.2f} it says {ranked[0][0]}, {percent(ranked[0][1])}.",),
        "lab",
        "Move every muscle in the face lab",
        {"networks": scene.drawn.name, "face": f"AU12={max(level, 0.05):g}", "tab": "curves"},
    )


def _curve(classifier: Classifier) -> Curve:
    (curve,) = response_curves([classifier], from_words(""), "AU12")
    return curve


def _conclusion(curve: Curve) -> str:
    turns = [f"from {d.before} to {d.after} at {d.level:.2f}" for d in curve.decisions]
    said = f"turns {', then '.join(turns)}" if turns else "never turns"
    return (
        "An **action unit** is one muscle, or a group of them, that moves the face. Here only the lip corners "
        f"move, and the answer {said}.\n\nThe smile grows evenly; the answer jumps. At a **decision point** a small "
        "change counts more than a large one elsewhere. Another person, light or pose moves that point."
    )


STEP = Step(
    key="units",
    lesson="How does it see?",
    title="One muscle",
    question="How wide must a smile be before the network calls it happy?",
    task="Guess a number from 0 to 1, then move the slider until the answer turns.",
    show=show,
)
