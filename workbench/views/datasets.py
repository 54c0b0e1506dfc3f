"""Datasets: what is in a set, whether its split leaks, and what happens to a face on its way into a network."""

from __future__ import annotations

import streamlit as st

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from workbench import cache, state
from workbench.components import (
    dataset_audit,
    dataset_bar,
    dataset_faces,
    dataset_overview,
    dataset_pixels,
    dataset_preparation,
    dataset_table,
    heading,
    job_progress,
)
from workbench.components.errors import guard
from workbench.services import dataset_facts, datasets

_SECTIONS = ("Overview", "Faces", "Pixels", "Preparation", "Audit", "All sets")


def render() -> None:
    heading.show("datasets")
    left, right = st.columns([5, 2], vertical_alignment="bottom")
    with left:
        name = dataset_bar.choose()
    dataset = None
    with guard("opening the data set"):
        dataset = _opened(name)
    if dataset is None:
        dataset_bar.offer_ways_out(name)
        with guard("the table of data sets"):
            dataset_table.show()
    else:
        with right:
            protocol = dataset_bar.choose_protocol(cache.of_dataset(dataset_facts.protocols, dataset))
        dataset_bar.headline(dataset)
        section = st.segmented_control(
            "Section", _SECTIONS, required=True, label_visibility="collapsed", **state.bound("section", _SECTIONS)
        )
        with guard(f"the section {section}"):
            _section(str(section), name, dataset, protocol)
    heading.show_reading(
        "A figure measured on copies of training pictures, or on people seen in training, is too good. Folds by "
        "subject and a clean split keep measuring honest; the nearest neighbour on pixels, which understands nothing, "
        "shows what a split gives away. Class balance says what always guessing the largest class would score.",
        "Goodfellow et al. 2013 (FER2013); Lucey et al. 2010 (CK+); Northcutt et al. 2021 (confident learning)",
    )


def _section(section: str, name: str, dataset: FaceDataset, protocol: str) -> None:
    if section == "Overview":
        dataset_overview.show(dataset, protocol)
        dataset_bar.offer_removal(name)
    elif section == "Faces":
        dataset_faces.show(name, dataset)
    elif section == "Pixels":
        dataset_pixels.show(dataset)
    elif section == "Preparation":
        dataset_preparation.show(dataset)
    elif section == "Audit":
        dataset_audit.show(name, dataset, protocol)
    else:
        dataset_table.show()


def _opened(name: str) -> FaceDataset | None:
    """The set, at once if it was read before; else it is read in the background, and ``None`` until it is.

    Raises:
        UserError: If it cannot be read.
    """
    entry = datasets.find(name)
    if entry is None or datasets.stored(entry) is not None:
        return cache.dataset(name)
    job = datasets.read(entry)
    if job.state == "failed":
        raise UserError(job.problem)
    if job.active:
        job_progress.show(job, f"Reading {entry.title} for the first time")
        return None
    return cache.dataset(name)
