"""What a worker process does with a run folder: read the recipe, load the data, run the loop, keep the folder true."""

from __future__ import annotations

import errno
import json
import os
import time
import traceback
from typing import Any

import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

import fer_models
from fer_models.checkpoint import save_checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split
from fer_models.errors import UserError
from fer_models.preprocess import Preprocess
from fer_models.training.build import build_loop, device_name, load_data, make_fabric
from fer_models.training.epochs import EpochOutputs, write_epoch
from fer_models.training.loop import CancelledError, Loop
from fer_models.training.parts import part_name
from fer_models.training.queue import wait_for_slot
from fer_models.training.recipe import Recipe
from fer_models.training.report import finish
from fer_models.training.rows import read_rows
from fer_models.training.run import BusyError, Run, write_text


def work(run: Run) -> int:
    """Train a run to its end.

    Returns:
        The exit code: 0 finished or cancelled, 1 failed, and the status says the same; 2 if another process works on
        the run, which is left alone.
    """
    try:
        run.claim()
        with wait_for_slot(run) as admitted:
            if not admitted:
                run.write_status(state="cancelled", message="Cancelled before it began.")
                return 0
            return _train(run)
    except BusyError as error:
        print(error, flush=True)
        return 2
    except UserError as error:
        return _failed(run, str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            traceback.print_exc()
            return _failed(run, f"A file could not be read or written ({error.strerror}); the log says more.")
        return _failed(run, "The disk is full; make room, then resume the run.")
    except Exception as error:
        traceback.print_exc()
        return _failed(run, f"The worker met an unexpected {type(error).__name__}; the log says more.")


def _failed(run: Run, message: str) -> int:
    print(message, flush=True)
    run.release_reserve()  # room for this last word on a full disk
    run.write_status(state="failed", message=message, seconds_left=None)
    return 1


def _train(run: Run) -> int:
    recipe = run.recipe
    run.write_status(state="running", message="Loading the data.", started=time.time(), epochs=recipe.epochs)
    fabric = make_fabric(recipe)
    preprocess = Preprocess(size=recipe.size, channels=recipe.channels)
    dataset, split, data = load_data(recipe, preprocess)
    write_text(run.folder / "split.json", json.dumps(split.to_json(dataset)))
    loop = build_loop(recipe, preprocess, dataset, data, fabric)
    if run.resumable:
        loop.restore(torch.load(run.folder / "resume.pt", map_location=fabric.device, weights_only=True))
        print(f"Resumed after epoch {loop.epoch}.", flush=True)
    run.write_status(message="Training.", device=device_name(fabric.device))
    with SummaryWriter(str(run.folder / "events")) as board:
        outcome, message = _epochs(run, recipe, loop, dataset, split, board)
    finish(run, dataset, split, test=outcome == "finished")
    run.release_reserve()
    if outcome == "finished":
        (run.folder / "resume.pt").unlink(missing_ok=True)
    run.write_status(state=outcome, message=message, seconds_left=None, step_fraction=0.0)
    return 0


def _epochs(
    run: Run, recipe: Recipe, loop: Loop, dataset: FaceDataset, split: Split, board: SummaryWriter
) -> tuple[str, str]:
    """Epoch after epoch until the end, an early stop or a cancel: the final state and its message."""
    best_epoch, best = _best_so_far(run, recipe, loop.epoch)
    clock: dict[str, float] = {}
    shown = split.val[dataset.labels[split.val] >= 0][loop.kept.numpy()]
    kept = dataset.rows[shown], dataset.labels[shown]

    def progress(step: int, steps: int) -> None:
        seconds = time.monotonic() - began
        per_epoch = clock.get("epoch_seconds") or seconds * steps / step
        left = per_epoch * (recipe.epochs - loop.epoch) - seconds
        run.write_status(
            step_fraction=step / steps,
            images_per_second=step * recipe.batch_size / seconds,
            seconds_left=max(left, 0.0),
        )

    while loop.epoch < recipe.epochs:
        began = time.monotonic()
        try:
            row = loop.train_epoch(progress, lambda: run.cancelled)
        except CancelledError:
            if run.checkpoint is None:  # cancelled in the first epoch: still leave something that can be looked at
                _save_best(run, recipe, loop, dataset, split, loop.validate().figures)
            return "cancelled", f"Cancelled in epoch {loop.epoch + 1}; the best checkpoint so far is kept."
        measured = loop.validate()
        row |= measured.figures
        clock["epoch_seconds"] = time.monotonic() - began
        value = row[recipe.monitor]
        if _better(recipe, value, best):
            best, best_epoch = value, loop.epoch
            _save_best(run, recipe, loop, dataset, split, row)
        outputs = EpochOutputs(*kept, measured.logits.numpy(), measured.embedding.numpy())
        write_epoch(run, loop.epoch, outputs, keep={best_epoch})
        run.append_metrics(row)  # before the state: whoever resumes finds a line for every epoch in it
        _save_state(run, loop)
        for key, number in row.items():
            if isinstance(number, (int, float)) and key != "epoch":
                board.add_scalar(key.replace("_", "/", 1), number, loop.epoch)
        print(
            f"epoch {loop.epoch}/{recipe.epochs}  loss {row['train_loss']:.4f}  accuracy {row['train_accuracy']:.4f}  "
            f"val loss {row['val_loss']:.4f}  val accuracy {row['val_accuracy']:.4f}  "
            f"{row['images_per_second']:.0f} images/s",
            flush=True,
        )
        run.write_status(
            epoch=loop.epoch,
            step_fraction=0.0,
            best_epoch=best_epoch,
            best_value=best,
            images_per_second=row["images_per_second"],
            seconds_left=clock["epoch_seconds"] * (recipe.epochs - loop.epoch),
        )
        if run.cancelled:
            return "cancelled", f"Cancelled after epoch {loop.epoch}; the best checkpoint so far is kept."
        if recipe.patience and loop.epoch - best_epoch >= recipe.patience:
            return "finished", f"Stopped early: no better epoch since {best_epoch}."
    return "finished", f"Finished; epoch {best_epoch} was the best."


def _better(recipe: Recipe, value: float, best: float | None) -> bool:
    """Whether an epoch takes the lead; of equal ones the later does."""
    return best is None or (value <= best if recipe.monitor == "val_loss" else value >= best)


def _best_so_far(run: Run, recipe: Recipe, epoch: int) -> tuple[int, float | None]:
    """Best epoch and its value among the first ``epoch`` ones, from their own lines: the status may lag."""
    best_epoch, best = 0, None
    for row in run.metrics():
        if row["epoch"] <= epoch and _better(recipe, row[recipe.monitor], best):
            best_epoch, best = row["epoch"], row[recipe.monitor]
    return best_epoch, best


def _save_best(run: Run, recipe: Recipe, loop: Loop, dataset: FaceDataset, split: Split, row: dict[str, Any]) -> None:
    validation = part_name(dataset, split, split.val, "validation")
    provenance = {
        "run": run.id,
        "recipe": recipe.to_dict(),
        "data": dataset.name,
        "split": split.name,
        "validation": validation,
        "selection": f"best epoch by {recipe.monitor} on {validation}",
        "epoch": loop.epoch,
        "val_accuracy": row["val_accuracy"],
        "versions": {"fer_models": fer_models.__version__, "torch": torch.__version__},
    }
    if recipe.exclude:
        held_out = dataset.rows[np.concatenate([split.val, split.test])]
        listed = np.setdiff1d(np.fromiter(read_rows(recipe.exclude), np.int64), held_out)
        provenance["left_out"] = np.intersect1d(dataset.rows[dataset.labels >= 0], listed).tolist()
    save_checkpoint(
        run.folder / "checkpoints" / "best",
        loop.evaluated,
        dataset.classes,
        loop.preprocess,
        provenance=provenance,
    )


def _save_state(run: Run, loop: Loop) -> None:
    fresh = run.folder / f".resume.{os.getpid()}"
    try:
        torch.save(loop.state(), fresh)
        fresh.replace(run.folder / "resume.pt")
    except RuntimeError as error:  # torch reports a full disk so, from its archive writer
        if "inline_container" not in str(error) and "PytorchStreamWriter" not in str(error):
            raise
        raise OSError(errno.ENOSPC, "No space left on device") from error
    finally:
        fresh.unlink(missing_ok=True)
