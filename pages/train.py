"""Train: choose data, network and recipe, start the worker, and follow its progress."""

from __future__ import annotations

import streamlit as st

from workbench.app import runs as run_folders
from workbench.features.train import choice, form, queue
from workbench.features.train import run as train_run
from workbench.widgets import data_choice, heading
from workbench.widgets.errors import guard
from workbench.widgets.files import file_names


def _show_run() -> None:
    requested = form.RUN.get()
    runs = {run.id for run in run_folders.runs()}
    if requested is not None and requested not in runs:
        st.info(f"The run in the address, {requested!r}, is not on this computer.", icon=":material/info:")
    if not runs:
        st.info(
            "No run yet. Choose a recipe, a data set and a network, then press Train. Training continues when this "
            "page is closed.",
            icon=":material/info:",
        )
        return
    run_id = choice.show()
    if run_id is not None:
        file_names.about(run=run_id, data=None)
        train_run.show(run_id, key="run")


heading.show("train")
with guard("the recipe"):
    form.show()
with guard("the data set"):
    data_choice.check()
with guard("the queue"):
    queue.show()
with guard("the run"):
    _show_run()
heading.show_reading(
    "Trust the validation curve: it is measured on faces that the network was not trained on. Training accuracy is "
    "measured on augmented (rotated, shifted, mirrored) faces, so it may be lower. The weights of the best "
    "validation epoch are kept; as that split chose them, its accuracy is slightly too high. The test split gives "
    "an unbiased figure.",
    "Goodfellow et al., Challenges in Representation Learning, 2013 (FER2013 and its splits)",
)
