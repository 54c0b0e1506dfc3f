"""Curves of the score while pixels are removed or inserted in the order of a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.baselines import baseline_picture
from fer_models.explain.faithfulness.base import Trial


@dataclass(frozen=True)
class Curve:
    """``share`` (n,) of the pixels treated, from 0 to 1, and the target's probability ``score`` (n, B) there."""

    share: np.ndarray
    score: np.ndarray

    @property
    def area(self) -> np.ndarray:
        """Area under each picture's curve, (B,), by trapezoids."""
        return np.asarray(np.trapezoid(self.score, self.share, axis=0))


def removal_curve(
    trial: Trial, steps: int = 20, baseline: str | Tensor = "mean", insert: bool = False, seed: int = 0
) -> Curve:
    """The most relevant pixels first: replaced by the baseline, or with ``insert`` brought back into it.

    Raises:
        UserError: If there is less than one step, or the baseline is unknown.
    """
    if steps < 1:
        raise UserError(f"A removal curve needs at least 1 step, not {steps}.")
    empty = baseline_picture(trial.batch, baseline, trial.black)
    ranks = trial.ranks(seed)[:, None]
    share, pixels = np.linspace(0, 1, steps + 1), ranks[0].numel()
    first, second = (empty, trial.batch) if insert else (trial.batch, empty)
    pictures = [torch.where(ranks < round(part * pixels), second, first) for part in share]
    return Curve(share, trial.score(torch.cat(pictures)))
