"""The worker process of a run: read the recipe, load the data, run the loop, keep the run folder up to date."""

from __future__ import annotations

import dataclasses
import errno
import json
import signal
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from fer_models.checkpoint import read_checkpoint
from fer_models.device import use_tensor_cores
from fer_models.errors import UserError
from fer_models.system import keep_freed_memory
from fer_models.training.build import build_loop, device_name, leave_group, load_data, make_fabric
from fer_models.training.devices import gpu_of, has_room, processes, rank, share_cores
from fer_models.training.fabric import Fabric
from fer_models.training.loop import CancelledError, Loop
from fer_models.training.recipe import Recipe
from fer_models.training.runs.queue import wait_for_slot
from fer_models.training.runs.record import Source, save_outputs, watcher_of
from fer_models.training.runs.recorder import Recorder
from fer_models.training.runs.report import finish
from fer_models.training.runs.run import BusyError, Run, write_text
from fer_models.training.runs.state import DAMAGE, read_state, set_aside
from fer_models.training.runs.steps import FILE as STEPS
from fer_models.training.runs.steps import StepLosses
from fer_models.training.watch.watcher import Watcher


def work(run: Run) -> int:
    """Train a run to its end.

    Returns:
        The exit code: 0 finished or cancelled, 1 failed, and the status says the same; 2 if another process works on
        the run; the run is then not touched.
    """
    if rank():
        return _train_without_writing(run)
    if processes() > 1:
        signal.signal(signal.SIGTERM, _on_lost_peer)  # torchrun sends it when another process has died
    try:
        run.claim()
        taught = _teacher_is_trained(run)
        with wait_for_slot(run) as slot:
            share_cores()
            admitted = taught and slot is not None and _has_room(run, gpu_of(slot))
            fabric = make_fabric(run.recipe, gpu_of(slot or 0)) if admitted or processes() > 1 else None
            if fabric is None or not fabric.broadcast(admitted):  # the others wait for it
                run.write_status(state="cancelled", message="Cancelled before it started.")
                return 0
            return _train(run, fabric)
    except BusyError as error:
        print(error, flush=True)
        return 2
    except Exception as error:
        if processes() > 1:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)  # nothing interrupts the last status
        return _failed(run, error)


def _teacher_is_trained(run: Run) -> bool:
    """Wait until the run that trains the teacher has ended; ``False`` if this one was cancelled meanwhile.

    Raises:
        UserError: If the teacher's run ended without being finished.
    """
    folder = Path(run.recipe.teacher)
    if folder.parts[-2:] != ("checkpoints", "best") or not (folder.parents[1] / "status.json").is_file():
        return True
    teacher = Run(folder.parents[1])
    while teacher.status().active:
        if run.cancelled:
            return False
        run.write_status(message=f"Waiting for its teacher, {teacher.id}.")
        time.sleep(1)
    if teacher.status().state != "finished":
        raise UserError(f"Its teacher {teacher.id} ended early ({teacher.status().state}); resume that run, then this.")
    return True


def _has_room(run: Run, gpu: int) -> bool:
    """Wait until the GPU has memory for the run; ``False`` if it was cancelled meanwhile."""
    while not run.cancelled:
        if has_room(gpu):
            return True
        run.write_status(message="Waiting for memory on the GPU.")
        time.sleep(1)
    return False


