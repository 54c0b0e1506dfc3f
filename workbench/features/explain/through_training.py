"""Through training: where the network looked after each epoch, on the faces that its training was watched on."""

from __future__ import annotations

import streamlit as st

from fer_models.training.watch.faces import FACES
from workbench.features.explain.subject import Subject
from workbench.heatmap import watched
from workbench.heatmap.model import watched as model
from workbench.widgets import empty


def show(subject: Subject, *, key: str) -> None:
    """Draw a watched face with the slider over the epochs, and how focused the maps got.

    Raises:
        UserError: If the history is damaged.
    """
    source = model.of_checkpoint(subject.checkpoint)
    seen = watched.history(source)
    if seen is None:
        empty.show(
            f"{source.name} has no history: only its best weights are here. Train a network, and {FACES} faces are "
            "watched from the first epoch to the last. The built-in fcsdnet-synthetic has a history, too.",
            page="train",
            label="Train a network",
            key=f"{key} nothing",
        )
        return
    st.caption(
        "Faces that were watched during training. Your own face is explained by the final weights only. "
        f"{seen.watched.note}"
    )

    @st.fragment
    def live() -> None:
        watched.one(source, seen, key=key)

    live()
