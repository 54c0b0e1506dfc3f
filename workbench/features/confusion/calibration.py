"""Whether a network's confidence can be believed, and what it gains by answering "not sure"."""

from __future__ import annotations

import streamlit as st

from fer_models.evaluation.calibration.reliability import not_sure_threshold, risk_coverage
from fer_models.evaluation.calibration.temperature import calibrate
from fer_models.evaluation.part import Part
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
        UserError: If there are too few pictures.
    """
    left, right = st.columns(2, gap="large")
    with left:
        _reliability(evidence)
    with right:
        _not_sure(evidence)


def _reliability(evidence: Evidence) -> None:
    evaluation, dataset = evidence.evaluation, evidence.dataset
    chosen_on = evidence.checkpoint.selection
    validation = None
    if chosen_on in dataset.split_names and chosen_on != evaluation.split:
        validation = cached.predictions(
            evidence.checkpoint, dataset, Part.of_split(dataset, chosen_on), evaluation.averaging
        )
        validation = None if validation is None or validation.classes != evaluation.classes else validation
    fitted_on = "" if validation is None else validation.split
    found = cache.of_predictions(calibrate, evaluation, fitted_on, validation, key=(fitted_on,))
    st.markdown("**Does it know how sure it may be?**")
    plot.show(
        reliability_diagram({"as it is": found.before, "with temperature": found.after}),
        key="reliability",
        alt=f"Reliability diagram; the expected calibration error is {percent(found.ece[0])}, "
        f"with temperature {percent(found.ece[1])}.",
        tools=True,
    )
    word = "too sure" if found.temperature > 1 else "too timid"
    st.caption(
        f"Temperature {found.temperature:.2f}, {found.fitted}: the network was {word}. Log loss "
        f"{found.log_loss[0]:.3f}, with temperature {found.log_loss[1]:.3f}; expected calibration error "
        f"{percent(found.ece[0])}, with temperature {percent(found.ece[1])}."
    )


def _not_sure(evidence: Evidence) -> None:
    evaluation = evidence.evaluation
    st.markdown("**What if it may say “not sure”?**")
    place = st.container()
    floor = round(100 * evaluation.value("accuracy"))
    wanted = st.slider("Accuracy wanted of the answers, %", **WANTED.widget(min(99, max(80, floor + 5))))
    found = not_sure_threshold(evaluation.targets, evaluation.probabilities, wanted / 100)
    curve = risk_coverage(evaluation.targets, evaluation.probabilities)
    with place:
        plot.show(
            risk_coverage_curve(curve, None if found is None else found.threshold),
            key="risk coverage",
            alt="Share of wrong answers over the share of answered pictures, the surest first.",
            tools=True,
        )
    if found is None:
        st.caption(f"No threshold reaches {wanted} %: even its surest answers are wrong too often.")
        return
    share = found.accuracy
    st.caption(
        f"Answering only from a confidence of {percent(found.threshold)} on: {percent(found.coverage)} of the pictures "
        f"are answered, {percent(share.value)} [{100 * share.low:.1f}, {100 * share.high:.1f}] of them right "
        f"(n = {found.answered:,}). The threshold was found on these very pictures, which flatters it a little."
    )
