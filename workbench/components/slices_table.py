"""Where a network fails: the worst slices of the pictures, with intervals."""

from __future__ import annotations

import streamlit as st

from fer_models.evaluation.slices import SMALL
from workbench import cache, state
from workbench.components import csv_download, table
from workbench.components.evidence_bar import Evidence
from workbench.services import misclassified
from workbench.services.wording import percent

_ALL = "every column"
_SHOWN = 12


def show(evidence: Evidence) -> None:
    """Draw the worst slices first."""
    evaluation = evidence.evaluation
    found = cache.of_predictions(misclassified.slices, evaluation, evidence.dataset)
    columns = [_ALL, *dict.fromkeys(part.column for part in found)]
    left, right = st.columns([2, 5], vertical_alignment="bottom")
    with left:
        column = st.selectbox("Cut by", columns, **state.bound("cut by", columns, _ALL, in_url=False))
    chosen = [part for part in found if column in (_ALL, part.column)]
    whole = evaluation.estimate(("accuracy",))["accuracy"]
    with right:
        st.caption(
            f"All pictures: {percent(whole.value)} [{100 * whole.low:.1f}, {100 * whole.high:.1f}]. "
            f"Slices of fewer than {SMALL} pictures come last: their order is as good as chance."
        )
    rows = [
        (
            part.column,
            part.value,
            percent(part.estimate.value),
            f"[{100 * part.estimate.low:.1f}, {100 * part.estimate.high:.1f}]",
            f"{part.n:,}",
            "few pictures" if part.small else "clearly worse" if part.estimate.high < whole.low else "",
        )
        for part in chosen
    ]
    table.show(
        ("Column", "Value", "Accuracy", "95 % interval", "n", ""),
        rows[:_SHOWN],
        right=(2, 3, 4, 5),
        label="Worst slices",
    )
    if len(rows) > _SHOWN:
        st.caption(f"The worst {_SHOWN} of {len(rows)}; all of them are in the file.")
    lines = [
        (part.column, part.value, round(part.estimate.value, 6), round(part.estimate.low, 6),
         round(part.estimate.high, 6), part.n, part.small)
        for part in chosen
    ]  # fmt: skip
    csv_download.show(
        ("column", "value", "accuracy", "low", "high", "n", "small"),
        lines,
        f"{evidence.name}-{evaluation.split}-slices.csv",
        key="slices csv",
    )
