"""The run folder: recipe, status and results. Pages and the command line only read it.

``recipe.json``, ``status.json`` (replaced atomically), ``metrics.jsonl`` (a line an epoch), ``checkpoints/best``,
``resume.pt`` (tensors and numbers, loaded with ``weights_only=True``), ``split.json`` (row ids), ``log.txt``,
``events/`` (TensorBoard), ``epochs/`` (outputs of validation pictures, see :mod:`fer_models.training.runs.epochs`),
``steps.jsonl`` (loss within the epochs), ``watched.npz`` (eight faces after each epoch, see
:mod:`fer_models.training.watch.history`), ``CANCEL``.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from fer_models.display import Displayed
from fer_models.errors import UserError
from fer_models.folders import runs_folder
from fer_models.json_text import json_text
from fer_models.settings import stored_or_none
from fer_models.storage import atomic_file, locked, remove_leftovers
from fer_models.system import is_alive, start_ticks
from fer_models.training.history import HISTORY, read_history
from fer_models.training.recipe import Recipe, read_recipe
from fer_models.training.rows import read_rows
from fer_models.training.runs.status import ACTIVE, Status

_STARTING = 60  # seconds that a new run may wait for its worker
_RESERVE = 64 * 1024  # bytes kept free by a file, so that a full disk can still be reported
#: Seconds that a worker waits for the lock of one before it that was killed.
_HAND_OVER = 1.0


class BusyError(UserError):
    """A second process tried to work on a run."""


class Run(Displayed):
    """A run folder.

    Raises:
        UserError: If the folder holds no run.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).resolve()
        self._claim: ExitStack | None = None
        if not (self.folder / "recipe.json").is_file():
            raise UserError(f"{self.folder.name} is not a training run: it holds no recipe.json.")

    @property
    def id(self) -> str:
        """Name of the folder."""
        return self.folder.name

    @property
    def recipe(self) -> Recipe:
        return read_recipe(self.folder / "recipe.json")

    @property
    def checkpoint(self) -> Path | None:
        """Folder of the best checkpoint so far, or ``None``."""
        folder = self.folder / "checkpoints" / "best"
        return folder if (folder / "config.json").exists() else None

    @property
    def resumable(self) -> bool:
        """Whether there is a saved epoch to resume from."""
        return (self.folder / "resume.pt").exists()

    @property
    def damaged(self) -> bool:
        """Whether its saved state was damaged, and nothing was saved since."""
        return not self.resumable and (self.folder / "resume.damaged").exists()

    def status(self) -> Status:
        """The actual state: a run whose worker died is ``lost``."""
        status = stored_or_none(self.folder / "status.json", Status)
        if status is None:
            return Status("lost", "The status file cannot be read; resume the run or start it again.")
        if status.active and not is_alive(status.pid, status.pid_started):
            # A worker that is just being started has not written its id yet.
            if status.pid is None and 0 <= time.time() - status.updated < _STARTING:
                return status
            how = "continue from its last epoch" if self.resumable else "start it again"
            message = f"The worker ended without a message (killed, or the machine restarted); resume to {how}."
            return dataclasses.replace(status, state="lost", message=message)
        return status

    def write_status(self, **changes: Any) -> Status:
        """Change some fields of the status and write it atomically; concurrent changes of other fields are kept.

        Raises:
            UserError: If the disk is full.
        """
        with self._locked():
            return self._write(changes)

    def _write(self, changes: dict[str, Any]) -> Status:
        before = stored_or_none(self.folder / "status.json", Status) or Status()
        finite: dict[str, Any] = {name: value if _is_finite(value) else None for name, value in changes.items()}
        status = dataclasses.replace(before, **finite, updated=time.time())
        write_text(self.folder / "status.json", json.dumps(dataclasses.asdict(status)))
        return status

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Only one process at a time changes the status."""
        with _writing(self.id), locked(self.folder / ".status.lock"):
            yield

    def claim(self) -> None:
        """Write this process into the status as the one that works on the run, until it ends.

        Incomplete files of an earlier worker that was killed are removed.

        Raises:
            BusyError: If another process works on it. UserError: If the disk is full.
        """
        if self._claim is None:
            claim = ExitStack()
            try:
                # The system frees this lock however the process ends, so that none is left after a restart: a moment
                # after the process counts as ended, if a thread of it was still busy.
                claim.enter_context(locked(self.folder / ".worker.lock", timeout=_HAND_OVER))
            except TimeoutError:
                raise BusyError(f"Another process is already working on the run {self.id}; this one stops.") from None
            self._claim = claim
            with self._locked():  # now nobody writes anything here
                for folder in (self.folder, self.folder / "checkpoints", self.folder / "epochs"):
                    remove_leftovers(folder)
        with _writing(self.id):
            (self.folder / "reserve").write_bytes(b"\0" * _RESERVE)
        self.write_status(pid=os.getpid(), pid_started=start_ticks(os.getpid()))

    def requeue(self, from_best: bool = False) -> None:
        """Queue a run that was cancelled, failed or lost; of two simultaneous calls one succeeds.

        Args:
            from_best: Go on from the best checkpoint, not from the saved state.

        Raises:
            UserError: If it still runs or is finished, or has no checkpoint to go on from.
        """
        if from_best and self.checkpoint is None:
            raise UserError(f"The run {self.id} has no checkpoint yet; resume it from its state or from epoch 1.")
        with self._locked():
            state = self.status().state
            if state in ACTIVE:
                raise UserError(f"The run {self.id} is {state}; there is nothing to resume.")
            if state == "finished":
                raise UserError(f"The run {self.id} is finished; start a new one to train longer.")
            with _writing(self.id):
                (self.folder / "CANCEL").unlink(missing_ok=True)
            values = {"state": "queued", "message": "Waiting for a worker.", "pid": None, "pid_started": None}
            self._write({**values, "place": time.time(), "from_best": from_best})

    def release_reserve(self) -> None:
        """Give back the bytes that were kept for a last message."""
        (self.folder / "reserve").unlink(missing_ok=True)

    def metrics(self) -> list[dict[str, Any]]:
        """A dictionary an epoch; damaged lines, and a last one that is still being written, are left out."""
        return read_history(self.folder / HISTORY)

    def append_metrics(self, row: dict[str, Any]) -> None:
        """Add an epoch's line, in a single write, so that a reader never sees half of it."""
        with (self.folder / HISTORY).open("ab+") as handle:
            handle.seek(max(handle.seek(0, os.SEEK_END) - 1, 0))
            torn = handle.read(1) not in (
                b"",
                b"\n",
            )  # a full disk cut the last line: do not continue it
            handle.write(b"\n" * torn + json_text(row).encode() + b"\n")

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the worker's log."""
        try:
            with (self.folder / "log.txt").open("rb") as handle:
                handle.seek(0, os.SEEK_END)
                handle.seek(max(handle.tell() - 200 * lines, 0))
                return "\n".join(handle.read().decode("utf-8", "replace").splitlines()[-lines:])
        except OSError:
            return ""

    def cancel(self) -> None:
        """Ask the worker to stop; it saves a usable checkpoint first. Without a worker the run is cancelled at once.

        Raises:
            UserError: If the run's folder cannot be written.
        """
        self.ask_to_stop()
        status = self.status()
        if status.state == "lost" or (status.state == "queued" and status.pid is None):
            self.write_status(state="cancelled", message="Cancelled.", pid=None)

    def ask_to_stop(self) -> None:
        """Leave the worker the mark on which it stops.

        Raises:
            UserError: If the run's folder cannot be written.
        """
        with _writing(self.id):
            (self.folder / "CANCEL").touch()

    @property
    def cancelled(self) -> bool:
        """Whether the run was cancelled."""
        return (self.folder / "CANCEL").exists()


