"""Runs: start, follow, cancel and resume them; choices of the recipe form."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fer_models.architectures import ARCHITECTURES
from fer_models.data.catalogue import data_title
from fer_models.data.joined import parse_joined
from fer_models.data.protocols import PROTOCOLS
from fer_models.errors import UserError
from fer_models.evaluation.sentence import MONITORS
from fer_models.losses import LOSSES
from fer_models.papers import PAPERS
from fer_models.settings import Origin
from fer_models.training.presets import recipe_origins
from fer_models.training.recipe import Recipe, list_presets, load_preset
from fer_models.training.runs import launch
from fer_models.training.runs.labels import label_of
from fer_models.training.runs.run import Run, list_runs
from fer_models.training.runs.status import Status
from workbench.app import datasets
from workbench.app.inventory import data_key, trained_networks, usable
from workbench.app.wording import duration, percent


@dataclasses.dataclass(frozen=True)
class Progress:
    """Progress of a run for a page; ``rows`` are its finished epochs, a dictionary each.

    Args:
        headline: state and epoch. detail: speed, time left and best epoch so far.
        fraction: of the run done, 0 to 1.
        stopping: cancelled, but still running.
        data: name of the data set, as lists of data sets have it.
    """

    run_id: str
    state: str
    active: bool
    title: str
    headline: str
    detail: str
    fraction: float
    epochs: int
    message: str
    rows: list[dict[str, Any]]
    best_epoch: int | None
    checkpoint: Path | None
    stopping: bool
    resumable: bool
    damaged: bool
    data: str


def presets() -> dict[str, str]:
    """Names and descriptions of the recipes that come with the library."""
    return list_presets()


def changes_from_link(protocol: str | None, exclude_leaks: str | None) -> dict[str, Any]:
    """Recipe fields of a link from the audit: ``/train?protocol=...&exclude_leaks=1``."""
    if exclude_leaks != "1":
        return {}
    return {"exclude_leaks": True} | ({"protocol": protocol} if protocol in PROTOCOLS else {})


def with_a_test_part(preset: str, start: Recipe) -> Recipe:
    """The recipe with the first of five folds as its test where the data set has no official parts.

    A paper's recipe holds out images, as the papers do; others hold out people where they are known.
    """
    several = parse_joined(start.data)
    names = several[0] if several is not None else [start.data]
    entries = [entry for name in names if (entry := datasets.find(name)) is not None]
    if start.protocol != "official" or not entries or any(datasets.has_official_parts(name) for name in names):
        return start
    dataset = datasets.stored(entries[0])
    of_a_paper = any(preset in paper.presets for paper in PAPERS.values())
    people = dataset is not None and dataset.people is not None and not of_a_paper
    return dataclasses.replace(start, protocol="folds-5-subject" if people else "folds-5")


def recipe(preset: str, changes: Mapping[str, Any]) -> Recipe:
    """A preset with some fields changed.

    Raises:
        UserError: If a value is not possible.
    """
    values = load_preset(preset).to_dict()
    values.update(changes)
    return Recipe.from_dict(values)


def origins(preset: str, recipe: Recipe) -> dict[str, Origin]:
    """Where each setting of a recipe comes from that is still as in its preset, by dotted field."""
    return recipe_origins(preset, load_preset(preset).to_dict(), recipe.to_dict())


def networks() -> list[tuple[str, str]]:
    """Key and title of each network."""
    return [(key, network.title) for key, network in ARCHITECTURES.items()]


def losses() -> list[tuple[str, str]]:
    """Key and title of each loss."""
    return [(key, loss.title) for key, loss in LOSSES.items()]


def form_choices() -> dict[str, list[tuple[str, str]]]:
    """Possible values and their titles, for recipe fields that come from registries."""
    trained = usable(trained_networks())
    folders = [("", "none")] + [(str(item.checkpoint.path), item.title) for item in trained.values() if item.checkpoint]
    return {
        "protocol": [(name, protocol.title) for name, protocol in PROTOCOLS.items()],
        "optimiser": [("adam", "Adam"), ("adamw", "AdamW"), ("sgd", "SGD with Nesterov momentum")],
        "loss": losses(),
        "init_from": folders,
        "teacher": folders,
    }


def begin(recipe: Recipe) -> str:
    """Create the run folder, start its worker process, and return the run's id.

    Raises:
        UserError: If the folder cannot be written or the network does not have such options.
    """
    ARCHITECTURES[recipe.network].parse_options(recipe.options)  # raises here rather than in the worker
    return launch.launch(recipe).id


def runs() -> list[Run]:
    """All runs on disk, newest first."""
    return list_runs()


def find(run_id: str) -> Run:
    """The run of that id, among the folders in the runs folder only.

    Raises:
        UserError: If there is none.
    """
    for run in list_runs():
        if run.id == run_id:
            return run
    raise UserError(f"There is no run {run_id!r} in the runs folder; choose another one or start a new one.")


def cancel(run_id: str) -> None:
    """Ask the worker to stop; its best checkpoint stays usable."""
    find(run_id).cancel()


def resume(run_id: str, *, from_best: bool = False) -> None:
    """Start a worker that continues from the last complete epoch, or from the best checkpoint.

    Raises:
        UserError: If the run is still running or finished, or has no checkpoint to go on from.
    """
    launch.resume(find(run_id), from_best=from_best)


def log_tail(run_id: str, lines: int = 30) -> str:
    """The end of the run's log."""
    return find(run_id).log_tail(lines)


