"""The gallery of a data set with its filters, and one face large with all that is known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from workbench import cache, state
from workbench.app import dataset_facts, inventory
from workbench.features.datasets import face_large
from workbench.features.datasets.model import filter, label_doubt
from workbench.features.datasets.model.filter import Filter
from workbench.features.datasets.model.label_doubt import Doubt
from workbench.widgets import gallery, job_progress

_ALL = "all"
_COPIES = {
    "all": "all pictures",
    "copies": "with an identical copy",
    "conflicts": "copies with another label",
    "leaks": "held out, and a copy in the first split",
}
_ORDERS = {"source": "as in the set", "random": "at random", "dark": "dark first", "bright": "bright first"}

#: The face stays in sight while one looks through a long page of others; on a phone it stands under them.
_STAYS = f"<style>\n{Path(__file__).with_suffix('.css').read_text('utf-8')}</style>"


def show(name: str, dataset: FaceDataset) -> None:
    """Draw filters, gallery and the chosen face."""
    st.html(_STAYS)
    asked, source = _filters(name, dataset)
    doubt = _doubt(dataset, source)
    small = dataset_facts.is_small(dataset)
    with st.spinner("Looking through the pictures.", show_time=True):
        brightness = cache.of_dataset(dataset_facts.all_light, dataset)[0] if asked.needs_brightness else None
        copies = cache.of_dataset(dataset_facts.exact_copies, dataset) if small else None
        found = filter.positions(
            dataset,
            asked if doubt is None else Filter(**{**vars(asked), "order": "doubt"}),
            brightness=brightness,
            copies=copies,
            doubt=None if doubt is None else doubt.values,
        )
    chosen = position(dataset, int(found[0]) if len(found) else 0)
    left, right = st.columns([5, 2], gap="large")
    with left:
        clicked = gallery.show(
            dataset.images,
            found,
            key=f"faces {name}",
            caption=lambda i: _caption(dataset, i, doubt),
            about=lambda i: dataset_facts.caption(dataset, i),
            selected=chosen,
            scope=f"{name} {asked} {source}",
        )
    if clicked is not None:
        state.put("row", str(clicked))
        chosen = clicked
    with right, st.container(key="face-beside"):
        face_large.show(name, dataset, chosen, copies)


def position(dataset: FaceDataset, default: int = 0) -> int:
    """The face that is looked at, kept in the address; ``default`` where none was chosen."""
    asked = state.get("row")
    if asked is not None and asked.isdecimal() and int(asked) < len(dataset):
        return int(asked)
    return default


def _filters(name: str, dataset: FaceDataset) -> tuple[Filter, str | None]:
    """Draw the filters in one row, the rarer ones folded; returns the filter and the source of label doubt."""
    small = dataset_facts.is_small(dataset)
    known = [*dataset.classes, *(["unlabelled"] if (dataset.labels < 0).any() else [])]
    first, second, third, fourth = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    with first:
        classes = st.multiselect("Classes", known, placeholder="all", **_kept(f"filter classes {name}", known))
    with second:
        splits = [_ALL, *dataset.split_names]
        split = st.selectbox("Part", splits, **state.bound(f"filter split {name}", splits, in_url=False))
    with third:
        kinds = list(_COPIES) if small else [_ALL]
        copies = st.selectbox(
            "Copies",
            kinds,
            format_func=_COPIES.__getitem__,
            help=None if small else "This set is large: the audit finds its copies.",
            **state.bound("filter copies", kinds, in_url=False),
        )
    with fourth:
        orders = list(_ORDERS) if small else ["source", "random"]
        order = st.selectbox(
            "Order", orders, format_func=_ORDERS.__getitem__, **state.bound("filter order", orders, in_url=False)
        )
    with st.expander("Brightness, subject, label doubt", icon=":material/filter_alt:"):
        first, second, third = st.columns(3, vertical_alignment="bottom")
        with first:
            light = st.slider("Mean brightness, 0 to 255", 0, 255, disabled=not small, **_range(f"filter light {name}"))
        with second:
            people = cache.of_dataset(dataset_facts.people, dataset)
            subjects = st.multiselect(
                "Subjects",
                people,
                placeholder="all" if people else "not known in this set",
                disabled=not people,
                **_kept(f"filter subjects {name}", people),
            )
        with third:
            source = _doubt_source(name, dataset)
    asked = Filter(tuple(classes), None if split == _ALL else split, tuple(subjects), light, copies, order)
    return asked, source


def _doubt_source(name: str, dataset: FaceDataset) -> str | None:
    titles = label_doubt.sources(dataset)
    options = ["", *titles]
    chosen = st.selectbox(
        "Doubtful labels first, by",
        options,
        format_func=lambda key: titles.get(key, "nobody" if titles else "needs votes or a trained network"),
        disabled=not titles,
        help="A network is asked only about pictures of the validation and test parts, which it was not trained on.",
        **state.bound(f"doubt {name}", options, in_url=False),
    )
    return str(chosen) or None


def _kept(name: str, options: list[str]) -> dict[str, Any]:
    """Ties a choice of several to the session; what is no longer an option is dropped."""
    state.remember(name, [value for value in state.recall(name, []) if value in options])
    return _bound(name, [])


def _range(name: str) -> dict[str, Any]:
    return _bound(name, (0, 255))


def _bound(name: str, default: Any) -> dict[str, Any]:
    return state.bound_number(name, default)


def _doubt(dataset: FaceDataset, source: str | None) -> Doubt | None:
    """The doubt by that source, or ``None`` where none is asked for or it is still being computed."""
    if source is None:
        return None
    if source == label_doubt.VOTES:
        return cache.of_dataset(label_doubt.by_votes, dataset)
    network = inventory.usable(inventory.trained_networks())[source]
    assert network.checkpoint is not None
    job = label_doubt.start(dataset, network.checkpoint)
    if job.active:
        job_progress.show(job, "Label doubt")
        return None
    if job.state == "failed":
        st.error(job.problem, icon=":material/error:")
        return None
    result: Doubt = job.result
    asked = int(np.isfinite(result.values).sum())
    st.caption(
        f"Confident learning (Northcutt et al. 2021) doubts {result.found:,} of {asked:,} labels. A doubt is a reason "
        "to look, not a proof: the network may be the one that is wrong."
    )
    return result


def _caption(dataset: FaceDataset, i: int, doubt: Doubt | None) -> str:
    label = int(dataset.labels[i])
    name = dataset.classes[label] if label >= 0 else "unlabelled"
    if doubt is None:
        return name
    if doubt.suggested[i] >= 0:
        return f"{name}, or {dataset.classes[int(doubt.suggested[i])]}?"
    return f"{name}, {doubt.values[i]:.2f}" if doubt.found is None else name
