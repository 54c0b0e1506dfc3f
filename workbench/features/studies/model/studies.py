"""Studies: possible variations, expected time, start, stop and progress."""

from __future__ import annotations

import dataclasses
import json
import statistics
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fer_models.architectures import ARCHITECTURES
from fer_models.data import PROTOCOLS, FaceDataset, make_split, open_dataset
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import list_runs
from fer_models.training.study.axes import Settings, fold_protocol, parse_axis, parse_folds, settings_of
from fer_models.training.study.results import Result, results_of
from fer_models.training.study.start import cancel_study, start_study
from fer_models.training.study.study import Study, create_study, damaged_studies, find_study, list_studies, state_of
from workbench.app import datasets
from workbench.app.wording import duration

Kind = Literal["nothing", "sides", "attention", "depth", "augmentation", "search"]
KINDS: dict[Kind, str] = {
    "nothing": "Folds and seeds only",
    "sides": "Random versus subject-safe folds",
    "attention": "Attention",
    "depth": "Depth",
    "augmentation": "Augmentation on and off",
    "search": "Any fields: grid or random search",
}
NO_FOLDS = "none"
FOLDS = {NO_FOLDS: "no folds", "2/5": "2 of 5 folds", "5": "5 folds", "10": "10 folds"}
HELD_OUT = {"random": "images", "subject": "subjects"}
#: Seconds that a run needs besides its epochs: starting, loading, measuring.
_OVERHEAD = 15


@dataclass(frozen=True)
class Plan:
    """A study before it is started: recipe, settings that differ, number of folds and seeds."""

    recipe: Recipe
    settings: tuple[Settings, ...]
    folds: int
    seeds: int

    @property
    def runs(self) -> int:
        """How many networks it trains."""
        return len(self.settings) * self.folds * self.seeds


@dataclass(frozen=True)
class Progress:
    """Progress of a study for a page; ``fraction`` of its epochs done, 0 to 1."""

    study: Study
    active: bool
    complete: bool
    cancelled: bool
    fraction: float
    headline: str
    detail: str
    results: tuple[Result, ...]


def kinds(network: str) -> dict[Kind, str]:
    """Variations for this network: attention and depth only if it has such options."""
    return {key: title for key, title in KINDS.items() if key not in ("attention", "depth") or variations(network, key)}


def variations(network: str, kind: Kind) -> list[Settings]:
    """The settings of an ablation of attention or depth; empty if the network has no such option."""
    if kind == "attention":
        values = _choices(network, "attention")
        if network == "fcsdnet":  # the rows of the paper's own ablation
            values = ["none", "cam", "sam", "fusion"]
        return [{"options.attention": value} for value in values[:6]]
    if network == "fcsdnet":
        return [{"options.repeats": value} for value in ([1, 1, 1], [1, 2, 4], [2, 4, 8])]
    return [{"options.depth": value} for value in _choices(network, "depth")]


def _choices(network: str, option: str) -> list[Any]:
    hint = typing.get_type_hints(ARCHITECTURES[network].Options).get(option)
    if typing.get_origin(hint) is not Literal:
        return []
    default = getattr(ARCHITECTURES[network].Options(), option)
    return sorted(typing.get_args(hint), key=lambda value: value != default)  # the network's own first


def plan(
    recipe: Recipe,
    kind: Kind,
    *,
    folds: str = "",
    held_out: str = "random",
    seeds: int = 1,
    lines: str = "",
    draws: int = 0,
) -> Plan:
    """Plan a study of that kind.

    Args:
        folds: a key of :data:`FOLDS`, or empty for none. held_out: a key of :data:`HELD_OUT`.
        lines: of a search, ``field = values`` a line. draws: how many settings to draw; 0 takes every combination.

    Raises:
        UserError: If a field or value is not possible.
    """
    count = 1
    if kind == "sides":
        folds = folds or "5"
    if folds:
        count, whole = parse_folds(folds)
        protocol = fold_protocol(whole, by_subject=held_out == "subject" and kind != "sides")
        recipe = dataclasses.replace(recipe, protocol=protocol, fold=0)
    settings: list[Settings] = [{}]
    if kind == "sides":
        settings = [{"protocol": fold_protocol(whole, by_subject=by)} for by in (False, True)]
    elif kind in ("attention", "depth"):
        settings = variations(recipe.network, kind)
    elif kind == "augmentation":
        augmentation = {k: v for k, v in dataclasses.asdict(recipe.augmentation).items() if v}
        if not augmentation:
            raise UserError("This recipe has no augmentation to switch off; choose another recipe.")
        settings = [{"augmentation": augmentation}, {"augmentation": {}}]
    elif kind == "search":
        axis_lines = [line for line in lines.splitlines() if line.strip()]
        if not axis_lines:
            raise UserError("A search needs fields: write one per line, for example lr = 0.001, 0.003.")
        settings = settings_of(dict(parse_axis(line) for line in axis_lines), draws, recipe.seed)
        for each in settings:  # check before anything is started
            changed = recipe.with_settings([f"{name}={json.dumps(value)}" for name, value in each.items()])
            ARCHITECTURES[changed.network].parse_options(changed.options)
    return Plan(recipe, tuple(settings), count, seeds)


