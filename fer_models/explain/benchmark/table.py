"""A leaderboard of explanation methods as CSV, LaTeX and JSON."""

from __future__ import annotations

from typing import Any

import numpy as np

from fer_models.errors import UserError
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.sentence import images_text
from fer_models.explain.benchmark.run import Leaderboard, Row
from fer_models.explain.faithfulness import FAITHFULNESS
from fer_models.tables import csv_text, escaped, latex_table

_COLUMNS = ("network", "method", "reference", "metric", "direction", "mean", "low", "high", "n", "seconds_a_picture")


def leaderboard_csv(board: Leaderboard) -> str:
    """One line for each network, method and metric: mean, 95 % interval, images, seconds an image."""
    lines = []
    for row in board.rows:
        for metric in board.metrics:
            estimate = board.estimate(row, metric)
            if estimate is None:
                continue
            count = int(np.isfinite(row.values[metric]).sum())
            figures = (*("" if np.isnan(number) else f"{number:.6g}" for number in estimate), count)
            seconds = "" if row.reference else f"{row.seconds:.6g}"
            kind, direction = "yes" if row.reference else "no", FAITHFULNESS[metric].direction
            lines.append((row.network, row.method, kind, metric, direction, *figures, seconds))
    return csv_text(_COLUMNS, lines)


def heads(board: Leaderboard) -> list[str]:
    """Names of the tests with their direction, such as ``Deletion, low``."""
    words = {"higher": "high", "lower": "low"}
    return [f"{FAITHFULNESS[metric].title}, {words[FAITHFULNESS[metric].direction]}" for metric in board.metrics]


def cell(board: Leaderboard, row: Row, metric: str) -> str:
    """Mean and interval as ``0.31 [0.28, 0.35]``; empty if the metric is undefined."""
    estimate = board.estimate(row, metric)
    return "" if estimate is None else _text(estimate)


def _text(estimate: Estimate) -> str:
    interval = "" if np.isnan(estimate.low) else f" [{estimate.low:z.2f}, {estimate.high:z.2f}]"
    return f"{estimate.value:z.2f}{interval}"


def leaderboard_latex(board: Leaderboard) -> str:
    """A ``tabular`` (package booktabs); bold is significantly better than every other row of the network."""
    columns = ("Network", "Method", *heads(board), "Time per image, s")
    lines: list[tuple[str, ...]] = []
    bold, emphasis, rules = set(), set(), set()
    for network in board.networks:
        rules.add(len(lines))
        best = {metric: board.best(network, metric) for metric in board.metrics}
        for row in (row for row in board.rows if row.network == network):
            bold |= {(len(lines), 2 + k) for k, metric in enumerate(board.metrics) if best[metric] is row}
            if row.reference:
                emphasis.add((len(lines), 1))
            seconds = "" if row.reference else f"{row.seconds:.3g}"
            lines.append((network, row.title, *(cell(board, row, metric) for metric in board.metrics), seconds))
    table = latex_table(columns, lines, right=range(2, len(columns)), bold=bold, emphasis=emphasis, rules=rules - {0})
    return f"{table}% {images_text(board.n, board.people)}, {escaped(board.data)}, 95 % bootstrap intervals\n"


def to_json(board: Leaderboard) -> dict[str, Any]:
    """The whole leaderboard with the values of single pictures; :func:`from_json` reads it."""
    rows = []
    for row in board.rows:
        means = {metric: board.estimate(row, metric) for metric in board.metrics}
        rows.append(
            {
                "network": row.network,
                "method": row.method,
                "title": row.title,
                "reference": row.reference,
                "seconds": None if np.isnan(row.seconds) else row.seconds,
                "estimates": {metric: estimate.to_json() for metric, estimate in means.items() if estimate is not None},
                "values": {m: [None if np.isnan(v) else float(v) for v in values] for m, values in row.values.items()},
            }
        )
    facts = {"data": board.data, "n": board.n, "metrics": list(board.metrics), "notes": list(board.notes)}
    facts["units"] = None if board.units is None else board.units.tolist()
    return facts | {"rows": rows}


def from_json(stored: dict[str, Any]) -> Leaderboard:
    """The leaderboard that :func:`to_json` wrote.

    Raises:
        UserError: If ``stored`` is not a leaderboard.
    """
    try:
        rows = tuple(
            Row(
                str(row["network"]),
                str(row["method"]),
                str(row["title"]),
                bool(row["reference"]),
                float("nan") if row["seconds"] is None else float(row["seconds"]),
                {str(metric): np.array(values, np.float64) for metric, values in row["values"].items()},
            )
            for row in stored["rows"]
        )
        metrics = tuple(FAITHFULNESS[str(name)].key for name in stored["metrics"])
        notes = tuple(str(note) for note in stored["notes"])
        units = None if stored["units"] is None else np.array(stored["units"], np.int64)
        return Leaderboard(str(stored["data"]), int(stored["n"]), metrics, rows, notes, units)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, UserError):
        raise UserError("This is not a leaderboard of explanation methods; run the benchmark again.") from None
