"""ROC, precision-recall, and false acceptance against false rejection with the equal error rate."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from fer_models.evaluation.sentence import interval_text
from workbench import cache, state
from workbench.app.wording import percent
from workbench.evidence.bar import Evidence
from workbench.features.confusion import figures
from workbench.features.confusion.model import thresholds
from workbench.features.confusion.model.thresholds import ATTEMPTS
from workbench.widgets import plot
from workbench.widgets.errors import guard

_KINDS = {"roc": "ROC", "pr": "Precision and recall"}
_WANTED = 0.01
CURVE = state.Choice("confusion.curve", _KINDS)
CHOSEN_ATTEMPTS = state.Choice("confusion.attempts")


def show(evidence: Evidence) -> None:
    """Draw the curves of the classes and those of acceptance."""
    left, right = st.columns(2, gap="large")
    with left, guard("the curves of the classes"):
        _classes(evidence)
    with right, guard("false acceptance"):
        _acceptance(evidence)


def _classes(evidence: Evidence) -> None:
    evaluation = evidence.evaluation
    st.markdown("**One class against the rest**")
    kind = st.segmented_control("Curve", list(_KINDS), format_func=_KINDS.__getitem__, required=True, **CURVE.widget())
    curve_kind: Literal["roc", "pr"] = "pr" if kind == "pr" else "roc"
    curves = cache.of_predictions(thresholds.curves, evaluation, curve_kind, key=(curve_kind,))
    areas = ", ".join(f"{name} {area:.3f}" for name, (_, area) in curves.items())
    plot.show(
        figures.class_curves(curves, curve_kind),
        key="class curves",
        alt=f"{_KINDS[curve_kind]} curve of each class; areas under them: {areas}.",
        tools="zoom",
    )
    whole = evaluation.estimate((f"{curve_kind}_auc",))[f"{curve_kind}_auc"]
    chance = "0.5" if curve_kind == "roc" else "the class's share of the images"
    st.caption(
        f"Areas in the legend; their mean is {interval_text(*whole, percent=False)}, by chance it would "
        f"be {chance}. Each point is a threshold on the probability of the class."
    )


def _acceptance(evidence: Evidence) -> None:
    evaluation = evidence.evaluation
    st.markdown("**Accept only above a threshold**")
    attempts = list(ATTEMPTS)
    selected = st.segmented_control(
        "An attempt is", attempts, format_func=ATTEMPTS.__getitem__, required=True, **CHOSEN_ATTEMPTS.widget(attempts)
    )
    attempt = "claims" if selected == "claims" else "top"
    curve = cache.of_predictions(thresholds.acceptance, evaluation, attempt, key=(attempt,))
    plot.show(
        figures.acceptance(curve),
        key="acceptance",
        alt=f"False acceptance and false rejection over the threshold; they are equal at {percent(curve.eer)}.",
        tools="zoom",
    )
    threshold, rejected = curve.at_far(_WANTED)
    equal = percent(curve.eer)
    if attempt == "top":
        equal = interval_text(*cache.of_predictions(thresholds.equal_error, evaluation))
    paper = thresholds.as_the_fifth_paper(evaluation)
    st.caption(
        f"Equal error rate {equal} at a score of {percent(curve.eer_threshold)}; with false acceptance of at most "
        f"{percent(_WANTED, 0)} (a threshold of {percent(min(threshold, 1))}) {percent(rejected)} of the genuine "
        f"attempts are rejected. {curve.genuine:,} genuine attempts, {curve.impostor:,} others. The fifth paper's GAR "
        f"({percent(paper.gar)}) and FAR ({percent(paper.far)}) have no threshold: they are macro recall and the share "
        "of errors."
    )
