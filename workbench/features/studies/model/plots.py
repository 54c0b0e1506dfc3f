"""Data of a study's figures: averaged curves, axes of settings, and pooled predictions."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from fer_models.evaluation.evaluate import Evaluation
from fer_models.progress import Progress
from fer_models.training.study.axes import Settings, shown, shown_value
from fer_models.training.study.results import Curve, Result, curves, pooled
from fer_models.training.study.study import Study, same_settings
from workbench.app import jobs
from workbench.app.jobs import Job
from workbench.features.studies.model.tables import field_title

QUANTITIES = {"accuracy": "accuracy", "loss": "loss"}
MOST_LINES = 6
_PARTS = {"train": "training, augmented", "val": "validation"}


def bands(study: Study, quantity: str) -> list[tuple[str, Curve]]:
    """Named curves of a quantity: training and validation of a single setting, validation of several (at most six)."""
    if len(study.settings) == 1:
        named_curves = [(_PARTS[part], curves(study, study.settings[0], f"{part}_{quantity}")) for part in _PARTS]
    else:
        named_curves = [(shown(s), curves(study, s, f"val_{quantity}")) for s in study.settings[:MOST_LINES]]
    return [(name, curve) for name, curve in named_curves if curve is not None]


def left_out(study: Study) -> int:
    """How many settings :func:`bands` does not show."""
    return max(0, len(study.settings) - MOST_LINES)


def axes(study: Study, results: Sequence[Result]) -> list[tuple[str, list[float], tuple[str, ...] | None, bool]]:
    """Title, values, words for values that are no numbers, and whether the axis is logarithmic; finished runs only.

    A line a finished run: what differs between settings, fold and seed where there are several, then the figures.
    """
    done = [r for r in results if "accuracy" in r.figures]
    columns: list[tuple[str, list[float], tuple[str, ...] | None, bool]] = []
    if not done:
        return columns
    for name in study.fields:
        values = [r.trial.settings.get(name) for r in done]
        title = field_title(name).lower()
        numbers = [float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
        if len(numbers) == len(values):
            columns.append((title, numbers, None, min(numbers) > 0 and max(numbers) / min(numbers) >= 9.9))
        else:
            words = tuple(dict.fromkeys(shown_value(name, v) for v in values))
            columns.append((title, [float(words.index(shown_value(name, v))) for v in values], words, False))
    for title, per_run in (("fold", [r.trial.fold + 1 for r in done]), ("seed", [r.trial.seed for r in done])):
        if len(set(per_run)) > 1:
            words = tuple(str(v) for v in sorted(set(per_run)))
            columns.append((title, [float(words.index(str(v))) for v in per_run], words, False))
    figures = [("accuracy", "accuracy, %")]
    if not all(r.chosen_by_it for r in done):  # else both would be the same figure
        figures.insert(0, ("validation_accuracy", "validation, %"))
    for key, title in figures:
        columns.append((title, [100 * r.figures.get(key, math.nan) for r in done], None, False))
    return columns


def pooling(study: Study, settings: Settings, seed: int, results: Sequence[Result]) -> Job:
    """Pool the finished folds in the background; the job's result is the :class:`Evaluation`."""

    def work(progress: Progress) -> Evaluation:
        return pooled(study, settings, seed, progress)

    return jobs.start(
        _key(study, settings, seed, results), f"Predictions of the folds of {study.id}", work, lane="long"
    )


def find_pooling(study: Study, settings: Settings, seed: int, results: Sequence[Result]) -> Job | None:
    """The job of :func:`pooling`, if it was begun."""
    return jobs.find(_key(study, settings, seed, results))


def finished_folds(study: Study, settings: Settings, seed: int, results: Sequence[Result]) -> list[Result]:
    """The finished runs of a setting and seed, by fold."""
    return [
        r
        for r in results
        if r.state == "finished" and r.checkpoint and r.trial.seed == seed and same_settings(r.trial.settings, settings)
    ]


def _key(study: Study, settings: Settings, seed: int, results: Sequence[Result]) -> tuple[str, ...]:
    runs = (str(r.trial.run) for r in finished_folds(study, settings, seed, results))
    return ("study pooled", study.id, json.dumps(settings, sort_keys=True), str(seed), *runs)
