"""The training loop, to be read from top to bottom.

Pictures are kept as uint8 on the device and each batch is augmented there. Within an epoch only a progress line, about
once a second, waits for the device. All randomness of an epoch comes from (seed, epoch), so a resumed run draws the
same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from lightning.fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from fer_models.architectures.base import FERNetwork
from fer_models.data.augment import augment, mix
from fer_models.errors import UserError
from fer_models.layout import channels_last
from fer_models.losses.base import FERLoss
from fer_models.preprocess import Preprocess
from fer_models.progress import Progress
from fer_models.training.kernels import use_fast_kernels
from fer_models.training.optimise import make_optimiser, parameter_groups
from fer_models.training.recipe import Recipe
from fer_models.training.schedule import Plateau, lr_factor
from fer_models.training.validation import Measured, measure, refresh_norms, sample_rows

_STOP_CHECK_STEPS = 25  # steps between two checks of several processes whether to stop


class CancelledError(Exception):
    """Raised inside the loop when the user cancelled."""


@dataclass
class TrainingData:
    """uint8 pictures (N, C, S, S) and targets on the device: class numbers (N,) or, for training, shares (N, K)."""

    train_images: Tensor
    train_targets: Tensor
    val_images: Tensor
    val_targets: Tensor


class TrainingStep(nn.Module):
    """Network and loss as one module, so that autocast and gradient synchronisation cover both."""

    def __init__(self, network: FERNetwork, loss: FERLoss, teacher: FERNetwork | None):
        super().__init__()
        self.network, self.loss = network, loss
        self._teacher = [teacher]  # in a list: its weights are no part of this module's state

    def forward(self, x: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.forward_features(self.network.check_input(x))
        logits = self.network.forward_head(features)
        embedding = self.network.forward_head(features, pre_logits=True) if self.loss.needs_embedding else None
        teacher_logits = None
        if self.loss.needs_teacher and self._teacher[0] is not None:
            with torch.no_grad():
                teacher_logits = self._teacher[0](x)
        return self.loss(logits, targets, embedding, teacher_logits), logits


def _moving_average(decay: float) -> Callable[[Any, Any, Any], None]:
    """Exponential average whose memory grows with the steps taken, so that it soon forgets the initial weights.

    Batch-norm variances of a trained layer can be a hundred times smaller than their start, 1: with a constant decay
    the averaged network would be useless for its first ten epochs.
    """

    def update(average: Any, current: Any, steps: Any) -> None:
        n = int(steps)  # the counter is on the CPU: no wait for the device
        weight = 1 - min(decay, (1 + n) / (10 + n))
        if average[0].is_floating_point():  # the lists hold one dtype each
            torch._foreach_lerp_(average, current, weight)
        else:
            torch._foreach_copy_(average, current)

    return update


class Loop:
    """The state of a run between epochs, and its epochs."""

    def __init__(
        self,
        recipe: Recipe,
        network: FERNetwork,
        loss: FERLoss,
        preprocess: Preprocess,
        data: TrainingData,
        *,
        fabric: Fabric,
        teacher: FERNetwork | None = None,
    ):
        self.recipe, self.preprocess, self.data, self.fabric = recipe, preprocess, data, fabric
        self.network = network.place(fabric.device)
        if fabric.device.type == "cpu":
            use_fast_kernels(self.network)
        if teacher is not None:
            teacher = teacher.place(fabric.device).eval()
        step = TrainingStep(self.network, loss.to(fabric.device), teacher)
        self.average = (
            AveragedModel(self.network, multi_avg_fn=_moving_average(recipe.ema), use_buffers=True)
            if recipe.ema
            else None
        )
        optimiser = make_optimiser(parameter_groups(self.network, loss, recipe), recipe)
        self.step, self.optimiser = fabric.setup(step, optimiser)
        self.loss = loss
        self.plateau = Plateau(recipe)
        self.epoch = 0  # epochs completed
        self.micro_batches = 1
        self.sample = sample_rows(len(data.val_images), recipe.seed)  # validation pictures whose outputs are written

    @property
    def steps(self) -> int:
        """Optimiser steps in an epoch; a last batch of one picture a process is left out: batch norm cannot take it."""
        n = len(self.data.train_images) * self.recipe.repeats
        full, rest = divmod(n, self.recipe.batch_size)
        return full + (rest >= 2 * self.fabric.world_size)

    @property
    def evaluated(self) -> FERNetwork:
        """The network that is validated and saved: the averaged weights where the recipe asks for them."""
        return cast(FERNetwork, self.average.module) if self.average is not None else self.network

    def train_epoch(self, progress: Progress, should_stop: Callable[[], bool]) -> dict[str, Any]:
        """One epoch.

        Returns:
            Mean training loss, accuracy on the augmented pictures, learning rate, seconds, pictures a second.

        Raises:
            CancelledError: If ``should_stop`` returned true. UserError: If the loss is no longer a number.
        """
        recipe, device = self.recipe, self.fabric.device
        draw = torch.Generator().manual_seed(recipe.seed * 1_000_003 + self.epoch)
        change = torch.Generator(device).manual_seed(recipe.seed * 1_000_003 + self.epoch)
        # Dropout; each process drops other values, while all draw the same batches and changes.
        torch.manual_seed(recipe.seed * 1_000_003 + self.epoch + 7919 * self.fabric.global_rank)
        n = len(self.data.train_images)
        order = torch.cat([torch.randperm(n, generator=draw) for _ in range(recipe.repeats)]).to(device)
        self.step.train()
        if recipe.features_lr == 0:
            self.network.eval()  # frozen features keep their batch-norm statistics
        totals = torch.zeros(3, dtype=torch.float64, device=device)
        began = reported = time.monotonic()
        for i in range(self.steps):
            self._set_rate(self.epoch + i / self.steps)
            totals += self._train_batch(order[i * recipe.batch_size : (i + 1) * recipe.batch_size], change)
            if time.monotonic() - reported > 1:
                reported = time.monotonic()
                progress((i + 1) / self.steps, f"step {i + 1} of {self.steps}")
                if self.fabric.world_size == 1 and should_stop():
                    raise CancelledError
            if self.fabric.world_size > 1 and i % _STOP_CHECK_STEPS == 0 and self.fabric.broadcast(should_stop()):
                raise CancelledError  # all processes must leave at the same step
        totals = cast(Tensor, self.fabric.all_reduce(totals, reduce_op="sum"))
        loss_sum, correct, seen = totals.tolist()
        seconds = time.monotonic() - began
        if not math.isfinite(loss_sum):
            raise UserError(
                f"The loss became infinite in epoch {self.epoch + 1}; the best epoch before it is kept. "
                "Try a lower learning rate or gradient clipping."
            )
        self.epoch += 1
        return {
            "epoch": self.epoch,
            "train_loss": loss_sum / seen,
            "train_accuracy": correct / seen,
            "lr": self.optimiser.param_groups[-1]["lr"],
            "seconds": seconds,
            "images_per_second": seen / seconds,
        }

    def _set_rate(self, epoch: float) -> None:
        rate = self.recipe.lr * lr_factor(self.recipe, epoch) * self.plateau.factor
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["lr_factor"]

    def _train_batch(self, index: Tensor, change: torch.Generator) -> Tensor:
        """One optimiser step; returns sums of loss and hits and the count, without waiting for the device."""
        recipe = self.recipe
        targets = self.data.train_targets[index]
        x = self.preprocess.scale(augment(self.data.train_images[index], recipe.augmentation, change))
        if recipe.augmentation.mixes:
            shares = targets if targets.ndim == 2 else F.one_hot(targets, self.network.num_classes).float()
            x, targets = mix(x, shares, recipe.augmentation, change)
        size, processes = len(x), self.fabric.world_size
        if processes > 1:
            x, targets = x[self.fabric.global_rank :: processes], targets[self.fabric.global_rank :: processes]
        x = channels_last(x)
        while True:
            try:
                # Gradients are averaged over the processes, whose parts of a last batch may differ by one.
                loss, logits = self._backward(x, targets, len(x) * processes / size)
                break
            except torch.OutOfMemoryError:
                if processes > 1:  # the others wait in the middle of this step
                    raise UserError(
                        "A device has too little memory; choose a smaller batch, input or network."
                    ) from None
                if self.micro_batches * 2 > len(x):
                    raise UserError(
                        "The device has too little memory even for single pictures; choose a smaller input or network."
                    ) from None
                self.micro_batches *= 2
                self.optimiser.zero_grad(set_to_none=True)
                self.fabric.print(f"Out of memory: each batch now goes in {self.micro_batches} parts.")
        if recipe.gradient_clip:
            self.fabric.clip_gradients(
                self.step, self.optimiser, max_norm=recipe.gradient_clip, error_if_nonfinite=False
            )
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        if self.average is not None:
            self.average.update_parameters(self.network)
        hits = (logits.argmax(1) == (targets if targets.ndim == 1 else targets.argmax(1))).sum()
        return torch.stack([loss.double() * len(x), hits.double(), hits.new_tensor(len(x)).double()])

    def _backward(self, x: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor]:
        losses, logits = [], []
        for part, part_targets in zip(x.chunk(self.micro_batches), targets.chunk(self.micro_batches), strict=True):
            loss, out = self.step(part, part_targets)
            self.fabric.backward(loss * (share * len(part) / len(x)))
            losses.append(loss.detach() * (len(part) / len(x)))
            logits.append(out.detach())
        return torch.stack(losses).sum(), torch.cat(logits)

    def validate(self) -> Measured:
        """Measure the evaluated network on the validation part; without frozen features its norms are refreshed."""
        if self.recipe.features_lr:
            seed = self.recipe.seed * 1_000_003 + self.epoch
            refresh_norms(self.evaluated, self.data.train_images, self.preprocess, self.fabric, seed)
        images, targets = self.data.val_images, self.data.val_targets
        measured = measure(self.evaluated, images, targets, self.preprocess, self.fabric, sample=self.sample)
        self.plateau.observe(measured.figures["val_loss"])
        return measured

    def state(self) -> dict[str, Any]:
        """Everything that the next epoch depends on: tensors and plain numbers only."""
        return {
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "loss": self.loss.state_dict(),
            "average": self.average.state_dict() if self.average is not None else None,
            "optimiser": self.optimiser.state_dict(),
            "plateau": self.plateau.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue after the epoch that :meth:`state` was taken at."""
        self.epoch = state["epoch"]
        self.network.load_state_dict(state["network"])
        self.loss.load_state_dict(state["loss"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.plateau.restore(state["plateau"])
