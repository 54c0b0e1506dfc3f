"""The lines that give on the library what a page shows."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench.evidence.bar import Evidence

EXPLAIN = (
    'for answer in fer_models.predict_image(network, "photo.jpg"):',
    "    heatmap = fer_models.explain_face(network, answer.pixels, target=answer.name)",
    "    print(answer.name, answer.probabilities[answer.name], heatmap.heatmap().shape)",
)


def show(checkpoint: Checkpoint, lines: Sequence[str], *, key: str) -> None:
    """Draw a button that opens the lines, with a sign to copy them.

    Args:
        checkpoint: The network of the page; it is loaded in the first lines as ``network``.
        lines: What follows.
        key: Of the widget.
    """
    code = ["import fer_models", "", f"network = fer_models.load_checkpoint({str(checkpoint.path)!r})", *lines]
    with st.popover("Copy as Python", icon=":material/code:", type="tertiary", key=f"{key} python"):
        st.code("\n".join(code), language="python")


def show_measuring(evidence: Evidence, *, key: str) -> None:
    """Draw the button with the lines that measure the network on the split."""
    measured = f"fer_models.evaluate(network, {evidence.name!r}, {evidence.evaluation.split!r})"
    lines = (f"evaluation = {measured}", 'print(evaluation.confusion, evaluation.estimate(["accuracy"])["accuracy"])')
    show(evidence.checkpoint, lines, key=key)
