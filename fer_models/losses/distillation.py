"""Distillation: the student learns from the labels and from a frozen teacher's softened answer."""

from typing import Annotated

import torch.nn.functional as F
from torch import Tensor

from fer_models.errors import UserError
from fer_models.losses.base import LOSSES, ClassWeights, FERLoss, LabelSmoothing, LossContext, at_least_float32
from fer_models.losses.cross_entropy import CrossEntropy
from fer_models.settings import about, ours


@LOSSES.register("distillation")
class Distillation(FERLoss):
    r"""Distillation: :math:`(1 - \alpha)\,CE + \alpha\,T^2\,KL(\mathrm{softmax}(t/T)\,\|\,\mathrm{softmax}(s/T))`.

    Args:
        alpha: share of the teacher in [0, 1].
        temperature: T.
        label_smoothing, class_weights: of the cross-entropy.

    Shape:
        - As :class:`FERLoss`; ``teacher_logits`` is needed and gets no gradient. embedding is not used.

    Raises:
        UserError: If an option is out of range; :meth:`forward` without teacher logits.

    Example:
        >>> logits, teacher = torch.zeros(1, 2), torch.zeros(1, 2)
        >>> loss = Distillation(LossContext(2), alpha=0.5)(logits, torch.tensor([0]), teacher_logits=teacher)
        >>> round(float(loss), 4)  # half of log 2: the student agrees with the teacher
        0.3466

    Source:
        Hinton et al. 2015. Jayaraman and Mahendran 2025, algorithm 3, name the loss only; shares and temperature are
        our choice.
    """

    title = "Distillation"
    summary = "Half cross-entropy, half the distance to a teacher's softened probabilities."
    paper = "Hinton et al. 2015; Jayaraman and Mahendran 2025, algorithm 3"
    needs_teacher = True

    def __init__(
        self,
        context: LossContext,
        *,
        alpha: Annotated[
            float, about("Share of the teacher.", ours("algorithm 3 names the loss only"), ge=0, le=1)
        ] = 0.5,
        temperature: Annotated[
            float,
            about(
                "Divides the logits of both before the softmax.",
                ours("algorithm 3 names the loss only"),
                ge=0.1,
                le=100,
            ),
        ] = 4.0,
        label_smoothing: LabelSmoothing = 0.0,
        class_weights: ClassWeights = False,
    ):
        super().__init__(context)
        self.alpha = alpha
        self.temperature = temperature
        self.cross_entropy = CrossEntropy(context, label_smoothing=label_smoothing, class_weights=class_weights)

    def forward(
        self, logits: Tensor, targets: Tensor, embedding: Tensor | None = None, teacher_logits: Tensor | None = None
    ) -> Tensor:
        if teacher_logits is None:
            raise UserError("Distillation needs a teacher: choose a trained checkpoint with the same classes.")
        student = F.log_softmax(at_least_float32(logits) / self.temperature, 1)
        teacher = F.log_softmax(teacher_logits.detach().to(student) / self.temperature, 1)
        divergence = F.kl_div(student, teacher, reduction="batchmean", log_target=True)
        labels = self.cross_entropy(logits, targets)
        return (1 - self.alpha) * labels + self.alpha * self.temperature**2 * divergence
