"""What is asked of the heatmaps page: networks, pictures, method, class; and the answers, or how far they are."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.explain.sets.batch import ExplainedSet, SetSettings
from workbench import cache, shared, state
from workbench.app import inventory
from workbench.features.heatmaps.model import split as split_model
from workbench.features.heatmaps.model.split import COUNTS, TARGETS, Plan
from workbench.heatmap.model import look
from workbench.widgets import job as job_view
from workbench.widgets import selection_bar

_MOST_OTHERS = 3
_USUAL = "the usual one"
OTHERS = state.Several("heatmaps.others")
EXPLAINED = state.Choice("heatmaps.explained")
HEATMAP_COUNT = state.Choice("heatmaps.heatmap-count", COUNTS)


def network() -> tuple[dict[str, Checkpoint], str, str] | None:
    """Draw the bar; the network by its name, the data set and the split, or ``None`` after saying what to do.

    Raises:
        UserError: If the data set cannot be opened.
    """
    chosen = selection_bar.show(checkpoint=True, data=True, split=True)
    if chosen is None or chosen.checkpoint is None or chosen.data is None or chosen.split is None:
        return None
    return {chosen.checkpoint.name: chosen.checkpoint}, chosen.data, chosen.split


def beside(asked: dict[str, Checkpoint]) -> dict[str, Checkpoint]:
    """Draw the choice of further networks; returns them after the first one."""
    usable = {name: one.checkpoint for name, one in inventory.usable(inventory.trained_networks()).items()}
    others = [name for name in usable if name not in asked]
    if not others:
        return asked
    picked = st.multiselect(
        "Networks beside it",
        others,
        max_selections=_MOST_OTHERS,
        placeholder="on the same pictures",
        **OTHERS.widget(others),
    )
    return asked | {name: checkpoint for name in picked if (checkpoint := usable[name]) is not None}


def plan(asked: dict[str, Checkpoint], data: str, split: str) -> Plan:
    """Draw the choices of further networks, method, class and number of pictures.

    Raises:
        UserError: If a network or the data set cannot be opened.
    """
    dataset = cache.dataset(data)
    zeroth, first, second, third, fourth = st.columns([3, 2, 2, 2, 1.4])
    with zeroth:
        asked = beside(asked)
    classifiers = [cache.classifier(checkpoint) for checkpoint in asked.values()]
    methods = split_model.methods(classifiers)
    with first:
        method = st.selectbox(
            "Method",
            list(methods),
            format_func=methods.__getitem__,
            **shared.METHOD.widget(list(methods), look.FIRST_METHOD),
        )
    with second:
        names = list(dict.fromkeys(name for one in classifiers for name in one.classes))
        common = [name for name in names if all(name in one.classes for one in classifiers)]
        targets = [*TARGETS, *common]
        target = st.selectbox(
            "Explained", targets, format_func=lambda key: TARGETS.get(key, key), **EXPLAINED.widget(targets)
        )
    with third:
        layer = _layer(classifiers)
    with fourth:
        count = st.selectbox(
            "Pictures",
            list(COUNTS),
            format_func=COUNTS.__getitem__,
            help="Drawn at random from the split, always the same ones.",
            **HEATMAP_COUNT.widget(),
        )
    index = split_model.drawn(dataset, split, int(count))
    return Plan(asked, dataset, index, SetSettings(str(method), str(target), layer))


def answers(asked: Plan) -> dict[str, ExplainedSet]:
    """The answers of all networks; empty while some are computed or wait for the button, which is then drawn."""
    found = {name: known for name in asked.networks if (known := split_model.read(asked, name)) is not None}
    missing = [name for name in asked.networks if name not in found]
    if not missing:
        return found
    jobs = {name: job for name in missing if (job := split_model.find(asked, name)) is not None}
    if len(jobs) < len(missing):
        count = len(asked.index) * len(missing)
        label = f"Explain {count:,} pictures"
        if not split_model.is_usual(asked) and not st.button(
            label, key="heatmaps start", type="primary", icon=":material/play_arrow:",
            help="Some minutes for thousands of pictures or a slow method; the heatmaps are kept.",
        ):  # fmt: skip
            return {}
        jobs = {name: split_model.start(asked, name, cache.classifier(asked.networks[name])) for name in missing}
    for name, job in jobs.items():
        if job_view.finished(job, key=f"heatmaps {name}"):
            found[name] = job.result
    return found if len(found) == len(asked.networks) else {}


def _layer(classifiers: list[Classifier]) -> str | None:
    """The layer of a single network; several have no common names."""
    if len(classifiers) > 1:
        st.selectbox("Layer", [_USUAL], disabled=True, help="Of several networks each has its usual layer.")
        return None
    sizes, usual = look.layers(classifiers[0]), look.usual_layer(classifiers[0])
    chosen = st.selectbox(
        "Layer",
        list(sizes),
        format_func=lambda name: f"{name}, {sizes[name][0]} x {sizes[name][1]}",
        help="Where a class activation map is taken from, and its cells; other methods ignore it.",
        **shared.LAYER.widget(list(sizes), usual),
    )
    return None if chosen == usual else str(chosen)