def has_subjects(data: str) -> bool | None:
    """Whether the data set has subjects; ``None`` if it was never read."""
    dataset = _stored(data)
    return None if dataset is None else dataset.subjects is not None


def _stored(data: str) -> FaceDataset | None:
    entry = datasets.find(data)
    return datasets.stored(entry) if entry is not None else None


def seconds(study_plan: Plan) -> float | None:
    """Rough time of a study on this machine, from earlier runs of the network; ``None`` without any."""
    recipe = study_plan.recipe
    speeds = []
    for run in list_runs()[:60]:
        try:
            earlier, status = run.recipe, run.status()
        except UserError:
            continue
        same = (earlier.network, earlier.size, earlier.channels) == (recipe.network, recipe.size, recipe.channels)
        if same and status.images_per_second:
            speeds.append(status.images_per_second)
    dataset = _stored(recipe.data) if speeds else None
    if dataset is None:
        return None
    try:
        pictures = len(make_split(dataset, recipe.protocol, seed=recipe.seed).train)
    except UserError:
        return None
    seconds_per_run = pictures * recipe.passes(len(dataset)) * recipe.epochs / statistics.median(speeds) + _OVERHEAD
    return seconds_per_run * study_plan.runs


def words(study_plan: Plan) -> str:
    """Number of runs and expected time of a plan, as text."""
    parts = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in (
            (len(study_plan.settings), "setting"),
            (study_plan.folds, "fold"),
            (study_plan.seeds, "seed"),
        )
        if count > 1
    ]
    product = f" ({' × '.join(parts)})" if len(parts) > 1 else f" ({parts[0]})" if parts else ""
    rough = seconds(study_plan)
    cost = (
        f"about {duration(rough)} on this computer, going by earlier runs of this network"
        if rough is not None
        else "time unknown: this network was never trained on this computer"
    )
    return f"{study_plan.runs} {'run' if study_plan.runs == 1 else 'runs'}{product} of {_epochs(study_plan)} · {cost}"


def _epochs(study_plan: Plan) -> str:
    count = study_plan.recipe.epochs
    return "1 epoch" if count == 1 else f"{count} epochs"


def begin(study_plan: Plan) -> str:
    """Write the study, start its first runs, and return its id.

    Raises:
        UserError: If the data cannot be read or divided so, or a setting is not possible.
    """
    for settings in study_plan.settings:
        recipe = study_plan.recipe
        protocol = str(settings.get("protocol", recipe.protocol))
        dataset = open_dataset(str(settings.get("data", recipe.data)))
        make_split(
            dataset, protocol, fold=study_plan.folds - 1 if PROTOCOLS[protocol].folds > 1 else 0, seed=recipe.seed
        )
    first = study_plan.recipe.seed
    study = create_study(
        study_plan.recipe,
        settings=study_plan.settings,
        folds=range(study_plan.folds) if study_plan.folds > 1 else (study_plan.recipe.fold,),
        seeds=range(first, first + study_plan.seeds),
    )
    start_study(study)
    return study.id


def studies() -> dict[str, str]:
    """Id and line of each study that can be read, the newest first."""
    return {study.id: f"{study.title} · {state_of(study).word}" for study in list_studies()}


def damaged() -> list[str]:
    """A sentence for each study that cannot be read: which, why, and what to do."""
    return list(damaged_studies().values())


def progress(study_id: str) -> Progress:
    """Read the state of a study and all its runs.

    Raises:
        UserError: If there is none of that id.
    """
    study = find_study(study_id)
    state, results = state_of(study), results_of(study)
    counts = state.counts
    named = [
        f"{counts[key]} {word}"
        for key, word in (
            ("running", "running"),
            ("queued", "waiting"),
            ("missing", "not started"),
            ("failed", "failed"),
            ("lost", "lost"),
            ("cancelled", "cancelled"),
        )
        if counts.get(key)
    ]
    done = counts.get("finished", 0)
    headline = f"{done} of {state.total} runs finished" + (f" · {', '.join(named)}" if named else "")
    fractions = [1.0 if r.state == "finished" else r.epoch / max(r.epochs, 1) for r in results]
    return Progress(
        study=study,
        active=state.active,
        complete=state.complete,
        cancelled=study.cancelled,
        fraction=min(sum(fractions) / max(len(fractions), 1), 1.0),
        headline=headline,
        detail=_detail(results, state.active),
        results=tuple(results),
    )


def _detail(results: Sequence[Result], active: bool) -> str:
    spent = [r.seconds for r in results if r.state == "finished"]
    left = sum(1 for r in results if r.state in ("running", "queued", "missing"))
    if not active or not spent or not left:
        return ""
    return f"about {duration(left * (statistics.median(spent) + _OVERHEAD))} left"


def cancel(study_id: str) -> None:
    """Start no more runs, and stop waiting and running ones."""
    cancel_study(find_study(study_id))


def resume(study_id: str) -> None:
    """Start missing runs and those that ended early.

    Raises:
        UserError: If it is running or finished.
    """
    start_study(find_study(study_id))