def _reason(error: Exception) -> str:
    """Why a run ended, in a sentence; unexpected errors go to the log in full."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full; free some space, then resume the run."
    traceback.print_exception(error)
    if isinstance(error, OSError):
        return f"A file could not be read or written ({error.strerror}); see the log."
    if processes() > 1 and (isinstance(error, PeerLostError) or "peer" in str(error).lower()):
        return f"One of the {processes()} processes of this run ended; resume it to continue from its last epoch."
    return f"The worker stopped with an unexpected {type(error).__name__}; see the log."


class PeerLostError(Exception):
    """Another process of this run has ended."""


def _on_lost_peer(number: int, frame: object) -> None:
    raise PeerLostError


def _train_without_writing(run: Run) -> int:
    """Every process but the first: the same steps, without writing to the run folder."""
    try:
        fabric = make_fabric(run.recipe)
        return _train(run, fabric) if fabric.broadcast(obj=False) else 0
    except UserError as error:
        print(error, flush=True)
        time.sleep(5)  # the first process writes it to the status before torchrun ends all
        return 1


def _failed(run: Run, error: Exception) -> int:
    run.release_reserve()  # first of all: on a full disk neither log nor status could be written
    message = "The disk is full; free some space, then resume the run."
    with suppress(OSError):  # the log may lie on the full disk
        message = _reason(error)
        print(message, flush=True)
    run.write_status(state="failed", message=message, seconds_left=None)
    return 1


def _train(run: Run, fabric: Fabric) -> int:
    keep_freed_memory()
    use_tensor_cores(fabric.device)
    recipe, lead = run.recipe, fabric.is_global_zero
    if lead:
        run.write_status(state="running", message="Loading the data.", started=time.time(), epochs=recipe.epochs)
    preprocess = recipe.preprocess
    dataset, split, data = load_data(recipe, preprocess)
    if lead:
        write_text(run.folder / "split.json", json.dumps(split.to_json(dataset)))
        for note in dataset.notes:
            print(note, flush=True)
    best = read_checkpoint(run.checkpoint) if run.checkpoint and run.status().from_best else None
    begin = recipe if best is None else dataclasses.replace(recipe, init_from=str(best.path))
    loop = build_loop(begin, preprocess, dataset, data, fabric)
    if best is not None:
        loop.epoch = int(best.provenance["epoch"])
        fabric.print(f"Continues from the best checkpoint, of epoch {loop.epoch}, with a fresh optimiser.", flush=True)
    elif run.resumable:
        state = read_state(run, fabric.device)
        try:
            loop.restore(state)
        except DAMAGE:
            set_aside(run)
        fabric.print(f"Resumed after epoch {loop.epoch}.", flush=True)
    if not lead:
        _epochs(run, loop, None)
        leave_group(loop)
        return 0
    run.write_status(message="Training.", device=device_name(fabric.device))
    source = Source(recipe, dataset, split, preprocess)
    with SummaryWriter(str(run.folder / "events")) as board, Recorder(run, source, recipe.epochs) as recorder:
        journal = Journal(source, recorder, board, StepLosses(run.folder / STEPS), watcher_of(run, source, loop.epoch))
        outcome, message = _epochs(run, loop, journal)
    if processes() > 1:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the others have done their part, however they end
        leave_group(loop)
    finish(run, dataset, split, test=outcome == "finished", device=fabric.device)
    run.release_reserve()
    if outcome == "finished":
        (run.folder / "resume.pt").unlink(missing_ok=True)
    run.write_status(state=outcome, message=message, seconds_left=None, step_fraction=0.0)
    return 0


@dataclass(frozen=True)
class Journal:
    """Where the leading process writes: checkpoints and state, TensorBoard, losses, watched faces; and the data."""

    source: Source
    recorder: Recorder
    board: SummaryWriter
    losses: StepLosses
    watcher: Watcher


def _epochs(run: Run, loop: Loop, journal: Journal | None) -> tuple[str, str]:
    """Epoch after epoch until the end, an early stop or a cancel: the final state and its message."""
    recipe = loop.recipe
    best_epoch, best = _best_so_far(run, recipe, loop.epoch)
    clock: dict[str, float] = {}

    def progress(fraction: float, message: str) -> None:
        if journal is None:  # of several processes one writes; all decide alike
            return
        seconds = time.monotonic() - began
        per_epoch = clock.get("epoch_seconds") or seconds / fraction
        left = per_epoch * (recipe.epochs - loop.epoch) - seconds
        run.write_status(
            step_fraction=fraction,
            images_per_second=fraction * loop.steps * recipe.batch_size / seconds,
            seconds_left=max(left, 0.0),
        )

    while loop.epoch < recipe.epochs:
        began = time.monotonic()
        try:
            row = loop.train_epoch(progress, lambda: run.cancelled, None if journal is None else journal.losses)
        except CancelledError:
            if best is None:  # cancelled in the first epoch: still leave a checkpoint
                figures = loop.validate().figures
                if journal is not None:
                    journal.recorder.best(loop, {"epoch": loop.epoch, **figures})
            return "cancelled", f"Cancelled in epoch {loop.epoch + 1}; the best checkpoint so far is kept."
        if journal is not None:
            run.write_status(step_fraction=1.0)  # all steps are done; the validation part may take a while
        measured = loop.validate()
        row |= measured.figures
        clock["epoch_seconds"] = time.monotonic() - began
        value = row[recipe.monitor]
        is_best = _better(recipe, value, best)
        if is_best:
            best, best_epoch = value, loop.epoch
        if journal is not None:
            if is_best:
                journal.recorder.best(loop, row)
            save_outputs(run, loop, journal.source, measured, best=best_epoch)
            last, accuracy = loop.epoch == recipe.epochs, row["val_accuracy"]
            journal.watcher.epoch(loop.evaluated, loop.epoch, best_epoch, accuracy=accuracy, last=last)
            run.append_metrics(row)  # before the state: after a resume there is a line for every epoch
            journal.recorder.epoch(loop)
            _log_epoch(recipe, row, journal.board)
            run.write_status(
                epoch=loop.epoch,
                step_fraction=0.0,
                best_epoch=best_epoch,
                best_value=best,
                images_per_second=row["images_per_second"],
                seconds_left=clock["epoch_seconds"] * (recipe.epochs - loop.epoch),
            )
        if loop.fabric.broadcast(run.cancelled):
            return "cancelled", f"Cancelled after epoch {loop.epoch}; the best checkpoint so far is kept."
        if recipe.patience and loop.epoch - best_epoch >= recipe.patience:
            return "finished", f"Stopped early: no better epoch since {best_epoch}."
    return "finished", f"Finished; epoch {best_epoch} was the best."


def _log_epoch(recipe: Recipe, row: dict[str, Any], board: SummaryWriter) -> None:
    """An epoch's figures for TensorBoard and the log."""
    for key, number in row.items():
        if isinstance(number, (int, float)) and key != "epoch":
            board.add_scalar(key.replace("_", "/", 1), number, row["epoch"])
    print(
        f"epoch {row['epoch']}/{recipe.epochs}  loss {row['train_loss']:.4f}  accuracy {row['train_accuracy']:.4f}  "
        f"val loss {row['val_loss']:.4f}  val accuracy {row['val_accuracy']:.4f}  "
        f"{row['images_per_second']:.0f} images/s",
        flush=True,
    )


def _better(recipe: Recipe, value: float, best: float | None) -> bool:
    """Whether an epoch is the best so far; of equal ones the later is."""
    return best is None or (value <= best if recipe.monitor == "val_loss" else value >= best)


def _best_so_far(run: Run, recipe: Recipe, epoch: int) -> tuple[int, float | None]:
    """Best epoch and its value among the first ``epoch`` ones, from their own lines: the status may lag."""
    best_epoch, best = 0, None
    for row in run.metrics():
        value = row.get(recipe.monitor)
        if row["epoch"] <= epoch and value is not None and _better(recipe, value, best):
            best_epoch, best = row["epoch"], value
    return best_epoch, best
