"""One optimiser step on fixed buffers, which a GPU replays as a CUDA graph.

A small network keeps a GPU waiting for kernels to be launched: replaying a recorded step removes that wait
(``benchmarks/training.py --device cuda`` measures it). A recorded step always reads and writes the same memory, so the
indices of a batch, the learning rates and the weight of the average are tensors that are filled before each step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.data.augment import augment, mix
from fer_models.errors import UserError
from fer_models.layout import channels_last
from fer_models.losses.base import FERLoss
from fer_models.preprocess import Preprocess
from fer_models.training.average import WeightAverage
from fer_models.training.capture import StepGraph
from fer_models.training.fabric import Fabric
from fer_models.training.recipe import Recipe


@dataclass
class TrainingData:
    """uint8 images (N, C, S, S) and targets on the device: class numbers (N,) or, for training, shares (N, K)."""

    train_images: Tensor
    train_targets: Tensor
    val_images: Tensor
    val_targets: Tensor


class Objective(nn.Module):
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


class Step:
    """Gather, augment, mix, forward, loss, backward, clip, update, average and sum, without waiting for the device.

    On one CUDA device full batches are recorded after a few plain steps and replayed from then on; the smaller last
    batch, several processes and other devices take the same code step by step.

    Args:
        recipe: Augmentation, clipping and batch size.
        objective: The :class:`Objective`, set up by Fabric.
        optimiser: Its optimiser, set up by Fabric.
        average: Averaged weights, or ``None``.
        data: Images and targets on the device; the training part is used.
        preprocess: The network's scale.
        fabric: Device, precision and processes.
    """

    def __init__(
        self,
        recipe: Recipe,
        objective: nn.Module,
        optimiser: torch.optim.Optimizer,
        average: WeightAverage | None,
        *,
        data: TrainingData,
        preprocess: Preprocess,
        fabric: Fabric,
    ):
        self.recipe, self.objective, self.optimiser, self.average = recipe, objective, optimiser, average
        self.images, self.targets = data.train_images, data.train_targets
        self.preprocess, self.fabric = preprocess, fabric
        self.generator = torch.Generator(fabric.device)
        self.totals = torch.zeros(3, dtype=torch.float64, device=fabric.device)
        self.micro_batches = 1
        self.graph = StepGraph(self, recipe.batch_size) if StepGraph.possible(fabric) else None
        if self.graph is not None and average is not None:
            average.use_tensor(fabric.device)

    def set_rate(self, rate: float) -> None:
        """Write the learning rate of the next steps; each parameter group has its factor on it."""
        for group in self.optimiser.param_groups:
            value = rate * group["lr_factor"]
            if self.graph is None:
                group["lr"] = value
            elif isinstance(group["lr"], Tensor):
                group["lr"].fill_(value)
            else:
                group["lr"] = torch.tensor(value, device=self.fabric.device)

    def state_replaced(self) -> None:
        """Let go of what was recorded, after other weights or another optimiser's state were loaded."""
        if self.graph is not None:
            self.graph.forget()
            for group in self.optimiser.param_groups:
                group["lr"] = float(group["lr"])  # set_rate makes a new tensor: groups may share a loaded one
                if "capturable" in group:
                    group["capturable"] = True  # the state may come from a CPU

    def take(self, index: Tensor) -> None:
        """Take one optimiser step.

        Args:
            index: int64 (B,) on the device, rows of the training images.

        Raises:
            UserError: If the device has too little memory even for single images.
        """
        if self.average is not None:
            self.average.count()
        if self.graph is not None and len(index) == self.recipe.batch_size:
            self.graph.take(index)
        else:
            self.compute(index)

    def compute(self, index: Tensor) -> None:
        """The work of a step; with fixed buffers nothing in it depends on a value or reads one."""
        recipe = self.recipe
        targets = self.targets[index]
        x = self.preprocess.scale(augment(self.images[index], recipe.augmentation, self.generator))
        if recipe.augmentation.mixes:
            num_classes = self._module.network.num_classes
            shares = targets if targets.ndim == 2 else F.one_hot(targets, num_classes).float()
            x, targets = mix(x, shares, recipe.augmentation, self.generator)
        size, processes = len(x), self.fabric.world_size
        if processes > 1:
            x, targets = x[self.fabric.global_rank :: processes], targets[self.fabric.global_rank :: processes]
        # Gradients are averaged over the processes, whose parts of a last batch may differ by one.
        loss, logits = self._backward_in_parts(channels_last(x), targets, len(x) * processes / size)
        if recipe.gradient_clip:
            self.fabric.clip_gradients(
                self.objective, self.optimiser, max_norm=recipe.gradient_clip, error_if_nonfinite=False
            )
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        if self.average is not None:
            self.average.update()
        hits = (logits.argmax(1) == (targets if targets.ndim == 1 else targets.argmax(1))).sum()
        seen = torch.full_like(self.totals[2], len(x))
        self.totals += torch.stack([loss.double() * len(x), hits.double(), seen])

    @property
    def _module(self) -> Objective:
        return cast(Objective, getattr(self.objective, "module", self.objective))

    def _backward_in_parts(self, x: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """Loss and logits of a batch; where memory is short the batch goes in parts, from then on always."""
        while True:
            try:
                return self._backward(x, targets, share)
            except torch.OutOfMemoryError:
                if self.fabric.world_size > 1:  # the others wait in the middle of this step
                    raise UserError("A device ran out of memory; choose a smaller batch, input or network.") from None
                if self.graph is not None and self.graph.recording:
                    raise
                if self.micro_batches * 2 > len(x):
                    raise UserError(
                        "The device runs out of memory even with single images; choose a smaller input or network."
                    ) from None
                self.micro_batches *= 2
                self.optimiser.zero_grad(set_to_none=True)
                self.fabric.print(f"Out of memory: each batch is now split into {self.micro_batches} parts.")

    def _backward(self, x: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor]:
        losses, logits = [], []
        for part, part_targets in zip(x.chunk(self.micro_batches), targets.chunk(self.micro_batches), strict=True):
            loss, out = self.objective(part, part_targets)
            self.fabric.backward(loss * (share * len(part) / len(x)))
            losses.append(loss.detach() * (len(part) / len(x)))
            logits.append(out.detach())
        return torch.stack(losses).sum(), torch.cat(logits)
