"""Cross-entropy with label smoothing and class weights."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from fer_models.errors import UserError
from fer_models.losses.base import LOSSES, ClassWeights, FERLoss, LabelSmoothing, LossContext, at_least_float32, shares


def inverse_frequency(class_counts: Sequence[int] | None, num_classes: int) -> Tensor:
    r"""Class weights :math:`w_c = N / (K\,n_c)`: float32 (K,), 1 for a class of average size, 0 for an empty one.

    Raises:
        UserError: If the counts are missing, not K of them, or all zero.

    Example:
        >>> inverse_frequency([30, 10], 2).tolist()
        [0.6666666865348816, 2.0]
    """
    if class_counts is None:
        raise UserError("Class weights need the number of training images of each class.")
    counts = torch.as_tensor(list(class_counts), dtype=torch.float32)
    if len(counts) != num_classes or counts.sum() <= 0 or (counts < 0).any():
        raise UserError(f"Class weights need {num_classes} counts that are not all zero, not {list(class_counts)}.")
    weights = counts.sum() / (num_classes * counts)
    return torch.where(counts > 0, weights, torch.zeros(()))


@LOSSES.register("cross_entropy")
class CrossEntropy(FERLoss):
    r"""Cross-entropy: :math:`-\sum_{i,c} w_c\,t_{ic} \log p_{ic} \,/\, \sum_{i,c} w_c\,\bar t_{ic}`.

    :math:`\bar t` are the target shares, :math:`t = (1 - \epsilon)\,\bar t + \epsilon / K` the smoothed ones. For class
    numbers this equals ``torch.nn.CrossEntropyLoss``; unlike there, shares (mixup) divide by the weights too, so that
    equal targets give the same value in both forms.

    Args:
        label_smoothing: :math:`\epsilon` in [0, 1).
        class_weights: weigh classes by :func:`inverse_frequency`.

    Shape:
        - As :class:`FERLoss`; embedding and teacher_logits are not used.

    Raises:
        UserError: If ``label_smoothing`` is out of range, or counts are missing for class weights.

    Example:
        >>> loss = CrossEntropy(LossContext(2, class_counts=[30, 10]), class_weights=True)
        >>> round(float(loss(torch.zeros(1, 2), torch.tensor([1]))), 4)  # log 2
        0.6931

    Source:
        Smoothing: Szegedy et al., "Rethinking the Inception architecture", CVPR 2016, section 7.
    """

    title = "Cross-entropy"
    summary = (
        "Negative log-probability of the true class; with label smoothing and weights for rare classes on request."
    )
    paper = "Szegedy et al. 2016 (label smoothing)"

    weights: Tensor

    def __init__(
        self,
        context: LossContext,
        *,
        label_smoothing: LabelSmoothing = 0.0,
        class_weights: ClassWeights = False,
    ):
        super().__init__(context)
        self.label_smoothing = label_smoothing
        weights = (
            inverse_frequency(context.class_counts, context.num_classes)
            if class_weights
            else torch.ones(context.num_classes)
        )
        self.register_buffer("weights", weights, persistent=False)

    def forward(
        self, logits: Tensor, targets: Tensor, embedding: Tensor | None = None, teacher_logits: Tensor | None = None
    ) -> Tensor:
        log_p = F.log_softmax(at_least_float32(logits), 1)  # (B, K)
        plain = shares(targets, self.num_classes).to(log_p)
        smooth = plain * (1 - self.label_smoothing) + self.label_smoothing / self.num_classes
        weights = self.weights.to(log_p)
        # A batch of empty classes only has no weight at all: its loss is 0, not 0 / 0.
        total = (weights * plain).sum().clamp_min(torch.finfo(log_p.dtype).tiny)
        return -(weights * smooth * log_p).sum() / total
