"""The comparison as tables: one for the page, and a CSV file with a column for each figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from fer_models.complexity import LayerRow
from fer_models.latency.measure import Cost
from fer_models.layer_names import layer_titles
from fer_models.tables import csv_text, records_csv
from workbench.features.compare.model.networks import Entry
from workbench.features.compare.model.networks_columns import COLUMNS, Column, Row, row_of

#: Precedes the name of a layer that is part of an attention module.
MARK = "◆"
Measured = Mapping[str, Cost | str]


def shown(entries: Sequence[Entry], measured: Measured) -> pd.DataFrame:
    """One row per entry, in the columns of the page; missing values are empty."""
    visible = [column for column in COLUMNS if column.title]
    return pd.DataFrame(
        [{column.title: _on_page(column, row) for column in visible} for row in _rows(entries, measured)],
        columns=[column.title for column in visible],
    )


def csv(entries: Sequence[Entry], measured: Measured) -> str:
    """Every figure of every entry, with units in the column names."""
    lines = []
    for row in _rows(entries, measured):
        line: dict[str, object] = {}
        for column in COLUMNS:
            value = column.value(row)
            if isinstance(value, dict):
                line |= {f"{column.key}[{name}]": part for name, part in value.items()}
            elif column.key:
                line[column.key] = value
        lines.append(line)
    return records_csv(lines)


def layer_table(rows: Sequence[LayerRow]) -> pd.DataFrame:
    """Name, output shape, parameters and MACs of each layer; those of attention modules are marked."""
    return pd.DataFrame(
        {
            "Layer": [
                f"{MARK} {title}" if row.attention else title for title, row in zip(_titles(rows), rows, strict=True)
            ],
            "Output": [" x ".join(map(str, row.output_shape)) for row in rows],
            "Parameters": [row.parameters for row in rows],
            "MMACs": [row.macs / 1e6 for row in rows],
        }
    )


def layer_csv(rows: Sequence[LayerRow]) -> str:
    """The same with exact counts, and the kind and the module path of each layer."""
    return csv_text(
        ("layer", "kind", "output_shape", "parameters", "macs", "attention", "module"),
        [
            (
                title,
                row.kind,
                "x".join(map(str, row.output_shape)),
                row.parameters,
                row.macs,
                row.attention,
                row.name,
            )
            for title, row in zip(_titles(rows), rows, strict=True)
        ],
    )


def _titles(rows: Sequence[LayerRow]) -> list[str]:
    return layer_titles([(row.name, row.kind) for row in rows])


def _rows(entries: Sequence[Entry], measured: Measured) -> list[Row]:
    return [row_of(entry, measured) for entry in entries]


def _on_page(column: Column, row: Row) -> object:
    value = column.value(row)
    return value if value is None or column.scale == 1 else value * column.scale
