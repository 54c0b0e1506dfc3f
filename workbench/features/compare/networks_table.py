"""The table of all networks, the button that measures them, and its progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from fer_models.latency.measure import Cost
from workbench.app import machine
from workbench.features.compare.model import measure, networks_table
from workbench.features.compare.model.networks import Entry
from workbench.features.compare.model.networks_columns import COLUMNS
from workbench.widgets import downloads
from workbench.widgets import job as job_view


def show(entries: Sequence[Entry], measured: Mapping[str, Cost | str], *, key: str) -> None:
    """Draw the bar with the button, the table with selectable rows, and the download."""
    bar = st.container(horizontal=True, vertical_alignment="center", key=f"{key} bar")
    progress = st.container()
    table = networks_table.shown(entries, measured)
    event = st.dataframe(
        table,
        key=f"{key} rows",
        hide_index=True,
        height=min(420, 38 + 35 * len(table)),
        column_config=column_config(),
        on_select="rerun",
        selection_mode="multi-row",
        placeholder="",
        alt="Cost and accuracy of all networks",
    )
    picked = [entries[i] for i in event["selection"]["rows"] if i < len(entries)]
    with bar:
        _button(picked, entries, measured, key)
        downloads.button("Table, CSV", networks_table.csv(entries, measured), "networks.csv", key=f"{key} csv")
    with progress:
        _progress(key)


def _progress(key: str) -> None:
    """The measurement that was begun last, as far as it is."""
    job = measure.find()
    if job is not None:
        job_view.finished(job, key=f"{key} measurement")


def _button(picked: list[Entry], entries: Sequence[Entry], measured: Mapping[str, Cost | str], key: str) -> None:
    possible = [entry for entry in picked or entries if entry.cost is not None]
    missing = [entry for entry in possible if entry.key not in measured]
    to_measure = missing or possible
    verb = "Measure" if missing else "Measure again:"
    job = measure.find()
    pressed = st.button(
        f"{verb} {len(to_measure)} {'network' if len(to_measure) == 1 else 'networks'}",
        key=f"{key} measure",
        type="primary",
        icon=":material/timer:",
        disabled=not to_measure or (job is not None and job.active),
        help=f"Latency, throughput and memory on {machine.describe().device}, a few seconds a network; medians, in a "
        "process beside the app. Tick rows at the left to measure only those.",
    )
    if pressed:
        measure.start(to_measure)
        st.rerun()


def column_config() -> dict[str, Any]:
    """Heading, help, format and width of every column of the page, for ``st.dataframe``."""
    config: dict[str, Any] = {}
    for column in COLUMNS:
        help_text: str | None = column.help or None
        width: Any = column.width
        if column.format:
            config[column.title] = st.column_config.NumberColumn(help=help_text, format=column.format, width=width)
        elif column.title:
            config[column.title] = st.column_config.TextColumn(help=help_text, width=width)
    return config
