"""Training curves of the chosen networks over one another."""

from __future__ import annotations

from typing import Any

import streamlit as st

from workbench import state
from workbench.features.compare import choice
from workbench.features.compare.figures.others import curves_together
from workbench.features.compare.model import training as training_model
from workbench.widgets import plot, table

_QUANTITIES = ("accuracy", "loss")
_AXES = ("epoch", "minutes")
_USUAL = 3
QUANTITY = state.Choice("compare.quantity", _QUANTITIES, "accuracy")
OVER = state.Choice("compare.over", _AXES, "epoch")
TRAINING_CURVES = state.Toggle("compare.training curves", default=True)


def show(*, key: str) -> None:
    """Draw the choice, the curves, and what each network reached."""
    usable = choice.usable(least=1, what="A picture of training", key=f"{key} curves")
    if usable is None:
        return
    names = choice.networks(usable, list(usable)[:_USUAL])
    if not names:
        st.info("Choose one network or more.", icon=":material/info:")
        return
    known: dict[str, list[dict[str, Any]]] = {}
    missing = []
    for name in names:
        checkpoint = usable[name].checkpoint
        rows = [] if checkpoint is None else training_model.history(checkpoint)
        if rows:
            known[name] = rows
        else:
            missing.append(name)
    if missing:
        st.info(f"No epochs were kept of {', '.join(missing)}.", icon=":material/info:")
    if known:
        _draw(known, key)


def _draw(known: dict[str, list[dict[str, Any]]], key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        quantity = st.segmented_control("Curve of", _QUANTITIES, required=True, **QUANTITY.widget())
        by = st.segmented_control("Over", _AXES, required=True, **OVER.widget())
        training = st.toggle("Training pictures too", **TRAINING_CURVES.widget())
    plot.show(
        curves_together(
            known,
            "loss" if quantity == "loss" else "accuracy",
            training=bool(training),
            by="minutes" if by == "minutes" else "epoch",
        ),
        key=f"{key} curves",
        alt=f"{quantity} over {by}s of {', '.join(known)}; the table below says what each reached.",
        tools=True,
    )
    table.show(
        training_model.HEADS,
        [training_model.summary(name, rows) for name, rows in known.items()],
        right=range(1, len(training_model.HEADS)),
        label="What each network reached in training",
    )
    st.caption(
        "Thick: pictures of the validation part; thin: training pictures, augmented, while the weights change. Each "
        "run validates on its own part, so heights of two data sets or protocols say nothing about each other."
    )
    st.download_button(
        "Curves, CSV",
        training_model.csv(known),
        "training-curves.csv",
        "text/csv",
        key=f"{key} curves csv",
        on_click="ignore",
        icon=":material/download:",
    )
