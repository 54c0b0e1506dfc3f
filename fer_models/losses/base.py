"""The base class of losses: the training loop calls every loss in the same way."""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from fer_models.errors import UserError
from fer_models.registry import Registry
from fer_models.settings import from_signature, from_values

LOSSES: Registry[type[FERLoss]] = Registry("loss")

ClassWeights = Annotated[bool, Field(description="Weigh classes by inverse frequency.")]
LabelSmoothing = Annotated[
    float, Field(ge=0, le=0.999, description="Share of the target that is spread over all classes.")
]


@dataclass(frozen=True)
class LossContext:
    """The network and the training data of a loss.

    Args:
        num_classes: K.
        num_features: Length D of the network's embedding.
        class_counts: Training images a class, for class weights.
    """

    num_classes: int
    num_features: int = 0
    class_counts: Sequence[int] | None = None


class FERLoss(nn.Module, ABC):
    r"""A training loss: a scalar from logits and targets.

    Class attributes:
        title: name on a screen.
        summary: one sentence.
        paper: source in one line.
        needs_embedding: ``forward`` needs the embedding.
        needs_teacher: ``forward`` needs teacher logits.

    Args:
        context: The network and the training data. The keyword arguments of a subclass are its options.

    Shape:
        - logits :math:`(B, K)`; targets class numbers int64 :math:`(B,)` or class shares :math:`(B, K)` (soft labels,
          mixup), each row summing to one; embedding :math:`(B, D)`; teacher_logits :math:`(B, K)`. Output: scalar, at
          least float32 also under autocast.
    """

    title: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]
    needs_embedding: ClassVar[bool] = False
    needs_teacher: ClassVar[bool] = False

    def __init__(self, context: LossContext):
        super().__init__()
        self.num_classes = context.num_classes

    @abstractmethod
    def forward(
        self, logits: Tensor, targets: Tensor, embedding: Tensor | None = None, teacher_logits: Tensor | None = None
    ) -> Tensor: ...

    @classmethod
    @functools.cache
    def option_type(cls) -> type[Any]:
        """The loss's own options as a :func:`fer_models.settings.checked` class, for forms and checks."""
        return from_signature(cls.title, cls.__init__)

    @classmethod
    def options(cls) -> dict[str, Any]:
        """The loss's own options and their defaults."""
        return dataclasses.asdict(cls.option_type()())


def create_loss(
    name: str,
    *,
    num_classes: int = 7,
    num_features: int = 0,
    class_counts: Sequence[int] | None = None,
    **options: Any,
) -> FERLoss:
    """Build a loss.

    Args:
        name: A key of :data:`LOSSES`.
        num_classes: K.
        num_features: Length D of the network's embedding.
        class_counts: Training images a class, for class weights.
        options: Those of the loss, see :meth:`FERLoss.options`.

    Raises:
        UserError: If the name or an option is unknown, or an option's value is not possible.

    Example:
        >>> loss = create_loss("cross_entropy", num_classes=7, label_smoothing=0.1)
        >>> round(float(loss(torch.zeros(2, 7), torch.tensor([0, 3]))), 4)  # log 7
        1.9459
    """
    loss = LOSSES[name]
    checked = dataclasses.asdict(from_values(loss.option_type(), options))
    return loss(LossContext(num_classes, num_features, class_counts), **checked)


def shares(targets: Tensor, num_classes: int) -> Tensor:
    """Targets as class shares (B, K), float: class numbers become rows with a single one.

    Raises:
        UserError: If the shape fits neither form.
    """
    if targets.ndim == 1:
        return F.one_hot(targets.long(), num_classes).to(torch.get_default_dtype())
    if targets.ndim != 2 or targets.shape[1] != num_classes:
        raise UserError(f"Targets are (B,) class numbers or (B, {num_classes}) shares, not {tuple(targets.shape)}.")
    return targets


def at_least_float32(x: Tensor) -> Tensor:
    """Half precision becomes float32; float32 and float64 stay as they are."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
