"""Copies among the images of a data set, searched in the background: the figures without them follow."""

from __future__ import annotations

import streamlit as st

from fer_models.data import FaceDataset
from fer_models.data.leaks.cache import duplicates_of, known_copies
from fer_models.data.leaks.duplicates import Duplicates
from workbench import cache
from workbench.app import dataset_facts, jobs
from workbench.app.wording import data_title


def of(dataset: FaceDataset) -> Duplicates | None:
    """The copies; ``None`` while they are searched, which a line says, or where there are no images to search."""
    if not dataset_facts.is_small(dataset):
        return None
    fingerprint = cache.of_dataset(dataset_facts.fingerprint, dataset)
    if (known := known_copies(dataset, fingerprint)) is not None:
        return known
    job = jobs.start(
        ("copies", fingerprint),
        f"Copies in {data_title(dataset.name)}",
        lambda progress: duplicates_of(dataset, progress=progress),
        lane="unasked",
    )
    if job.state == "done":  # the cache could not be written
        found: Duplicates = job.result
        return found
    state = "are being looked for; the figure without them follows" if job.active else "were not looked for"
    st.caption(f":material/content_copy: Copies of training images {state}.")
    return None
