"""Calibration of the confidence, and the accuracy gained by rejecting uncertain images."""

from __future__ import annotations

import streamlit as st

from fer_models.evaluation.calibration.reliability import not_sure_threshold, risk_coverage
from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.part import Part
from fer_models.evaluation.sentence import interval_text
from workbench import cache, state
from workbench.app.wording import percent
from workbench.evidence import cached
from workbench.evidence.bar import Evidence
from workbench.features.confusion.figures import reliability_diagram, risk_coverage_curve
from workbench.widgets import plot

WANTED = state.Number("confusion.wanted", low=1, high=100)


def show(evidence: Evidence) -> None:
    """Draw the reliability diagram, and the risk-coverage curve with its threshold.

    Raises:
        UserError: If there are too few images.
    """
    left, right = st.columns(2, gap="large")
    with left:
        _reliability(evidence)
    with right:
        _not_sure(evidence)


def _reliability(evidence: Evidence) -> None:
    evaluation, dataset = evidence.evaluation, evidence.dataset
    selected_on = evidence.checkpoint.selection
    validation = None
    if selected_on in dataset.split_names and selected_on != evaluation.split:
        validation = cached.predictions(
            evidence.checkpoint, dataset, Part.of_split(dataset, selected_on), evaluation.averaging
        )
        validation = None if validation is None or validation.classes != evaluation.classes else validation
    fitted_on = "" if validation is None else validation.split
    calibration = cache.of_predictions(calibrate, evaluation, fitted_on, validation, key=(fitted_on,))
    st.markdown("**Is its confidence calibrated?**")
    plot.show(
        reliability_diagram({"as it is": calibration.before, "with temperature": calibration.after}),
        key="reliability",
        alt=f"Reliability diagram; the expected calibration error is {percent(calibration.ece[0].value)}, "
        f"with temperature {percent(calibration.ece[1].value)}.",
        tools="zoom",
    )
    st.caption(calibration.sentences)


def _not_sure(evidence: Evidence) -> None:
    evaluation = evidence.evaluation
    st.markdown("**What if it may say “not sure”?**")
    plot_container = st.container()
    floor = round(100 * evaluation.value("accuracy"))
    target = st.slider("Accuracy wanted of the answers, %", **WANTED.widget(min(99, max(80, floor + 5))))
    threshold = not_sure_threshold(evaluation.targets, evaluation.probabilities, target / 100, evaluation.units)
    curve = risk_coverage(evaluation.targets, evaluation.probabilities)
    with plot_container:
        plot.show(
            risk_coverage_curve(curve, None if threshold is None else threshold.threshold),
            key="risk coverage",
            alt="Share of wrong answers over the share of answered images, the surest first.",
            tools="zoom",
        )
    if threshold is None:
        st.caption(f"No threshold reaches {target} %: even its surest answers are wrong too often.")
        return
    share = threshold.accuracy
    st.caption(
        f"With answers only at a confidence of {percent(threshold.threshold)} or more, {percent(threshold.coverage)} "
        f"of the images are answered, {interval_text(*share)} of them right (n = {threshold.answered:,}). The "
        "threshold was chosen on these images, which flatters it a little."
    )
