"""The training loop, to be read from top to bottom.

Images are kept as uint8 on the device and each batch is augmented there. Within an epoch nothing waits for the device
but a bound on how far replayed steps may run ahead. All randomness of an epoch comes from (seed, epoch), so a resumed
run draws the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor

from fer_models.architectures.base import FERNetwork
from fer_models.errors import UserError
from fer_models.losses.base import FERLoss
from fer_models.preprocess import Preprocess
from fer_models.progress import Progress
from fer_models.training.average import WeightAverage
from fer_models.training.fabric import Fabric
from fer_models.training.kernels import use_fast_kernels
from fer_models.training.optimise import make_optimiser, parameter_groups
from fer_models.training.recipe import Recipe
from fer_models.training.schedule import Plateau, lr_factor
from fer_models.training.step import Objective, Step, TrainingData
from fer_models.training.validation import Measured, measure, refresh_norms, sample_rows

_STOP_CHECK_STEPS = 25  # steps between two checks of several processes whether to stop


class CancelledError(Exception):
    """Raised inside the loop when the user cancelled."""


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
        objective = Objective(self.network, loss.to(fabric.device), teacher)
        self.average = WeightAverage(self.network, recipe.ema) if recipe.ema else None
        optimiser = make_optimiser(parameter_groups(self.network, loss, recipe), recipe, fabric.device)
        self.objective, self.optimiser = fabric.setup(objective, optimiser)
        self.step = Step(
            recipe,
            self.objective,
            self.optimiser,
            self.average,
            data=data,
            preprocess=preprocess,
            fabric=fabric,
        )
        self.loss = loss
        self.plateau = Plateau(recipe)
        self.epoch = 0  # epochs completed
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
        return self.average.network if self.average is not None else self.network

    def train_epoch(
        self, progress: Progress, should_stop: Callable[[], bool], note: Callable[[float, Tensor], None] | None = None
    ) -> dict[str, Any]:
        """One epoch.

        Args:
            progress: Called about every second with the fraction done and a message.
            should_stop: Asked as often; true ends the epoch.
            note: Called after each step with the epochs completed, this one as a fraction, and the sums of
                :class:`~fer_models.training.step.Step` on the device.

        Returns:
            Mean training loss, accuracy on the augmented pictures, learning rate, seconds, pictures a second.

        Raises:
            CancelledError: If ``should_stop`` returned true. UserError: If the loss is no longer a number.
        """
        recipe, device = self.recipe, self.fabric.device
        draw = torch.Generator().manual_seed(recipe.seed * 1_000_003 + self.epoch)
        self.step.generator.manual_seed(recipe.seed * 1_000_003 + self.epoch)
        # Dropout; each process drops other values, while all draw the same batches and changes.
        torch.manual_seed(recipe.seed * 1_000_003 + self.epoch + 7919 * self.fabric.global_rank)
        n = len(self.data.train_images)
        order = torch.cat([torch.randperm(n, generator=draw) for _ in range(recipe.repeats)]).to(device)
        self.objective.train()
        if recipe.features_lr == 0:
            self.network.eval()  # frozen features keep their batch-norm statistics
        self.step.totals.zero_()
        began = reported = time.monotonic()
        for i in range(self.steps):
            at = self.epoch + i / self.steps
            self.step.set_rate(recipe.lr * lr_factor(recipe, at) * self.plateau.factor)
            self.step.take(order[i * recipe.batch_size : (i + 1) * recipe.batch_size])
            if note is not None:
                note(self.epoch + (i + 1) / self.steps, self.step.totals)
            if time.monotonic() - reported > 1:
                reported = time.monotonic()
                progress((i + 1) / self.steps, f"step {i + 1} of {self.steps}")
                if self.fabric.world_size == 1 and should_stop():
                    raise CancelledError
            if self.fabric.world_size > 1 and i % _STOP_CHECK_STEPS == 0 and self.fabric.broadcast(should_stop()):
                raise CancelledError  # all processes must leave at the same step
        totals = cast(Tensor, self.fabric.all_reduce(self.step.totals.clone(), reduce_op="sum"))
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
            "lr": float(self.optimiser.param_groups[-1]["lr"]),
            "seconds": seconds,
            "images_per_second": seen / seconds,
        }

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
        self.step.state_replaced()
