"""The comparison as tables: one for the page, one for a file with every figure in a column of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from fer_models.complexity import LayerRow
from fer_models.latency.measure import MANY, Cost
from workbench.app.wording import selection
from workbench.features.compare.model.networks import Entry, measured_on

#: Stands before the name of a layer that is part of an attention module.
MARK = "◆"
Measured = Mapping[str, Cost | str]


def shown(entries: Sequence[Entry], measured: Measured) -> pd.DataFrame:
    """A row an entry, in the columns of the page; what is not known is empty."""
    rows = []
    for entry in entries:
        cost, metric = _cost(entry, measured), entry.metric
        rows.append(
            {
                "Network": entry.title,
                "Variant": entry.variant,
                "Accuracy, %": 100 * metric["value"] if metric else None,
                "Parameters": entry.cost.parameters if entry.cost else None,
                "MMACs": entry.cost.macs / 1e6 if entry.cost else None,
                "ms a picture": cost.milliseconds[cost.fastest] if cost else None,
                "Pictures/s": cost.per_second[cost.fastest_many] if cost else None,
                "Runs in": cost.fastest if cost else "",
                "Memory, MB": cost.memory / 1e6 if cost and cost.memory else None,
                "File, MB": entry.file / 1e6 if entry.file else None,
                "Input": f"{entry.size} x {entry.size} x {entry.channels}",
                "Figure": entry.figure,
                "Remark": _remark(entry, measured),
            }
        )
    return pd.DataFrame(rows)


def csv(entries: Sequence[Entry], measured: Measured) -> str:
    """Every figure of every entry, with units in the column names."""
    rows = []
    for entry in entries:
        cost, metric = _cost(entry, measured), entry.metric or {}
        row: dict[str, object] = {
            "network": entry.network,
            "variant": "" if entry.checkpoint else entry.variant,
            "checkpoint": entry.variant if entry.checkpoint else "",
            "input_channels": entry.channels,
            "input_size_px": entry.size,
            "parameters": entry.cost.parameters if entry.cost else None,
            "macs": entry.cost.macs if entry.cost else None,
            "weights_bytes": entry.file or None,
            "peak_memory_bytes": cost.memory if cost else None,
            "runs_in": cost.fastest if cost else "",
            "runs_in_batches": cost.fastest_many if cost else "",
            "batch": cost.batch if cost else None,
        }
        for name, value in (cost.milliseconds if cost else {}).items():
            row[f"ms_one_picture[{name}]"] = value
        for name, value in (cost.per_second if cost else {}).items():
            row[f"pictures_per_s[{name}]"] = value
        row |= {
            "threads": cost.threads if cost else None,
            "measured": cost.date if cost else "",
            "accuracy": metric.get("value"),
            "accuracy_low": metric.get("low"),
            "accuracy_high": metric.get("high"),
            "n": metric.get("n"),
            "measured_on": measured_on(metric) if metric else "",
            "selection": selection(str(metric["selection"])) if metric.get("selection") else "",
            "remark": _remark(entry, measured),
        }
        rows.append(row)
    return pd.DataFrame(rows).to_csv(index=False)


def layer_table(rows: Sequence[LayerRow]) -> pd.DataFrame:
    """Name, output shape, parameters and MACs of each layer; those of attention modules are marked."""
    return pd.DataFrame(
        {
            "Layer": [f"{MARK} {row.name}" if row.attention else row.name for row in rows],
            "Output": [" x ".join(map(str, row.output_shape)) for row in rows],
            "Parameters": [row.parameters for row in rows],
            "MMACs": [row.macs / 1e6 for row in rows],
            "Kind": [row.kind for row in rows],
        }
    )


def layer_csv(rows: Sequence[LayerRow]) -> str:
    """The same with exact counts."""
    return pd.DataFrame(
        {
            "layer": [row.name for row in rows],
            "kind": [row.kind for row in rows],
            "output_shape": ["x".join(map(str, row.output_shape)) for row in rows],
            "parameters": [row.parameters for row in rows],
            "macs": [row.macs for row in rows],
            "attention": [row.attention for row in rows],
        }
    ).to_csv(index=False)


def _cost(entry: Entry, measured: Measured) -> Cost | None:
    found = measured.get(entry.key)
    return found if isinstance(found, Cost) else None


def _remark(entry: Entry, measured: Measured) -> str:
    if entry.problem:
        return entry.problem
    found = measured.get(entry.key)
    if isinstance(found, Cost):
        smaller = f"Measured in batches of {found.batch}." if found.batch != MANY else ""
        return " ".join([smaller, *found.notes]).strip()
    return found or ""
