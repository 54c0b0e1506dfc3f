"""The tab of the response curves."""

from __future__ import annotations

import streamlit as st

from fer_models.classifier import Classifier
from fer_models.lab import UNITS, Curve, FaceParameters, from_words, response_curves
from workbench import cache
from workbench.features.lab import choice, figures
from workbench.features.lab.answers import Answered
from workbench.widgets import downloads, plot


def show(answers: list[Answered], face: FaceParameters, *, key: str) -> None:
    """Draw every class's probability over one unit's range for all networks, with the points of decision."""
    unit = st.selectbox(
        "Action unit",
        list(UNITS),
        format_func=lambda name: f"{name} {UNITS[name]}",
        **choice.UNIT.widget(list(UNITS), choice.usual_unit(face)),
    )
    checkpoints = [answered.checkpoint for answered in answers]
    names = [checkpoint.name for checkpoint in checkpoints]
    found = cache.kept(
        _curves,
        (choice.line(), unit, *(checkpoint.identity for checkpoint in checkpoints)),
        [cache.classifier(checkpoint) for checkpoint in checkpoints],
        choice.line(),
        unit,
    )
    for name, curve in zip(names, found, strict=True):
        st.markdown(f"- {_sentence(name, curve)}")
    level = face.units.get(unit, 0.0)
    plot.show(
        figures.curves(names, found, level), key=f"{key} curves", alt=f"Class probabilities over {unit}", tools="zoom"
    )
    st.caption(f"Dotted: where the answer changes. Solid: this face, {unit} at {level:.2f}. The rest stays as it is.")
    rows = [
        [name, curve.unit, f"{step:.3f}", label, float(value)]
        for name, curve in zip(names, found, strict=True)
        for step, line in zip(curve.levels, curve.probabilities, strict=True)
        for label, value in zip(curve.classes, line, strict=True)
    ]
    downloads.show(("network", "unit", "level", "class", "probability"), rows, f"{unit}.csv", key=f"{key} csv")


def _curves(classifiers: list[Classifier], line: str, unit: str) -> list[Curve]:
    return response_curves(classifiers, from_words(line), unit)


def _sentence(name: str, curve: Curve) -> str:
    turns = [f"{d.before} to {d.after} at {d.level:.2f}" for d in curve.decisions]
    name = name.replace("_", "\\_")
    if turns:
        return f"**{name}** turns from {', from '.join(turns)}."
    return f"**{name}** stays at {curve.classes[int(curve.probabilities[0].argmax())]} whatever {curve.unit} does."
