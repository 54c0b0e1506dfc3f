"""A study: one recipe over folds, seeds and settings. It is kept as a JSON file beside the runs."""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fer_models import storage
from fer_models.architectures import ARCHITECTURES
from fer_models.data.catalogue import data_title
from fer_models.data.protocols import PROTOCOLS
from fer_models.errors import UserError
from fer_models.files import read_regular
from fer_models.folders import runs_folder
from fer_models.settings import DamagedError, parse_stored
from fer_models.system import is_alive
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import Run, write_text
from fer_models.training.runs.status import Status
from fer_models.training.study.axes import Settings, shown

#: Seconds without a status update after which a run on another host counts as lost; local processes are checked.
_SILENCE = 180


_REMEDY = "delete its file in the folder studies of the runs, or put back a copy"


@dataclass
class Trial:
    """One run of a study; ``run`` is its id, ``None`` before it is made."""

    settings: Settings
    fold: int
    seed: int
    run: str | None = None


@dataclass
class Study:
    """A study and its runs.

    Args:
        id: name of its file.
        recipe: what all runs share.
        trials: its runs, in the order in which they start.
        fields: dotted names of the recipe fields that differ between settings.
        place: ``"local"`` or ``"ray"`` with an address after a colon.
        cancelled: whether it was cancelled.
        again: ids of ended runs to resume.
        driver: process id and start ticks of the process that submits runs to a cluster.
        resources: CPUs and GPUs of a run there.
    """

    id: str
    recipe: dict[str, Any]
    trials: list[Trial]
    fields: list[str]
    place: str = "local"
    created: float = 0.0
    cancelled: bool = False
    again: list[str] = field(default_factory=list)
    driver: tuple[int, int] | None = None
    resources: dict[str, float] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return studies_folder() / f"{self.id}.json"

    def recipe_of(self, trial: Trial) -> Recipe:
        """The recipe of one of its runs.

        Raises:
            UserError: If a setting is not possible.
        """
        pairs = [f"{name}={json.dumps(value)}" for name, value in trial.settings.items()]
        base = Recipe.from_dict({**self.recipe, "fold": trial.fold, "seed": trial.seed})
        return base.with_settings(pairs)

    def run_of(self, trial: Trial) -> Run | None:
        """Its run, or ``None`` where none was made or its folder was removed."""
        if trial.run is None or not (runs_folder() / trial.run / "recipe.json").is_file():
            return None
        return Run(runs_folder() / trial.run)

    def status_of(self, trial: Trial) -> Status | None:
        """The true state of its run; ``None`` where there is none yet."""
        run = self.run_of(trial)
        if run is None:
            return None
        status = run.status()
        # A process of another host cannot be checked from here: it counts as alive while it writes.
        if self.place != "local" and status.state == "lost" and 0 <= time.time() - status.updated < _SILENCE:
            return dataclasses.replace(status, state="running", message="Running on the cluster.")
        return status

    @property
    def settings(self) -> list[Settings]:
        """Its different settings, in order."""
        distinct: dict[str, Settings] = {}
        for trial in self.trials:
            distinct.setdefault(json.dumps(trial.settings, sort_keys=True), trial.settings)
        return list(distinct.values())

    @property
    def title(self) -> str:
        """Network, data set and size in a line."""
        network = self.recipe["network"]
        named = ARCHITECTURES[network].title if network in ARCHITECTURES else network
        counts = [
            f"{count} {word}{'s' if count > 1 else ''}"
            for count, word in (
                (len(self.settings), "setting"),
                (len({t.fold for t in self.trials}), "fold"),
                (len({t.seed for t in self.trials}), "seed"),
            )
            if count > 1
        ]
        over = f" over {', '.join(counts)}" if counts else ""
        return f"{named} on {data_title(Path(str(self.recipe['data'])).name)}{over}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return dataclasses.asdict(self)

    def save(self) -> None:
        """Write its file; only inside :func:`locked`.

        Raises:
            UserError: If the disk is full.
        """
        write_text(self.file, json.dumps(self.to_dict(), indent=1))


@dataclass(frozen=True)
class StudyState:
    """State of a study: ``counts`` of runs by state (``"missing"`` for those not made), and whether one is active."""

    counts: dict[str, int]
    active: bool

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def complete(self) -> bool:
        """Whether every run is finished."""
        return self.counts.get("finished", 0) == self.total

    @property
    def word(self) -> str:
        """One word for it."""
        return "finished" if self.complete else "running" if self.active else "stopped"


def studies_folder() -> Path:
    """The folder ``studies`` in the runs folder."""
    return runs_folder() / "studies"


