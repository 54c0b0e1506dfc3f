"""Runs as lists show them: named by people, without hidden ones, the folds and seeds of a study as one entry."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass

from fer_models.training.runs.labels import label_of
from fer_models.training.runs.run import Run, list_runs
from fer_models.training.study.axes import shown
from fer_models.training.study.study import label_of as trial_label
from fer_models.training.study.study import list_studies


@dataclass(frozen=True)
class Part:
    """The place of a run in a study.

    Args:
        key: The same for runs that differ in fold and seed only.
        title: What these runs are called together.
        label: What tells this one from the others, such as ``fold 2``.
    """

    key: str
    title: str
    label: str


@dataclass(frozen=True)
class Entry:
    """One line of a list of runs: a run, or the folds and seeds of a study; ``title`` is empty for a single run."""

    runs: tuple[Run, ...]
    title: str = ""


def parts() -> dict[str, Part]:
    """The part of each run, by its id, that has siblings in a study which differ in fold and seed only."""
    found: dict[str, Part] = {}
    for study in list_studies():
        siblings = dataclasses.replace(study, fields=[])  # they differ in fold and seed, not in settings
        keys = {trial.run: json.dumps(trial.settings, sort_keys=True) for trial in study.trials if trial.run}
        counts = Counter(keys.values())
        for trial in study.trials:
            if trial.run and counts[keys[trial.run]] > 1:
                of = f", {shown(trial.settings)}" if len(study.settings) > 1 else ""
                key = f"{study.id} {keys[trial.run]}"
                found[trial.run] = Part(key, f"{study.title}{of}", trial_label(siblings, trial))
    return found


def entries(*, hidden: bool = False) -> list[Entry]:
    """Runs, the newest first; a study stands where its newest run does.

    Args:
        hidden: Whether hidden runs are listed too.
    """
    known = parts()
    groups: dict[str, list[Run]] = {}
    for run in list_runs():
        if hidden or not label_of(run).hidden:
            groups.setdefault(known[run.id].key if run.id in known else run.id, []).append(run)
    return [
        Entry(tuple(reversed(runs)), known[runs[0].id].title) if runs[0].id in known else Entry(tuple(runs))
        for runs in groups.values()
    ]
