"""Focal loss: cross-entropy that leaves easy pictures alone."""

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fer_models.losses.base import LOSSES, ClassWeights, FERLoss, LossContext, at_least_float32, shares
from fer_models.losses.cross_entropy import inverse_frequency


@LOSSES.register("focal")
class Focal(FERLoss):
    r"""Focal loss: :math:`-\sum_{i,c} w_c\,t_{ic} (1 - p_{ic})^\gamma \log p_{ic} \,/\, \sum_{i,c} w_c\,t_{ic}`.

    Args:
        gamma: from 0 (cross-entropy) up.
        class_weights: weigh classes by inverse frequency.

    Shape:
        - As :class:`FERLoss`; embedding and teacher_logits are not used.

    Raises:
        UserError: If ``gamma`` is out of range, or counts are missing for class weights.

    Example:
        >>> round(float(Focal(LossContext(2), gamma=1.0)(torch.zeros(1, 2), torch.tensor([0]))), 4)  # half of log 2
        0.3466

    Source:
        Lin et al., "Focal loss for dense object detection", ICCV 2017, eq. 5, in its softmax form.
    """

    title = "Focal loss"
    summary = "Cross-entropy in which an image counts less the surer the network already is."
    paper = "Lin et al. 2017"

    weights: Tensor

    def __init__(
        self,
        context: LossContext,
        *,
        gamma: Annotated[float, Field(ge=0, le=10, description="0 is cross-entropy.")] = 2.0,
        class_weights: ClassWeights = False,
    ):
        super().__init__(context)
        self.gamma = gamma
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
        weighted = shares(targets, self.num_classes).to(log_p) * self.weights.to(log_p)
        # 1 - p from below: the power of an exact 0 has no finite gradient for gamma < 1.
        miss = (-torch.expm1(log_p)).clamp_min(torch.finfo(log_p.dtype).eps)
        total = weighted.sum().clamp_min(torch.finfo(log_p.dtype).tiny)
        return -(weighted * miss**self.gamma * log_p).sum() / total
