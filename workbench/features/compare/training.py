"""Training curves of the selected networks in one plot."""

from __future__ import annotations

import itertools
from typing import Any

import streamlit as st

from workbench import state
from workbench.app.inventory import TrainedNetwork
from workbench.features.compare import choice
from workbench.features.compare.figures.curves import curves_together
from workbench.features.compare.model import training as training_model
from workbench.widgets import downloads, plot, table

_QUANTITIES = ("accuracy", "loss")
_AXES = ("epoch", "minutes")
_USUAL = 3
QUANTITY = state.Choice("compare.quantity", _QUANTITIES, "accuracy")
OVER = state.Choice("compare.over", _AXES, "epoch")
TRAINING_CURVES = state.Toggle("compare.training curves", default=True)


def show(*, key: str) -> None:
    """Draw the choice, the curves, and a summary of each network."""
    usable = choice.usable(least=1, what="An image of training", key=f"{key} curves")
    if usable is None:
        return
    names = choice.networks(usable, _usual(usable))
    if not names:
        st.info("Choose one network or more.", icon=":material/info:")
        return
    histories: dict[str, list[dict[str, Any]]] = {}
    missing = []
    for name in names:
        checkpoint = usable[name].checkpoint
        rows = [] if checkpoint is None else training_model.history(checkpoint)
        if rows:
            histories[name] = rows
        else:
            missing.append(name)
    if missing:
        st.info(f"No epochs were kept of {', '.join(missing)}.", icon=":material/info:")
    if histories:
        _draw(histories, key)


def _usual(usable: dict[str, TrainedNetwork]) -> list[str]:
    """The best networks of the session's data set whose epochs were kept."""
    kept = (n for n in choice.by_data(usable) if (c := usable[n].checkpoint) and training_model.history(c))
    return list(itertools.islice(kept, _USUAL))


def _draw(histories: dict[str, list[dict[str, Any]]], key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        quantity = st.segmented_control("Curve of", _QUANTITIES, required=True, **QUANTITY.widget())
        by = st.segmented_control("Over", _AXES, required=True, **OVER.widget())
        training = st.toggle("Training curves too", **TRAINING_CURVES.widget())
    plot.show(
        curves_together(
            histories,
            "loss" if quantity == "loss" else "accuracy",
            training=bool(training),
            by="minutes" if by == "minutes" else "epoch",
        ),
        key=f"{key} curves",
        alt=f"{quantity} over {by}s of {', '.join(histories)}; the table below says what each reached.",
        tools="zoom",
    )
    table.show(
        training_model.HEADS,
        [training_model.summary(name, rows) for name, rows in histories.items()],
        right=range(1, len(training_model.HEADS)),
        label="What each network reached in training",
    )
    st.caption(
        "Thick: images of the validation part; thin: training images, augmented, while the weights change. Each "
        "run validates on its own part, so heights of two data sets or protocols say nothing about each other."
    )
    downloads.button("Curves, CSV", training_model.csv(histories), "training-curves.csv", key=f"{key} curves csv")