@contextmanager
def _writing(name: str) -> Iterator[None]:
    """Turn an error of the file system into a sentence."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The run {name} cannot be written ({error.strerror}); free some disk space, "
            "or check the permissions of its folder."
        ) from None


def _is_finite(value: Any) -> bool:
    """Whether JSON can hold a value; a loss may be NaN."""
    return not isinstance(value, float) or math.isfinite(value)


def write_text(file: Path, text: str) -> None:
    """Replace a file atomically.

    Raises:
        UserError: If the disk has no room; the old file stays.
    """
    try:
        with atomic_file(file) as new:
            new.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file.name} could not be written ({error.strerror}); free some disk space.") from None


def create_run(recipe: Recipe) -> Run:
    """Make the folder of a new run, state queued; :func:`fer_models.training.runs.launch.start` starts its worker.

    Raises:
        UserError: If the runs folder cannot be written, or the recipe's list of rows to leave out cannot be read.
    """
    excluded = sorted(read_rows(recipe.exclude)) if recipe.exclude else []
    source = re.sub(r"[^a-z0-9]+", "-", Path(recipe.data.split(":")[0]).stem.lower()).strip("-") or "data"
    stem = f"{datetime.now():%Y%m%d-%H%M%S}-{recipe.network}-{source}"
    base = runs_folder()
    for attempt in range(1000):
        folder = base / (stem if attempt == 0 else f"{stem}-{attempt + 1}")
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(
                f"No run can be created in the runs folder ({error.strerror}); set FER_RUNS to another folder."
            ) from None
    if recipe.exclude:  # the list may change while the run waits or before it is resumed
        write_text(folder / "exclude.csv", "row\n" + "".join(f"{row}\n" for row in excluded))
        recipe = dataclasses.replace(recipe, exclude=str(folder / "exclude.csv"))
    write_text(folder / "recipe.json", json.dumps(recipe.to_dict(), indent=2))
    run = Run(folder)
    run.write_status(state="queued", created=time.time(), epochs=recipe.epochs, message="Waiting for a worker.")
    return run


def list_runs() -> list[Run]:
    """All runs, the newest first."""
    try:
        folders = [p.parent for p in runs_folder().glob("*/recipe.json")]
    except OSError:
        return []
    return [Run(folder) for folder in sorted(folders, key=lambda p: p.name, reverse=True)]


def find_run(name: str) -> Run:
    """A run by its id or folder.

    Raises:
        UserError: If there is none.
    """
    for folder in (runs_folder() / name, Path(name)):
        if (folder / "recipe.json").is_file():
            return Run(folder)
    raise UserError(f"There is no run {name!r}; `fer runs` lists them.")
