"""Tables of a study: text cells, CSV and LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fer_models.data.augment import Augmentation
from fer_models.settings import setting_fields
from fer_models.tables import csv_text, latex_table
from fer_models.training.recipe import Recipe
from fer_models.training.study.axes import shown, shown_value
from fer_models.training.study.results import FIGURES, Result
from fer_models.training.study.statistics import FEWEST, Spread
from fer_models.training.study.study import Study, label_of
from fer_models.training.study.tables import ablation_table, fold_table

TITLES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "validation_accuracy": "Validation accuracy",
}
assert set(TITLES) == set(FIGURES)
#: Cut off after "one run each" and "too few runs"; the page says it once.
_UNTESTED = " to tell it from chance"


@dataclass(frozen=True)
class Table:
    """Heads and text cells; ``right`` are the columns with numbers, ``bold`` cells (row, column) in bold."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    bold: frozenset[tuple[int, int]] = frozenset()


def measured_on(results: Sequence[Result], figure: str) -> str:
    """Which pictures the results were measured on, and which chose the weights."""
    if figure == "validation_accuracy":
        return (
            f"On validation images, which chose each run's best epoch: {flattered(results)}. Choose settings by "
            "this figure."
        )
    finished = [r for r in results if r.measured_on]
    if not finished:
        return "Figures appear when the first run has finished."
    names = sorted({r.measured_on for r in finished})
    where = names[0] if len(names) == 1 else f"the held-out part of each of the {len(finished)} finished runs"
    if any(r.chosen_by_it for r in finished):
        return f"In per cent, on {where}, which also chose each run's best epoch: {flattered(results)}."
    return f"In per cent, on {where}; the best epoch was chosen on validation images."


def flattered(results: Sequence[Result]) -> str:
    """By how much the choice of the best epoch raises the accuracies, in words."""
    points = [100 * r.flattery for r in results if r.measured_on and r.flattery is not None]
    if not points:
        return "too high, by an unknown amount (too few epochs)"
    low, high = min(points), max(points)
    much = f"{high:.1f}" if round(low, 1) == round(high, 1) else f"{low:.1f} to {high:.1f}"
    return (
        f"about {much} points too high (estimated from each run's epochs); differences of accuracy are corrected for it"
    )


def folds(study: Study, results: Sequence[Result], figure: str) -> Table:
    """A line for each setting and seed, a column a fold, then their average and standard deviation, in per cent."""
    fold_rows = fold_table(study, results, figure)
    count = len(fold_rows[0].values) if fold_rows else 0
    seeds = len({row.seed for row in fold_rows}) > 1
    heads = ("Setting", *(("Seed",) if seeds else ()), *(f"Fold {i + 1}" for i in range(count)), "Average", "SD")
    rows = []
    for row in fold_rows:
        cells = [shown(row.settings), *((str(row.seed),) if seeds else ())]
        cells += [_cell(value) for value in row.values]
        cells += [
            _cell(row.average.mean if row.average else None),
            _cell(row.average.deviation if row.average else None),
        ]
        rows.append(tuple(cells))
    return Table(heads, tuple(rows), tuple(range(2 if seeds else 1, len(heads))))


def ablation(study: Study, results: Sequence[Result], figure: str) -> Table:
    """A line for each setting: its values, mean with interval, and the difference from the first.

    A mean is bold only if it is significantly above the first line's.
    """
    setting_rows = ablation_table(study, results, figure)
    names = study.fields or [""]
    heads = (
        *(field_title(name) for name in names),
        "Runs",
        f"{TITLES[figure]}, %",
        "95 % interval",
        "Against the first",
    )
    rows, bold = [], set()
    for i, row in enumerate(setting_rows):
        values = [
            shown_value(name, row.settings[name]) if name in row.settings else ("as in the recipe") for name in names
        ]
        verdict = row.said.partition(_UNTESTED)[0].rstrip(".") if i else ""
        rows.append((*values, str(row.runs), *_spread(row.spread), verdict))
        if row.difference and row.p_holm is not None and row.p_holm < 0.05 and row.difference.value > 0:
            bold.add((i, len(names) + 1))
    right = tuple(range(len(names), len(names) + 3))
    return Table(heads, tuple(rows), right, frozenset(bold))


def untested(study: Study, results: Sequence[Result], figure: str) -> bool:
    """Whether some difference of :func:`ablation` has too few runs for a test."""
    return any(_UNTESTED in row.said for row in ablation_table(study, results, figure)[1:])


def runs(study: Study, results: Sequence[Result]) -> list[dict[str, Any]]:
    """A dictionary for each run, for a table that can be sorted; figures in per cent."""
    return [
        {
            "Setting": label_of(study, r.trial),
            "State": {"missing": "not started"}.get(r.state, r.state),
            "Epochs": f"{r.epoch} of {r.epochs}",
            **{f"{TITLES[key]}, %": 100 * r.figures[key] if key in r.figures else None for key in FIGURES},
            "Measured on": r.measured_on,
            "Training, s": r.seconds or None,
            "Run": f"/train?run={r.trial.run}" if r.trial.run else None,
        }
        for r in results
    ]


def runs_csv(study: Study, results: Sequence[Result]) -> str:
    """Every run with its settings and figures as shares, a line each."""
    columns = [*study.fields, "fold", "seed", "run", "state", "epochs", "seconds", *FIGURES, "measured_on"]
    rows = []
    for r in results:
        values = [r.trial.settings.get(name, "") for name in study.fields]
        figures = [r.figures.get(key, "") for key in FIGURES]
        trial = [r.trial.fold, r.trial.seed, r.trial.run or "", r.state, r.epoch, round(r.seconds, 1)]
        rows.append([*values, *trial, *figures, r.measured_on])
    return csv_text(columns, rows)


def latex(table: Table, caption: str) -> str:
    """The table in LaTeX (package ``booktabs``); folds are called as in the papers, ``R#1``."""
    columns = [column.replace("Fold ", "R#") for column in table.columns]
    return latex_table(columns, table.rows, caption=caption, right=table.right, bold=table.bold)


def field_title(name: str) -> str:
    """Label of a field in the recipe form, ``augmentation.rotation`` and the like included."""
    first, _, rest = name.partition(".")
    kind = {"augmentation": Augmentation}.get(first) if rest else Recipe
    declared = setting_fields(kind) if kind else {}
    if (rest or first) in declared:
        return declared[rest or first].label
    words = name.rpartition(".")[2].replace("_", " ")
    return words[:1].upper() + words[1:] or "Setting"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def _spread(spread: Spread | None) -> tuple[str, str]:
    if spread is None:
        return "-", "-"
    interval = "too few runs" if 1 < spread.n < FEWEST else "-"
    if spread.low is not None and spread.high is not None:
        interval = f"[{100 * spread.low:.1f}, {100 * spread.high:.1f}]"
    return f"{100 * spread.mean:.2f}" + (
        f" ± {100 * spread.deviation:.2f}" if spread.deviation is not None else ""
    ), interval
