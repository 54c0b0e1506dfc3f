"""Accuracy against cost of the trained networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_models.evaluation.comparison.pareto import pareto_front
from fer_models.latency.measure import Cost
from workbench import navigation, state
from workbench.features.compare.figures.networks import Point, pareto
from workbench.features.compare.model.networks import Entry, measured_on
from workbench.widgets import plot, table

MEASURED = state.Choice("compare.measured")


def show(entries: Sequence[Entry], measured: Mapping[str, Cost | str], *, key: str, row: DeltaGenerator) -> None:
    """Draw the plot for one split, since figures of different splits cannot be compared.

    Args:
        entries: The networks.
        measured: Cost of each, or why there is none.
        key: Prefix of the widgets' keys.
        row: Container for the choice of the split.
    """
    trained = [entry for entry in entries if entry.checkpoint is not None]
    if not trained:
        st.info(
            "No trained network yet; the counts below need none. Train one (recipe “quick”, a few "
            "minutes), and its accuracy is drawn here against its cost.",
            icon=":material/info:",
        )
        st.page_link(navigation.page("train"), label="Train a network", icon=":material/model_training:")
        return
    groups: dict[str, list[Entry]] = {}
    for entry in trained:
        if entry.accuracy is not None and entry.cost is not None:
            groups.setdefault(measured_on(entry.accuracy), []).append(entry)
    if not groups:
        st.info("No trained network was measured yet; a run measures its network when it ends.", icon=":material/info:")
        return
    names = sorted(groups, key=lambda name: -len(groups[name]))
    group_name = names[0]
    if len(names) > 1:
        group_name = row.selectbox(
            "Accuracy measured on",
            names,
            format_func=lambda name: f"{name}, {len(groups[name])} networks" if len(groups[name]) > 1 else name,
            label_visibility="collapsed",
            **MEASURED.widget(names),
        )
    _draw(groups[group_name], measured, group_name, key)


def _draw(group: list[Entry], measured: Mapping[str, Cost | str], measured_on_name: str, key: str) -> None:
    costs = [measured.get(entry.key) for entry in group]
    milliseconds = [cost.milliseconds[cost.fastest] for cost in costs if isinstance(cost, Cost)]
    timed = len(milliseconds) == len(group)
    axis = "one image, ms" if timed else "one image, million multiply-accumulates"
    values = milliseconds if timed else [entry.cost.macs / 1e6 if entry.cost else 0.0 for entry in group]
    shares = [float((entry.accuracy or {})["value"]) for entry in group]
    best = set(pareto_front(list(zip(values, shares, strict=True))))
    points = []
    for i, entry in enumerate(group):
        metric = entry.accuracy or {}
        low, high = metric.get("low"), metric.get("high")
        points.append(
            Point(
                entry.variant,
                values[i],
                100 * shares[i],
                100 * (shares[i] if low is None else low),
                100 * (shares[i] if high is None else high),
                entry.cost.parameters if entry.cost else 0,
                i in best,
                entry.figure,
            )
        )
    accurate = max(points, key=lambda point: point.accuracy)
    plot.show(
        pareto(points, axis),
        key=f"{key} pareto",
        name=f"accuracy {measured_on_name} by {'ms' if timed else 'cost'}",
        alt=f"Accuracy on {measured_on_name} against {axis} of {len(points)} trained networks; the most accurate is "
        f"{accurate.name} with {accurate.accuracy:.1f} per cent.",
    )
    unit = "" if timed else " Press Measure to see milliseconds on this device instead."
    st.caption(
        f"Accuracy on {measured_on_name}, bars: 95 % interval; the area of a bubble is its number of parameters.{unit}"
    )
    table.show(
        ("Network", "Accuracy"), [(entry.name, entry.figure) for entry in group[:4]], label="The most accurate networks"
    )
