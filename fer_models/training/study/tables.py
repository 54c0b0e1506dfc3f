"""The tables of a study as papers print them: folds with their average, and settings with their differences."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from fer_models.architectures import ARCHITECTURES
from fer_models.data.protocols import PROTOCOLS
from fer_models.errors import UserError
from fer_models.evaluation.comparison.significance import holm
from fer_models.training.study.axes import Settings
from fer_models.training.study.results import Result, chosen_figure
from fer_models.training.study.statistics import Difference, Spread, difference, spread, verdict
from fer_models.training.study.study import Study, Trial, same_settings


@dataclass(frozen=True)
class FoldRow:
    """A line of a fold table: one setting and seed. ``values`` by fold, ``None`` where that run is not finished."""

    settings: Settings
    seed: int
    values: tuple[float | None, ...]
    average: Spread | None


@dataclass(frozen=True)
class AblationRow:
    """A setting with the spread of its runs, and its difference to the first row; ``said`` is that as a sentence."""

    settings: Settings
    spread: Spread | None
    runs: int
    difference: Difference | None
    p_holm: float | None
    said: str


def fold_table(study: Study, results: Sequence[Result], figure: str = "accuracy") -> list[FoldRow]:
    """A line for each setting and seed with a column for each fold, as the papers print it (R#1 ... R#5, Average)."""
    folds = sorted({trial.fold for trial in study.trials})
    rows = []
    for settings in study.settings:
        for seed in sorted({trial.seed for trial in study.trials}):
            by_fold = {
                r.trial.fold: r.figures.get(figure)
                for r in results
                if r.trial.seed == seed and same_settings(r.trial.settings, settings)
            }
            values = tuple(by_fold.get(fold) for fold in folds)
            finished = [value for value in values if value is not None]
            average = spread(finished, overlap_of(study, settings, results)) if finished else None
            rows.append(FoldRow(settings, seed, values, average))
    return rows


def ablation_table(study: Study, results: Sequence[Result], figure: str = "accuracy") -> list[AblationRow]:
    """A line for each setting: mean over its folds and seeds, and its difference to the first line.

    The first line is the setting that the recipe itself has, where it is among them. Settings that are measured on the
    same pictures are compared run by run (same fold and seed), others as two groups; p-values are corrected by Holm.
    Differences in an accuracy that chose the epochs are less what each run's choice adds: it depends on the settings.
    """
    ordered = sorted(study.settings, key=lambda settings: not _is_recipe(study, settings))
    compared = [_by_fold_and_seed(results, settings, figure, corrected=True) for settings in ordered]
    values = [_by_fold_and_seed(results, settings, figure) for settings in ordered]
    overlaps = [overlap_of(study, settings, results) for settings in ordered]
    differences: list[Difference | None] = [None]
    for i in range(1, len(ordered)):
        differences.append(_difference(ordered, compared, overlaps, i))
    tested = [i for i, each in enumerate(differences) if each is not None and each.p is not None]
    corrected = dict(zip(tested, holm([float(differences[i].p or 0.0) for i in tested]) if tested else [], strict=True))  # type: ignore[union-attr]
    rows = []
    for i, settings in enumerate(ordered):
        finished = list(values[i].values())
        each = differences[i]
        said = "compared with" if i == 0 and len(ordered) > 1 else ""
        if each is not None:
            said = verdict(each, corrected.get(i))
        elif i:
            said = "waits for runs"
        average = spread(finished, overlaps[i]) if finished else None
        rows.append(AblationRow(settings, average, len(finished), each, corrected.get(i), said))
    return rows


def overlap_of(study: Study, settings: Settings, results: Sequence[Result]) -> float:
    """Measured over training images where fold or seed draw the measured ones; 0 where these are always the same."""
    name = settings.get("protocol", study.recipe["protocol"])
    if name not in PROTOCOLS:
        return 0.0
    measured = [r.measured_on for r in results if r.measured_on and same_settings(r.trial.settings, settings)]
    # The official protocol measures on a part that the seed draws only where the data set has no such part.
    fixed = name == "official" and not any(part.startswith("validation part") for part in measured)
    return 0.0 if fixed else PROTOCOLS[name].redrawn


def _difference(
    ordered: list[Settings], values: list[dict[tuple[int, int], float]], overlaps: list[float], i: int
) -> Difference | None:
    if not values[0] or not values[i]:
        return None
    # Settings that divide or choose the data differently have other pictures in a fold of the same number.
    paired = all(ordered[0].get(key) == ordered[i].get(key) for key in ("protocol", "data"))
    if not paired:
        return difference(
            list(values[i].values()), list(values[0].values()), paired=False, overlap=overlaps[i], overlap_b=overlaps[0]
        )
    common = sorted(values[0].keys() & values[i].keys())
    if not common:
        return None
    return difference([values[i][k] for k in common], [values[0][k] for k in common], paired=True, overlap=overlaps[i])


def _by_fold_and_seed(
    results: Sequence[Result], settings: Settings, figure: str, *, corrected: bool = False
) -> dict[tuple[int, int], float]:
    return {
        (r.trial.fold, r.trial.seed): r.figures[figure]
        - (r.flattery or 0.0 if corrected and chosen_figure(r, figure) else 0.0)
        for r in results
        if figure in r.figures and same_settings(r.trial.settings, settings)
    }


def _is_recipe(study: Study, settings: Settings) -> bool:
    """Whether the settings change nothing of the recipe."""
    try:
        plain, changed = study.recipe_of(Trial({}, 0, 0)), study.recipe_of(Trial(settings, 0, 0))
        options = [ARCHITECTURES[recipe.network].parse_options(recipe.options) for recipe in (plain, changed)]
    except UserError:
        return False
    return options[0] == options[1] and dataclasses.replace(plain, options={}) == dataclasses.replace(
        changed, options={}
    )
