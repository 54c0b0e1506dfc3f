"""Datasets: the contents of a set, leaks of its split, and the preprocessing of a face."""

from __future__ import annotations

import streamlit as st

from fer_models.data import FaceDataset
from workbench import cache
from workbench.app import dataset_facts, datasets
from workbench.features.datasets import audit, bar, faces, overview, pixels, preparation
from workbench.features.datasets.sections import SECTION
from workbench.widgets import heading
from workbench.widgets import job as job_view
from workbench.widgets.errors import guard


def _section(section: str, name: str, dataset: FaceDataset, protocol: str) -> None:
    if section == "Overview":
        overview.show(dataset, protocol)
        bar.offer_removal(name)
    elif section == "Faces":
        faces.show(name, dataset)
    elif section == "Pixels":
        pixels.show(dataset)
    elif section == "Preparation":
        preparation.show(dataset)
    elif section == "Audit":
        audit.show(name, dataset, protocol)
    else:
        bar.show()


def _opened(name: str) -> FaceDataset | None:
    """The data set, or ``None`` while it is read for the first time, in the background.

    Raises:
        UnreadableError: If it cannot be read.
    """
    entry = datasets.find(name)
    if entry is None or datasets.stored(entry) is not None:
        return cache.dataset(name)
    job = datasets.read(entry)
    if job.state == "failed":
        raise datasets.UnreadableError(entry, datasets.problem(entry) or job.problem)
    if not job_view.finished(job, key="reading"):
        return None
    return cache.dataset(name)


heading.show("datasets")
left, right = st.columns([5, 2], vertical_alignment="bottom")
with left:
    name = bar.choose()
bar.note_passed_over()
dataset = None
with guard("opening the data set"):
    dataset = _opened(name)
if dataset is None:
    with guard("the table of data sets"):
        bar.show()
else:
    with right:
        protocol = bar.choose_protocol(cache.of_dataset(dataset_facts.protocols, dataset))
    bar.headline(dataset)
    section = st.segmented_control(
        "Section", SECTION.options, required=True, label_visibility="collapsed", **SECTION.widget()
    )
    with guard(f"the section {section}"):
        _section(str(section), name, dataset, protocol)
heading.show_reading(
    "A figure measured on copies of training images, or on people seen in training, is too good. Folds by "
    "subject and a clean split keep measuring honest; the nearest neighbour on pixels, which understands nothing, "
    "shows what a split gives away. Class balance says what always guessing the largest class would score.",
    "Goodfellow et al. 2013 (FER2013); Lucey et al. 2010 (CK+); Northcutt et al. 2021 (confident learning)",
)
