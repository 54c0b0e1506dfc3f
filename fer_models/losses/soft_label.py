"""Cross-entropy against the votes of several annotators."""

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fer_models.errors import UserError
from fer_models.losses.base import LOSSES, FERLoss, LossContext, at_least_float32, shares


@LOSSES.register("soft_label")
class SoftLabel(FERLoss):
    r"""Soft-label cross-entropy: the target is the distribution of the annotators' votes.

    Args:
        min_share: classes with a smaller share of a picture's votes are left out as slips, and the rest is scaled up;
            the largest share always stays.

    Shape:
        - As :class:`FERLoss`; targets of shape :math:`(B, K)` may be vote counts, a row is divided by its sum. Rows
          without votes do not count. embedding and teacher_logits are not used.

    Raises:
        UserError: If ``min_share`` is out of range or a vote is negative.

    Example:
        >>> votes = torch.tensor([[8.0, 2.0]])  # ten annotators
        >>> SoftLabel(LossContext(2), min_share=0.3).distribution(votes).tolist()
        [[1.0, 0.0]]

    Source:
        Barsoum et al., "Training deep networks for facial expression recognition with crowd-sourced label
        distribution", ICMI 2016 (FERPlus), section 4, the cross-entropy scheme.
    """

    title = "Soft-label cross-entropy"
    summary = "Learns the whole distribution of the annotators' votes instead of its most frequent class."
    paper = "Barsoum et al. 2016 (FERPlus)"

    def __init__(
        self,
        context: LossContext,
        *,
        min_share: Annotated[
            float, Field(ge=0, le=1, description="Classes with a smaller share of an image's votes are left out.")
        ] = 0.0,
    ):
        super().__init__(context)
        self.min_share = min_share

    def distribution(self, targets: Tensor) -> Tensor:
        """Class numbers (B,), votes or shares (B, K) as shares (B, K); a row without votes stays zero.

        Raises:
            UserError: If a vote is negative; on a GPU this is not checked, as the check would wait for the device.
        """
        votes = shares(targets, self.num_classes)
        votes = votes if votes.is_floating_point() else votes.to(torch.get_default_dtype())
        tiny = torch.finfo(votes.dtype).tiny
        if votes.device.type == "cpu" and bool((votes < 0).any()):
            raise UserError("Votes cannot be negative.")
        part = votes / votes.sum(1, keepdim=True).clamp_min(tiny)
        frequent = torch.where((part >= self.min_share) | (part == part.amax(1, keepdim=True)), part, 0.0)
        return frequent / frequent.sum(1, keepdim=True).clamp_min(tiny)

    def forward(
        self, logits: Tensor, targets: Tensor, embedding: Tensor | None = None, teacher_logits: Tensor | None = None
    ) -> Tensor:
        log_p = F.log_softmax(at_least_float32(logits), 1)
        target = self.distribution(targets).to(log_p)
        return -(target * log_p).sum() / target.sum().clamp_min(torch.finfo(log_p.dtype).tiny)