def create_study(
    recipe: Recipe,
    *,
    settings: Sequence[Settings] = ({},),
    folds: Sequence[int] = (0,),
    seeds: Sequence[int] = (0,),
    place: str = "local",
    resources: dict[str, float] | None = None,
) -> Study:
    """Write a new study; :func:`~fer_models.training.study.start.start_study` starts it. Recipes are checked first.

    Runs are ordered so that all settings of the first seed and fold come first: the settings of a study that is
    stopped early can be compared.

    Raises:
        UserError: If a setting is not possible, or the runs folder cannot be written.
    """
    trials = [Trial(dict(each), fold, seed) for seed in seeds for fold in folds for each in settings]
    source = re.sub(r"[^a-z0-9]+", "-", Path(recipe.data.split(":")[0]).stem.lower()).strip("-") or "data"
    stem = f"{datetime.now():%Y%m%d-%H%M%S}-{recipe.network}-{source}"
    names = list(dict.fromkeys(name for each in settings for name in each))
    study = Study(stem, recipe.to_dict(), trials, names, place, time.time(), resources=resources or {})
    for trial in trials:
        trial_recipe = study.recipe_of(trial)
        ARCHITECTURES[trial_recipe.network].parse_options(trial_recipe.options)
    try:
        studies_folder().mkdir(parents=True, exist_ok=True)
        for attempt in range(2, 1000):
            try:
                study.file.touch(exist_ok=False)
                break
            except FileExistsError:
                study.id = f"{stem}-{attempt}"
    except OSError as error:
        raise UserError(
            f"No study can be written in the runs folder ({error.strerror}); set FER_RUNS to another folder."
        ) from None
    study.save()
    return study


def read_study(file: Path) -> Study:
    """A study from its file.

    Raises:
        UserError: If it cannot be read.
    """
    try:
        study = parse_stored(read_regular(file), Study)
        Recipe.from_dict(study.recipe)
    except OSError as error:
        raise DamagedError(f"The study {file.stem} cannot be read ({error.strerror}); {_REMEDY}.") from None
    except (ValueError, UserError) as error:
        reason = str(error).removesuffix(".")
        raise DamagedError(f"The study {file.stem} is damaged ({reason}); {_REMEDY}.") from None
    study.id = file.stem
    study.recipe = Recipe.from_dict(study.recipe).to_dict()
    return study


def list_studies() -> list[Study]:
    """All studies that can be read, the newest first; :func:`damaged_studies` are the others."""
    return [study for study in _all_studies().values() if isinstance(study, Study)]


def damaged_studies() -> dict[str, str]:
    """Ids of the studies that cannot be read, the newest first, each with a sentence on why and what to do."""
    return {name: str(study) for name, study in _all_studies().items() if isinstance(study, UserError)}


def _all_studies() -> dict[str, Study | UserError]:
    studies: dict[str, Study | UserError] = {}
    for file in sorted(studies_folder().glob("*.json"), reverse=True):
        if file.name.startswith("."):
            continue
        try:
            studies[file.stem] = read_study(file)
        except UserError as error:
            studies[file.stem] = error
    return studies


def find_study(name: str) -> Study:
    """The study of that id.

    Raises:
        UserError: If there is none.
    """
    for file in studies_folder().glob("*.json"):
        if file.stem == name:
            return read_study(file)
    raise UserError(f"There is no study {name!r}; `fer study` without a recipe lists them.")


@contextmanager
def locked(study: Study) -> Iterator[Study]:
    """The study as it is on disk, locked against other writers."""
    with storage.locked(studies_folder() / f".{study.id}.lock"):
        yield find_study(study.id)


def state_of(study: Study) -> StudyState:
    """The state of a study from the states of its runs."""
    statuses = [study.status_of(trial) for trial in study.trials]
    counts = Counter("missing" if status is None else str(status.state) for status in statuses)
    driven = study.driver is not None and is_alive(*study.driver)
    return StudyState(dict(counts), driven or any(status is not None and status.active for status in statuses))


def folds_of(study: Study, settings: Settings) -> int:
    """How many folds the protocol of a setting has; 1 where it is a single split."""
    name = settings.get("protocol", study.recipe["protocol"])
    return PROTOCOLS[name].folds if name in PROTOCOLS else 1


def same_settings(a: Settings, b: Settings) -> bool:
    """Whether two settings are equal, in any order."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)


def label_of(study: Study, trial: Trial) -> str:
    """A trial in few words: settings, fold and seed as far as they differ within the study."""
    parts = [shown(trial.settings)] if study.fields else []
    if len({t.fold for t in study.trials}) > 1:
        parts.append(f"fold {trial.fold + 1}")
    if len({t.seed for t in study.trials}) > 1:
        parts.append(f"seed {trial.seed}")
    return ", ".join(parts) or "the one run"
