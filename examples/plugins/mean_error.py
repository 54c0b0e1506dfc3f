"""Mean error: a training loss that pushes the probability of the true class to one, an example."""

from typing import Annotated

from pydantic import Field
from torch import Tensor

from fer_models.losses.base import LOSSES, FERLoss, LossContext, at_least_float32, shares


@LOSSES.register("mean_error")
class MeanError(FERLoss):
    """Mean of (1 - probability of the true class) to a power.

    Args:
        power: 1 is the mean absolute error.
    """

    title = "Mean error"
    summary = "How much probability the true class lacks, on average; robust to wrong labels."
    paper = "Ghosh, Kumar and Sastry 2017"

    def __init__(self, context: LossContext, *, power: Annotated[float, Field(ge=0.1, le=5)] = 1.0):
        super().__init__(context)
        self.power = power

    def forward(
        self, logits: Tensor, targets: Tensor, embedding: Tensor | None = None, teacher_logits: Tensor | None = None
    ) -> Tensor:
        wanted = shares(targets, self.num_classes).to(logits.device)
        right = (at_least_float32(logits).softmax(1) * wanted).sum(1)
        return (1 - right).clamp_min(1e-6).pow(self.power).mean()