def label(run: Run) -> str:
    """One line for a list of runs; a damaged run is listed as unreadable."""
    try:
        status, what = run.status(), title(run.recipe)
    except UserError:
        return f"{run.id} · cannot be read"
    began = datetime.fromtimestamp(status.created).strftime("%d %b %H:%M") if status.created else run.id
    named = label_of(run)
    what = named.title or what
    # What changes from second to second is told by the headline alone.
    best = "" if status.active or status.best_value is None else f" · best {_value(run.recipe, status.best_value)}"
    done = "" if status.active else f", {status.epoch} of {status.epochs} epochs"
    hidden = " · hidden" if named.hidden else ""
    return f"{what} · {began} · {status.state}{done}{best}{hidden}"


def progress(run: Run) -> Progress:
    """Read a run's folder once.

    Raises:
        UserError: If its recipe cannot be read.
    """
    status, recipe = run.status(), run.recipe
    return Progress(
        run_id=run.id,
        state=status.state,
        active=status.active,
        title=label_of(run).title or title(recipe),
        headline=_headline(status, stopping := status.active and run.cancelled),
        detail=_detail(status, recipe),
        fraction=status.fraction,
        epochs=recipe.epochs,
        message=status.message,
        rows=run.metrics(),
        best_epoch=status.best_epoch,
        checkpoint=run.checkpoint,
        stopping=stopping,
        resumable=status.state in ("lost", "failed", "cancelled"),
        damaged=run.damaged,
        data=recipe.data.partition(":")[0],
    )


def shipped_beside(data: str) -> str | None:
    """Name of the best network that ships and was trained on a data set; ``None`` without one."""
    networks = usable(trained_networks()).values()
    return next((item.name for item in networks if item.run is None and item.trained_on == data_key(data)), None)


def title(recipe: Recipe) -> str:
    """Titles of network and data set."""
    network = ARCHITECTURES[recipe.network].title if recipe.network in ARCHITECTURES else recipe.network
    return f"{network} on {data_title(Path(recipe.data).name)}"


def _headline(status: Status, stopping: bool) -> str:
    of = f"of {status.epochs}"
    if stopping:
        return f"Cancelling in epoch {min(status.epoch + 1, status.epochs)} {of}"
    if status.state == "running" and not status.epoch and not status.step_fraction:
        return f"Running: starting epoch 1 {of}"
    if status.state == "running" and status.epoch >= status.epochs > 0:
        return f"Running: all {status.epochs} epochs are done, measuring the best weights"
    return {
        "queued": "Queued" if status.pid else "Queued: starting the worker",
        "running": f"Running: epoch {min(status.epoch + 1, status.epochs)} {of}",
        "finished": f"Finished after {status.epoch} {'epoch' if status.epoch == 1 else 'epochs'}",
        "cancelled": f"Cancelled after {status.epoch} {of} epochs",
        "failed": f"Failed after {status.epoch} {of} epochs",
        "lost": f"Lost after {status.epoch} {of} epochs",
    }[status.state]


def _detail(status: Status, recipe: Recipe) -> str:
    parts = []
    if status.state == "running" and status.step_fraction >= 1:
        parts.append("measuring this epoch on the validation part")
    elif status.state == "running" and status.images_per_second:
        parts.append(f"{status.images_per_second:,.0f} images/s")
        if status.seconds_left is not None and status.seconds_left >= 1:
            parts.append(f"{duration(status.seconds_left)} left")
    if status.best_epoch is not None and status.best_value is not None:
        parts.append(
            f"best{' so far' if status.active else ''}: epoch {status.best_epoch}, {_value(recipe, status.best_value)}"
        )
    if status.device:
        parts.append(status.device)
    return " · ".join(parts)


def _value(recipe: Recipe, value: float) -> str:
    """The value that the best epoch is chosen by."""
    if recipe.monitor == "val_loss":
        return f"validation loss {value:.3f}"
    return f"validation {MONITORS[recipe.monitor]} {percent(value)}"
