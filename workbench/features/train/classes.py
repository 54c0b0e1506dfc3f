"""Recall of each class by epoch, and the confusion matrix of any epoch."""

from __future__ import annotations

import streamlit as st

from workbench import state
from workbench.app.runs import Progress
from workbench.app.wording import percent
from workbench.evidence.figures import Cells, confusion_heatmap
from workbench.evidence.model import confusion
from workbench.features.train.figures import recall_curves
from workbench.features.train.model import curves
from workbench.widgets import plot

EPOCH_OF = state.Choice("train.epoch of", address=False)


def show(progress: Progress, key: str) -> None:
    """Draw the curves and the matrix of the chosen epoch, by default the latest."""
    rows = curves.with_classes(progress.rows)
    if not rows:
        st.caption("No epoch has figures by class yet.")
        return
    names = curves.classes(progress.run_id, len(rows[-1]["val_recall"]))
    dark = st.context.theme.type == "dark"
    last = dict(zip(names, rows[-1]["val_recall"], strict=True))
    weakest = min(last, key=lambda name: last[name])
    plot.show(
        recall_curves(rows, names, progress.epochs, progress.best_epoch, dark=dark),
        key=f"{key} recall {progress.run_id}",
        name="recall",
        alt=f"Recall of each class by epoch; after the last one {weakest} is lowest with {percent(last[weakest])}",
    )
    epochs = [int(row["epoch"]) for row in rows]
    epoch = epochs[0]
    if len(epochs) > 1:
        # Until it is moved, the slider follows the latest epoch.
        memory = EPOCH_OF.of(progress.run_id).widget(epochs, epochs[-1])
        epoch = int(st.select_slider("Epoch", epochs, **memory))
    row = rows[epochs.index(epoch)]
    counts = curves.matrix(row)
    shown = confusion.values(counts, "rows")
    plot.show(
        confusion_heatmap(Cells(shown, confusion.texts(shown, "rows"), names, "% of the true class"), dark=dark),
        key=f"{key} matrix {progress.run_id}",
        name=f"confusion epoch {epoch}",
        alt=f"Confusion matrix of epoch {epoch} in per cent of the true class",
    )
    best = " This is the best epoch so far; its weights are kept." if epoch == progress.best_epoch else ""
    st.caption(
        f"Epoch {epoch}: {int(counts.sum()):,} validation images, accuracy {percent(row['val_accuracy'])}, "
        f"macro recall {percent(row['val_macro_recall'])}.{best}"
    )
