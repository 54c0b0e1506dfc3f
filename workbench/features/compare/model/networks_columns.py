"""The columns of the networks table, each written once for the page, the CSV file and the help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fer_models.architectures import ARCHITECTURES
from fer_models.inference.forwards import TOLERANCE
from fer_models.latency.measure import MANY, Cost
from fer_models.settings import Origin
from workbench.app.wording import selection
from workbench.features.compare.model.networks import Entry, measured_on


@dataclass(frozen=True)
class Row:
    """What a column reads: an entry, its measured cost on this device if there is one, and a remark."""

    entry: Entry
    cost: Cost | None
    remark: str

    @property
    def accuracy(self) -> dict[str, Any]:
        """The entry's accuracy with its bounds, n, data set and selection; empty where there is none."""
        return self.entry.accuracy or {}


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        key: Name in the CSV file, with the unit; empty for a column of the page only. A value that is a dictionary
            becomes one column ``key[name]`` for each of its names.
        title: Heading on the page; empty for a column of the file only.
        help: Tooltip of the heading on the page.
        format: Format of a number on the page, as ``st.column_config.NumberColumn`` takes it; empty for text.
        value: The cell, in the unit of the file; ``None`` where it is unknown.
        scale: What a number is multiplied by on the page.
        width: Width on the page in pixels or as a word of Streamlit.
    """

    key: str
    title: str
    help: str
    format: str
    value: Callable[[Row], Any]
    scale: float = 1.0
    width: int | str | None = None


def row_of(entry: Entry, measured: Mapping[str, Cost | str]) -> Row:
    """An entry with its measurement, or the reason why there is none."""
    outcome = measured.get(entry.key)
    if not isinstance(outcome, Cost):
        return Row(entry, None, entry.problem or outcome or "")
    smaller = f"Measured in batches of {outcome.batch}." if outcome.batch != MANY else ""
    return Row(entry, outcome, entry.problem or " ".join([smaller, *outcome.notes]).strip())


def _sizes(row: Row) -> Origin | None:
    network = row.entry.network
    return ARCHITECTURES[network].size_origin if network in ARCHITECTURES else None


def _in_file(key: str, value: Callable[[Row], Any]) -> Column:
    return Column(key, "", "", "", value)


#: In the order of the page. A new column is one entry here.
COLUMNS: tuple[Column, ...] = (
    Column("", "Network", "", "", lambda row: row.entry.title, width=185),
    Column("", "Variant", "Of a trained network its name.", "", lambda row: row.entry.variant, width=160),
    _in_file("network", lambda row: row.entry.network),
    _in_file("variant", lambda row: "" if row.entry.checkpoint else row.entry.variant),
    _in_file("checkpoint", lambda row: row.entry.variant if row.entry.checkpoint else ""),
    _in_file("input_channels", lambda row: row.entry.channels),
    _in_file("input_size_px", lambda row: row.entry.size),
    Column(
        "accuracy", "Accuracy, %",
        "Of the trained ones; the column Figure at the right says on what, with its interval.",
        "%.1f", lambda row: row.accuracy.get("value"), scale=100, width=84,
    ),
    _in_file("accuracy_low", lambda row: row.accuracy.get("low")),
    _in_file("accuracy_high", lambda row: row.accuracy.get("high")),
    _in_file("n", lambda row: row.accuracy.get("n")),
    _in_file("measured_on", lambda row: measured_on(row.accuracy) if row.accuracy else ""),
    _in_file(
        "selection", lambda row: selection(str(row.accuracy["selection"])) if row.accuracy.get("selection") else ""
    ),
    Column(
        "parameters", "Parameters", "Trainable ones.", "localized",
        lambda row: row.entry.cost and row.entry.cost.parameters, width=84,
    ),
    Column(
        "macs", "MMACs",
        "Million multiply-accumulates for one image at this input: convolutions, linear and recurrent layers, "
        "attention.",
        "%.1f", lambda row: row.entry.cost and row.entry.cost.macs, scale=1e-6, width=84,
    ),
    Column(
        "", "ms per image", "Median on this device, the fastest way to run it.", "%.2f",
        lambda row: row.cost and row.cost.milliseconds[row.cost.fastest], width=84,
    ),
    Column(
        "", "Images/s",
        f"Median in batches of {MANY}, the fastest way to run it; very large networks run in smaller batches, see "
        "Remark.",
        "%.0f", lambda row: row.cost and row.cost.per_second[row.cost.fastest_many], width=84,
    ),
    Column(
        "runs_in", "Runs in",
        "The fastest way for one image: torch, torch with batch norms folded into convolutions, or onnxruntime. All "
        f"give the same logits to {TOLERANCE:g}.",
        "", lambda row: row.cost.fastest if row.cost else "",
    ),
    _in_file("runs_in_batches", lambda row: row.cost.fastest_many if row.cost else ""),
    _in_file("batch", lambda row: row.cost and row.cost.batch),
    _in_file("ms_one_picture", lambda row: row.cost.milliseconds if row.cost else {}),
    _in_file("pictures_per_s", lambda row: row.cost.per_second if row.cost else {}),
    _in_file("threads", lambda row: row.cost and row.cost.threads),
    _in_file("measured", lambda row: row.cost.date if row.cost else ""),
    Column(
        "peak_memory_bytes", "Memory, MB",
        f"Growth of a fresh process while plain torch runs a batch of {MANY}, weights included.",
        "%.0f", lambda row: (row.cost and row.cost.memory) or None, scale=1e-6, width=84,
    ),
    Column(
        "weights_bytes", "File, MB", "Weights on disk; of networks that are not trained, in float32.", "%.1f",
        lambda row: row.entry.file or None, scale=1e-6, width=84,
    ),
    Column(
        "sizes", "Sizes", "Who chose the default widths and depths: the paper, its author's code, or this project.",
        "", lambda row: getattr(_sizes(row), "source", ""), width=70,
    ),
    _in_file("sizes_from", lambda row: getattr(_sizes(row), "where", "")),
    Column("", "Input", "", "", lambda row: f"{row.entry.size} x {row.entry.size} x {row.entry.channels}"),
    Column("", "Figure", "", "", lambda row: row.entry.figure, width="large"),
    Column("remark", "Remark", "", "", lambda row: row.remark, width="large"),
)  # fmt: skip
