"""A confusion matrix on a page, with clicks on its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench import state
from workbench.evidence.model import confusion
from workbench.widgets import plot

if TYPE_CHECKING:
    import plotly.graph_objects as go

CLICKED_LAST = state.Kept("evidence.cell clicked last")


def show(
    figure: go.Figure,
    classes: Sequence[str],
    choose: Callable[[tuple[str, str]], None],
    *,
    key: str,
    name: str = "",
) -> None:
    """Draw the figure of :func:`workbench.evidence.figures.confusion_heatmap`.

    Args:
        figure: The matrix.
        classes: The names on its axes.
        choose: Called with true and predicted class of a clicked cell, before the page is drawn again.
        key: Of the widget.
        name: For its file name.
    """
    plot.show(
        figure,
        key=key,
        name=name,
        on_select=lambda: _clicked(key, classes, choose),
        alt=f"Confusion matrix of {len(classes)} classes; the sentence and the lists beside it say the same.",
    )


def _clicked(key: str, classes: Sequence[str], choose: Callable[[tuple[str, str]], None]) -> None:
    """Choose the clicked cell; a second click reports no point and means the same cell."""
    event = state.value_of(key)
    last = CLICKED_LAST.of(key)
    cell = confusion.cell_of(event["selection"]["points"] if event else (), classes) or last.get()
    if cell is not None:
        last.set(cell)
        choose(cell)
