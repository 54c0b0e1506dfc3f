"""The curve of a run beside those of other runs, and its learning rate."""

from __future__ import annotations

import streamlit as st

from workbench import state
from workbench.app.runs import Progress
from workbench.features.train.figures import comparison, rate_curve
from workbench.features.train.model import curves
from workbench.widgets import plot, table

_AT_MOST = 5
OTHERS_OF = state.Several("train.others of", address=False)
COMPARED_QUANTITY = state.Choice("train.compared quantity", curves.QUANTITIES, address=False)


def show(progress: Progress, key: str) -> None:
    """Draw the chosen quantity of this run and of up to five others, and a table of their best epochs."""
    others = curves.comparable(progress.run_id)
    if not others:
        st.caption("No other run has a finished epoch to compare with.")
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        selected = st.multiselect(
            "Compare with",
            list(others),
            format_func=others.__getitem__,
            max_selections=_AT_MOST,
            **OTHERS_OF.of(progress.run_id).widget(list(others), list(others)[:1], most=_AT_MOST),
        )
    with right:
        what = st.selectbox(
            "Quantity",
            list(curves.QUANTITIES),
            **COMPARED_QUANTITY.widget(),
        )
    runs = curves.names_and_rows([progress.run_id, *selected])
    quantity, title, factor = curves.QUANTITIES[what]
    plot.show(
        comparison(runs, quantity, title, factor, dark=st.context.theme.type == "dark"),
        key=f"{key} comparison {progress.run_id}",
        name=f"comparison {title}",
        alt=f"{title} by epoch of {len(runs)} runs",
    )
    table.show(
        ("Run", "Epochs", "Best accuracy, %", "Images/s"),
        curves.last_values(runs),
        right=(1, 2, 3),
        label="Best validation accuracy of the compared runs",
    )
    st.caption("Validation accuracies are comparable only on the same data set and split.")


def show_rate(progress: Progress, key: str) -> None:
    """Draw the learning rate by epoch."""
    if progress.rows:
        plot.show(
            rate_curve(progress.rows, progress.epochs, dark=st.context.theme.type == "dark"),
            key=f"{key} rate {progress.run_id}",
            name="learning rate",
            alt=f"Learning rate by epoch; now {progress.rows[-1]['lr']:.3g}",
        )
