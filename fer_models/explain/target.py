"""The target of a heatmap: one class, or one class against another, as a logit or as a probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError

Of = Literal["logit", "probability"]


@dataclass(frozen=True)
class Target:
    """The class whose score is explained, int64 (B,), and for a contrast the other class, (B,)."""

    index: Tensor
    against: Tensor | None = None

    def score(self, logits: Tensor, of: str) -> Tensor:
        """Score (N,) from logits (N, K): the target's value, in a contrast minus the other class's.

        N may be a multiple r * B of the target's length; row i then belongs to picture ``i % B``.
        """
        values = logits if of == "logit" else logits.softmax(1)
        repeats = len(logits) // len(self.index)
        score = values.gather(1, self.index.repeat(repeats)[:, None])[:, 0]
        if self.against is not None:
            score = score - values.gather(1, self.against.repeat(repeats)[:, None])[:, 0]
        return score

    def part(self, start: int, stop: int) -> Target:
        """The target of the pictures ``start`` to ``stop``."""
        return Target(self.index[start:stop], None if self.against is None else self.against[start:stop])


def check_of(of: str) -> None:
    """Refuse anything but ``"logit"`` and ``"probability"``.

    Raises:
        UserError: For any other word.
    """
    if of not in ("logit", "probability"):
        raise UserError(f"A heatmap explains the 'logit' or the 'probability' of a class, not {of!r}.")


def read_target(target: Any, classes: Sequence[str], predicted: Tensor) -> Target:
    """Read a target in any form that callers may use.

    Args:
        target: ``None`` (the predicted class), a class number or name, a sequence or tensor of B of them, or a pair
            ``(a, b)`` of these as a tuple: "why a and not b".
        predicted: int64 (B,), on the device of the batch.

    Raises:
        UserError: If a class is unknown, the number of targets is not B, or both classes of a contrast are the same.
    """
    if isinstance(target, tuple):
        if len(target) != 2:
            raise UserError(f"A contrast is a pair of classes (a, b), not {len(target)} of them.")
        index, against = (_indices(part, classes, predicted) for part in target)
        if bool((index == against).any()):
            raise UserError("A contrast needs two different classes; choose another one for the second.")
        return Target(index, against)
    return Target(_indices(target, classes, predicted))


def _indices(target: Any, classes: Sequence[str], predicted: Tensor) -> Tensor:
    if target is None:
        return predicted
    if isinstance(target, (Tensor, np.ndarray)) and target.ndim:
        target = target.tolist()
    is_single = isinstance(target, str) or not isinstance(target, Sequence)
    listed = [target] * len(predicted) if is_single else list(target)
    if len(listed) != len(predicted):
        raise UserError(f"There are {len(predicted)} images and {len(listed)} target classes; give one or as many.")
    return torch.tensor([_index(value, classes) for value in listed], dtype=torch.int64, device=predicted.device)


def _index(value: Any, classes: Sequence[str]) -> int:
    names = ", ".join(f"{i} {name}" for i, name in enumerate(classes))
    if isinstance(value, str):
        if value not in classes:
            raise UserError(f"This network has no class {value!r}; choose one of: {names}.")
        return classes.index(value)
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise UserError(f"{value!r} is not a class; choose one of: {names}.") from None
    if number != value or not 0 <= number < len(classes):
        raise UserError(f"This network has no class number {value}; choose one of: {names}.")
    return number
