"""The gallery of a data set with its filters, and the chosen face enlarged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from fer_models.evaluation.doubtful_labels import Doubt, doubt_by_votes
from workbench import cache, shared, state
from workbench.app import dataset_facts, inventory
from workbench.features.datasets import face_large
from workbench.features.datasets.model import filter, label_doubt
from workbench.features.datasets.model.filter import Filter
from workbench.widgets import gallery
from workbench.widgets import job as job_view

_ALL = "all"
_COPIES = {
    "all": "all images",
    "copies": "with an identical copy",
    "conflicts": "copies with another label",
    "leaks": "held out, with a copy in the first split",
}
_ORDERS = {"source": "order of the data set", "random": "at random", "dark": "dark first", "bright": "bright first"}

#: Keeps the chosen face visible beside a long gallery; on a phone it is below.
_STYLE = f"<style>\n{Path(__file__).with_suffix('.css').read_text('utf-8')}</style>"

FILTER_CLASSES = state.Several("datasets.filter classes", address=False)
FILTER_SUBJECTS = state.Several("datasets.filter subjects", address=False)
FILTER_LIGHT = state.Number("datasets.filter light", (0, 255))
FILTER_SPLIT = state.Choice("datasets.filter split", address=False)
FILTER_COPIES = state.Choice("datasets.filter copies", address=False)
FILTER_ORDER = state.Choice("datasets.filter order", address=False)
DOUBT = state.Choice("datasets.doubt", address=False)


def show(name: str, dataset: FaceDataset) -> None:
    """Draw filters, gallery and the chosen face."""
    st.html(_STYLE)
    filters, source = _filters(name, dataset)
    doubt = _doubt(dataset, source)
    small = dataset_facts.is_small(dataset)
    with st.spinner("Looking through the images.", show_time=True):
        brightness = cache.of_dataset(dataset_facts.all_light, dataset)[0] if filters.needs_brightness else None
        copies = cache.of_dataset(dataset_facts.exact_copies, dataset) if small else None
        indices = filter.positions(
            dataset,
            filters if doubt is None else Filter(**{**vars(filters), "order": "doubt"}),
            brightness=brightness,
            copies=copies,
            doubt=None if doubt is None else doubt.values,
        )
    face_position = position(dataset, int(indices[0]) if len(indices) else 0)
    left, right = st.columns([5, 2], gap="large")
    with left:
        clicked = gallery.show(
            dataset.images,
            indices,
            key=f"faces {name}",
            words=gallery.Words(
                lambda i: _caption(dataset, i, doubt), lambda i: dataset_facts.caption(dataset, i), f"of {name}"
            ),
            selected=face_position,
            scope=f"{name} {filters} {source}",
        )
    if clicked is not None:
        shared.ROW.set(str(clicked))
        face_position = clicked
    with right, st.container(key="face-beside"):
        face_large.show(name, dataset, face_position, copies)


def position(dataset: FaceDataset, default: int = 0) -> int:
    """Position of the face in the address, or ``default``."""
    row_text = shared.ROW.get()
    if row_text is not None and row_text.isdecimal() and int(row_text) < len(dataset):
        return int(row_text)
    return default


def _filters(name: str, dataset: FaceDataset) -> tuple[Filter, str | None]:
    """Draw the filters, rare ones in an expander; return the filter and the source of label doubt."""
    small = dataset_facts.is_small(dataset)
    names = [*dataset.classes, *(["unlabelled"] if (dataset.labels < 0).any() else [])]
    first, second, third, fourth = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    with first:
        classes = st.multiselect("Classes", names, placeholder="all", **FILTER_CLASSES.of(name).widget(names))
    with second:
        splits = [_ALL, *dataset.split_names]
        split = st.selectbox("Part", splits, **FILTER_SPLIT.of(name).widget(splits))
    with third:
        kinds = list(_COPIES) if small else [_ALL]
        copies = st.selectbox(
            "Copies",
            kinds,
            format_func=_COPIES.__getitem__,
            help=None if small else "This set is large: the audit finds its copies.",
            **FILTER_COPIES.widget(kinds),
        )
    with fourth:
        orders = list(_ORDERS) if small else ["source", "random"]
        order = st.selectbox("Order", orders, format_func=_ORDERS.__getitem__, **FILTER_ORDER.widget(orders))
    with st.expander("Brightness, subject, label doubt", icon=":material/filter_alt:"):
        first, second, third = st.columns(3, vertical_alignment="bottom")
        with first:
            light = st.slider("Mean brightness, 0 to 255", 0, 255, disabled=not small, **FILTER_LIGHT.of(name).widget())
        with second:
            people = cache.of_dataset(dataset_facts.people, dataset)
            subjects = st.multiselect(
                "Subjects",
                people,
                placeholder="all" if people else "not known in this set",
                disabled=not people,
                **FILTER_SUBJECTS.of(name).widget(people),
            )
        with third:
            source = _doubt_source(name, dataset)
    filters = Filter(tuple(classes), None if split == _ALL else split, tuple(subjects), light, copies, order)
    return filters, source


def _doubt_source(name: str, dataset: FaceDataset) -> str | None:
    titles = label_doubt.sources(dataset)
    options = ["", *titles]
    source = st.selectbox(
        "Doubtful labels first, by",
        options,
        format_func=lambda key: titles.get(key, "nobody" if titles else "needs votes or a trained network"),
        disabled=not titles,
        help="Networks predict only the images of the validation and test parts, which they were not trained on.",
        **DOUBT.of(name).widget(options),
    )
    return str(source) or None


def _doubt(dataset: FaceDataset, source: str | None) -> Doubt | None:
    """The doubt by that source, or ``None`` without a source or while it is computed."""
    if source is None:
        return None
    if source == label_doubt.VOTES:
        return cache.of_dataset(doubt_by_votes, dataset)
    network = inventory.usable(inventory.trained_networks())[source]
    assert network.checkpoint is not None
    job = label_doubt.find(dataset, network.checkpoint)
    if job is None:
        count = label_doubt.count(dataset)
        label = f"Predict {count:,} images with {network.title}"
        if not st.button(label, key="ask doubt", icon=":material/play_arrow:"):
            return None
        job = label_doubt.start(dataset, network.checkpoint)
    if not job_view.finished(job, key="label doubt"):
        return None
    result: Doubt = job.result
    label_count = int(np.isfinite(result.values).sum())
    st.caption(
        f"Confident learning (Northcutt et al. 2021) doubts {result.issues:,} of {label_count:,} labels. A doubt is a "
        "reason to look, not a proof: the network may be the one that is wrong."
    )
    return result


def _caption(dataset: FaceDataset, i: int, doubt: Doubt | None) -> str:
    label = int(dataset.labels[i])
    name = dataset.classes[label] if label >= 0 else "unlabelled"
    if doubt is None:
        return name
    if doubt.suggested[i] >= 0:
        return f"{name}, or {dataset.classes[int(doubt.suggested[i])]}?"
    return f"{name}, {doubt.values[i]:.2f}" if doubt.issues is None else name
