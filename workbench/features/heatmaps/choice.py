"""The choices of the Heatmaps page (networks, pictures, method, class), and the explained sets or their progress."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.explain.sets.batch import ExplainedSet, SetSettings
from workbench import cache, shared, state
from workbench.app import fit, inventory
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
    """Draw the bar; return the network by name, the data set and the split, or ``None`` with a note drawn.

    Raises:
        UserError: If the data set cannot be opened.
    """
    selection = selection_bar.show(checkpoint=True, data=True, split=True)
    if selection is None or selection.checkpoint is None or selection.data is None or selection.split is None:
        return None
    return {selection.checkpoint.name: selection.checkpoint}, selection.data, selection.split


def with_others(networks: dict[str, Checkpoint]) -> dict[str, Checkpoint]:
    """Draw the choice of further networks; return them after ``networks``."""
    usable = inventory.usable(inventory.trained_networks())
    others = [network.name for network in fit.ordered(usable, shared.DATA.get()) if network.name not in networks]
    if not others:
        return networks
    picked = st.multiselect(
        "Compare with",
        others,
        format_func=lambda name: usable[name].listed,
        max_selections=_MOST_OTHERS,
        placeholder="on the same images",
        **OTHERS.widget(others),
    )
    return networks | {name: checkpoint for name in picked if (checkpoint := usable[name].checkpoint)}


def plan(networks: dict[str, Checkpoint], data: str, split: str) -> Plan:
    """Draw the choices of further networks, method, class and number of pictures.

    Raises:
        UserError: If a network or the data set cannot be opened.
    """
    dataset = cache.dataset(data)
    zeroth, first, second, third, fourth = st.columns([2.4, 2, 2.1, 2.7, 1.2])
    with zeroth:
        networks = with_others(networks)
    classifiers = [cache.classifier(checkpoint) for checkpoint in networks.values()]
    methods = split_model.methods(classifiers)
    usual = look.FIRST_METHOD if look.FIRST_METHOD in methods else next(iter(methods))
    with first:
        method = st.selectbox(
            "Method",
            list(methods),
            format_func=methods.__getitem__,
            **shared.METHOD.widget(list(methods), usual),
        )
    with second:
        names = list(dict.fromkeys(name for classifier in classifiers for name in classifier.classes))
        common = [name for name in names if all(name in classifier.classes for classifier in classifiers)]
        targets = [*TARGETS, *common]
        target = st.selectbox(
            "Explained", targets, format_func=lambda key: TARGETS.get(key, key), **EXPLAINED.widget(targets)
        )
    with third:
        layer = _layer(classifiers)
    with fourth:
        count = st.selectbox(
            "Images",
            list(COUNTS),
            format_func=COUNTS.__getitem__,
            help="Drawn at random from the split, always the same ones.",
            **HEATMAP_COUNT.widget(),
        )
    index = split_model.drawn(dataset, split, int(count))
    return Plan(networks, dataset, index, SetSettings(str(method), str(target), layer))


def explained_sets(heatmap_plan: Plan) -> dict[str, ExplainedSet]:
    """The explained set of each network; empty while any is computed or waits for the button, which is then drawn."""
    results = {
        name: explained
        for name in heatmap_plan.networks
        if (explained := split_model.read(heatmap_plan, name)) is not None
    }
    missing = [name for name in heatmap_plan.networks if name not in results]
    if not missing:
        return results
    jobs = {name: job for name in missing if (job := split_model.find(heatmap_plan, name)) is not None}
    if len(jobs) < len(missing):
        count = len(heatmap_plan.index) * len(missing)
        label = f"Explain {count:,} images"
        if not split_model.is_usual(heatmap_plan) and not st.button(
            label,
            key="heatmaps start",
            type="primary",
            icon=":material/play_arrow:",
            help="Some minutes for thousands of images or a slow method; the heatmaps are kept.",
        ):
            return {}
        jobs = {
            name: split_model.start(heatmap_plan, name, cache.classifier(heatmap_plan.networks[name]))
            for name in missing
        }
    for name, job in jobs.items():
        if job_view.finished(job, key=f"heatmaps {name}"):
            results[name] = job.result
    return results if len(results) == len(heatmap_plan.networks) else {}


def _layer(classifiers: list[Classifier]) -> str | None:
    """Draw the choice of a layer, for a single network; ``None`` is the default layer."""
    if len(classifiers) > 1:
        st.selectbox("Layer", [_USUAL], disabled=True, help="Of several networks each has its usual layer.")
        return None
    sizes, usual = look.layers(classifiers[0]), look.usual_layer(classifiers[0])
    if not sizes:
        st.selectbox("Layer", ["none"], disabled=True, help="An ONNX file shows no layers and gives no gradients.")
        return None
    layer = st.selectbox(
        "Layer",
        list(sizes),
        format_func=lambda name: f"{name}, {sizes[name][0]} x {sizes[name][1]}",
        help="Where a class activation map is taken from, and its cells; other methods ignore it.",
        **shared.LAYER.widget(list(sizes), usual),
    )
    return None if layer == usual else str(layer)
