"""The learning rate: a plain function of the time in a run, so that resuming needs no hidden state."""

from __future__ import annotations

import math

from fer_models.training.recipe import Recipe


def lr_factor(recipe: Recipe, epoch: float) -> float:
    """Factor on ``recipe.lr`` at a time in epochs (fractions count), 0 at the start of the run.

    ``plateau`` is constant here; its cuts depend on validation, see :class:`Plateau`.
    """
    warmup, floor = recipe.warmup_epochs, recipe.lr_floor
    if epoch < warmup:
        return (epoch + 1e-3) / warmup
    total = max(recipe.epochs - warmup, 1e-9)
    t = min((epoch - warmup) / total, 1.0)
    if recipe.schedule == "cosine":
        return floor + (1 - floor) * (1 + math.cos(math.pi * t)) / 2
    if recipe.schedule == "one_cycle":
        # Up over the first 30 %, from 1/25 of the rate; then down to nearly nothing (Smith 2018).
        if t < 0.3:
            return 0.04 + 0.96 * (1 - math.cos(math.pi * t / 0.3)) / 2
        return max(floor, 1e-4) + (1 - max(floor, 1e-4)) * (1 + math.cos(math.pi * (t - 0.3) / 0.7)) / 2
    if recipe.schedule == "warm_restarts":
        cycle = ((epoch - warmup) % recipe.step_epochs) / recipe.step_epochs
        return floor + (1 - floor) * (1 + math.cos(math.pi * cycle)) / 2
    if recipe.schedule == "step":
        return max(recipe.step_factor ** math.floor((epoch - warmup) / recipe.step_epochs), floor)
    return 1.0


class Plateau:
    """Cuts the rate when validation loss has not fallen for ``step_epochs`` epochs.

    Its state is two numbers and a counter, saved with the run.
    """

    def __init__(self, recipe: Recipe):
        self.active = recipe.schedule == "plateau"
        self.patience, self.step, self.floor = recipe.step_epochs, recipe.step_factor, recipe.lr_floor
        self.factor, self.best, self.waited = 1.0, math.inf, 0

    def observe(self, val_loss: float) -> None:
        """Take note of an epoch's validation loss."""
        if not self.active:
            return
        if val_loss < self.best - 1e-4:
            self.best, self.waited = val_loss, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.factor, self.waited = max(self.factor * self.step, self.floor), 0

    def state(self) -> dict[str, float]:
        return {"factor": self.factor, "best": self.best, "waited": self.waited}

    def restore(self, state: dict[str, float]) -> None:
        self.factor, self.best, self.waited = state["factor"], state["best"], int(state["waited"])
