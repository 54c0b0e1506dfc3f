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
from lightning.fabric import Fabric
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

import fer_models
from fer_models.architectures import create_model
from fer_models.checkpoint import load_checkpoint, read_checkpoint, save_checkpoint
from fer_models.data import open_dataset
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split
from fer_models.errors import UserError
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.training.epochs import EpochOutputs, write_epoch
from fer_models.training.loop import CancelledError, Loop, TrainingData
from fer_models.training.optimise import computes_bf16, start_from
from fer_models.training.parts import part_name, split_of
from fer_models.training.queue import wait_for_slot
from fer_models.training.recipe import Recipe
from fer_models.training.report import finish
from fer_models.training.run import Run, write_text


def work(run: Run) -> int:
    """Train a run to its end. Returns the exit code: 0 finished or cancelled, 1 failed; the status says the same."""
    run.claim()
    try:
        with wait_for_slot(run) as admitted:
            if not admitted:
                run.write_status(state="cancelled", message="Cancelled before it began.")
                return 0
            return _train(run)
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


def make_fabric(recipe: Recipe) -> Fabric:
    """Lightning Fabric for the recipe's precision on the best device of this machine."""
    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(accelerator)
    half = recipe.precision == "bf16" or (recipe.precision == "auto" and computes_bf16(device))
    fabric = Fabric(accelerator=accelerator, devices=1, precision="bf16-mixed" if half else "32-true")
    fabric.launch()
    return fabric


def device_name(device: torch.device) -> str:
    """What a person calls the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}"


def to_tensor(dataset: FaceDataset, index: np.ndarray, preprocess: Preprocess) -> Tensor:
    """uint8 (N, C, S, S) of the pictures at ``index``, resized and coloured as the network wants them."""
    side, channels = preprocess.size, preprocess.channels
    if dataset.images.shape[1:] == (side, side, channels):
        stacked = np.ascontiguousarray(dataset.images[index])
    else:
        stacked = np.empty((len(index), side, side, channels), np.uint8)
        for i, position in enumerate(index):
            stacked[i] = preprocess.stored(dataset.images[position])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous()


def load_data(recipe: Recipe, preprocess: Preprocess) -> tuple[FaceDataset, Split, TrainingData]:
    """Data set, split, and the tensors of its training and validation part; pictures without a label are left out.

    Raises:
        UserError: If the data cannot be read or a part is empty.
    """
    dataset = open_dataset(recipe.data)
    split = split_of(recipe, dataset)
    parts: list[Tensor] = []
    for name, index in (("training", split.train), ("validation", split.val)):
        index = index[dataset.labels[index] >= 0]
        if len(index) < 2:
            raise UserError(
                f"The {name} part of {dataset.name} ({recipe.protocol}) has {len(index)} labelled pictures."
            )
        targets: Any = dataset.labels[index]
        if name == "training" and dataset.soft_labels is not None and recipe.loss == "soft_label":
            targets = dataset.soft_labels[index]
        parts += [to_tensor(dataset, index, preprocess), torch.from_numpy(np.array(targets))]
    return dataset, split, TrainingData(*parts)


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


def build_loop(
    recipe: Recipe,
    preprocess: Preprocess,
    dataset: FaceDataset,
    data: TrainingData,
    fabric: Fabric,
) -> Loop:
    """Network, loss and teacher of a recipe, ready to train on ``data``."""
    torch.manual_seed(recipe.seed)
    network = create_model(recipe.network, len(dataset.classes), recipe.channels, **recipe.options)
    if recipe.init_from:
        print(start_from(network, dataset.classes, read_checkpoint(recipe.init_from)), flush=True)
    labels = data.train_targets if data.train_targets.ndim == 1 else data.train_targets.argmax(1)
    counts = torch.bincount(labels, minlength=len(dataset.classes)).tolist()
    loss = create_loss(
        recipe.loss,
        num_classes=len(dataset.classes),
        num_features=network.num_features,
        class_counts=counts,
        **recipe.loss_options,
    )
    teacher = None
    if loss.needs_teacher:
        if not recipe.teacher:
            raise UserError(f"The loss {recipe.loss} needs a teacher; give the folder of a trained checkpoint.")
        classifier = load_checkpoint(recipe.teacher)
        if classifier.checkpoint.preprocess != preprocess or classifier.classes != dataset.classes:
            raise UserError(
                f"The teacher {classifier.checkpoint.name} reads other pictures or classes than this recipe; "
                "use its size, channels and data set."
            )
        teacher = classifier.model
    moved = TrainingData(*(t.to(fabric.device) for t in vars(data).values()))
    return Loop(recipe, network, loss, preprocess, moved, fabric, teacher)


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
