"""From a recipe to a loop: device and precision, tensors of the data, network, loss."""

from __future__ import annotations

import dataclasses
import os
from datetime import timedelta
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fer_models.architectures import create_model
from fer_models.checkpoint import read_checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.data import open_dataset
from fer_models.data.dataset import FaceDataset
from fer_models.data.splits import Split
from fer_models.errors import UserError
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.training.devices import processes, sync_norms
from fer_models.training.fabric import DDPStrategy, Fabric
from fer_models.training.loop import Loop
from fer_models.training.optimise import computes_bf16, start_from
from fer_models.training.parts import split_of
from fer_models.training.recipe import PRESET_TEACHER, Recipe
from fer_models.training.step import TrainingData


def make_fabric(recipe: Recipe, gpu: int = 0) -> Fabric:
    """Lightning Fabric for the recipe's precision on that GPU, else on the CPU, or on torchrun's processes."""
    accelerator = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(accelerator)
    half = recipe.precision == "bf16" or (recipe.precision == "auto" and computes_bf16(device))
    settings: dict[str, Any] = {"accelerator": accelerator, "precision": "bf16-mixed" if half else "32-true"}
    if processes() == 1:
        fabric = Fabric(devices=[gpu] if accelerator == "cuda" else 1, **settings)
    else:
        local = int(os.environ["LOCAL_WORLD_SIZE"])
        # The others wait while the first is in the queue, which may take days; torchrun ends them if it dies.
        strategy = DDPStrategy(timeout=timedelta(days=30), broadcast_buffers=False)
        fabric = Fabric(devices=local, num_nodes=processes() // local, strategy=strategy, **settings)
    fabric.launch()
    return fabric


_LEFT: list[Loop] = []


def leave_group(loop: Loop) -> None:
    """End the connection to the other processes, so that the end of one is no error of another.

    The loop lives as long as its process, which must end by :func:`os._exit`: the destructor of torch's reducer holds
    the GIL while it joins a thread of gloo that may wait for the GIL, and the process would never end.
    """
    _LEFT.append(loop)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def device_name(device: torch.device) -> str:
    """Name of the device or devices for people."""
    times = f"{processes()} x " if processes() > 1 else ""
    if device.type == "cuda":
        return times + torch.cuda.get_device_name(device)
    return f"{times}CPU, {torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''}"


def to_tensor(dataset: FaceDataset, index: np.ndarray, preprocess: Preprocess) -> Tensor:
    """uint8 (N, C, S, S) of the pictures at ``index``, resized and with the channels of the network."""
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
            raise UserError(f"The {name} part of {dataset.name} ({recipe.protocol}) has {len(index)} labelled images.")
        targets: Any = dataset.labels[index]
        if name == "training" and dataset.soft_labels is not None and recipe.loss == "soft_label":
            targets = dataset.soft_labels[index]
        parts += [to_tensor(dataset, index, preprocess), torch.from_numpy(np.array(targets))]
    return dataset, split, TrainingData(*parts)


def build_loop(
    recipe: Recipe,
    preprocess: Preprocess,
    dataset: FaceDataset,
    data: TrainingData,
    fabric: Fabric,
) -> Loop:
    """Network, loss and teacher of a recipe, ready to train on ``data``."""
    recipe = dataclasses.replace(recipe, repeats=recipe.passes(len(dataset)))
    torch.manual_seed(recipe.seed)
    network = create_model(recipe.network, len(dataset.classes), recipe.channels, **recipe.options)
    if recipe.init_from:
        fabric.print(start_from(network, dataset.classes, read_checkpoint(recipe.init_from)), flush=True)
    if processes() > 1 and recipe.sync_norms:
        fabric.print(f"{sync_norms(network)} batch norms share their statistics over all processes.", flush=True)
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
        if recipe.teacher.startswith(PRESET_TEACHER):
            preset = recipe.teacher.removeprefix(PRESET_TEACHER)
            raise UserError(
                f"Only a single run trains its teacher first: train it with `fer train --preset {preset}`, then set "
                "teacher to the folder checkpoints/best of that run."
            )
        classifier = load_checkpoint(recipe.teacher)
        if classifier.checkpoint.preprocess != preprocess or classifier.classes != dataset.classes:
            raise UserError(
                f"The teacher {classifier.checkpoint.name} expects other images or classes than this recipe; use "
                "its size, channels and data set."
            )
        teacher = classifier.model
    on_device = TrainingData(*(t.to(fabric.device) for t in vars(data).values()))
    return Loop(recipe, network, loss, preprocess, on_device, fabric=fabric, teacher=teacher)
