"""Cross-entropy with a penalty on the distance between an embedding and its class's centre."""

from typing import Annotated, Literal

import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.losses.base import LOSSES, ClassWeights, FERLoss, LabelSmoothing, LossContext, at_least_float32, shares
from fer_models.losses.cross_entropy import CrossEntropy
from fer_models.settings import about, in_paper, ours


@LOSSES.register("intra_class_distance")
class IntraClassDistance(FERLoss):
    r"""Cross-entropy and :math:`\lambda` times the mean intra-class distance penalty.

    :math:`PE_i = \frac12 \max(\|f_i - z_c\|^2 - d_c^2, 0)` with the class's centre :math:`z_c` and half the distance to
    the nearest other centre, :math:`d_c = \frac12 \min_{c' \ne c} \|z_c - z_{c'}\|`. Centres and distances are
    constants for the gradient, which is :math:`f_i - z_c` outside of d and 0 inside.

    Args:
        weight: :math:`\lambda`.
        penalty_side: ``"outside"`` as the formulas; ``"inside"`` as two paragraphs of the text: an embedding
            closer than d is drawn to the centre and one farther away is left alone,
            :math:`\frac12 \min(\|f_i - z_c\|^2, d_c^2)`.
        centres: ``"ema"``, running means that start from the first batch that holds the class and are updated
            before the penalty while training; or ``"batch"``, the means of the batch.
        momentum: share of the old centre in an update.
        label_smoothing, class_weights: of the cross-entropy.

    Shape:
        - As :class:`FERLoss`; ``embedding`` is needed. Class shares weigh an embedding's part in each class.
        - :meth:`penalty`: :math:`(B,)`. Buffers: centres :math:`(K, D)`, seen :math:`(K,)`.

    Raises:
        UserError: If an option is unknown or out of range; :meth:`forward` without embedding.

    Example:
        >>> loss = IntraClassDistance(LossContext(2, 3), weight=0.1)
        >>> loss(torch.zeros(4, 2), torch.tensor([0, 0, 1, 1]), embedding=torch.eye(4, 3)).shape
        torch.Size([])

    Source:
        Li et al. 2025, eq. 25-29. Centres kept over batches, the means over the batch and :math:`\lambda = 0.01` are
        our choice. A class has no d until a second class was seen, and no penalty.
    """

    title = "Intra-class distance"
    summary = "Cross-entropy that also draws embeddings to their class's centre."
    paper = "Li et al. 2025, eq. 25-29"
    needs_embedding = True

    centre: Tensor
    seen: Tensor

    def __init__(
        self,
        context: LossContext,
        *,
        weight: Annotated[
            float, about("Of the penalty beside the cross-entropy.", ours("lambda is not given"), ge=0, le=100)
        ] = 0.01,
        penalty_side: Annotated[
            Literal["outside", "inside"],
            about(
                "Whether embeddings farther from their centre than d count, or closer ones.",
                in_paper("formulas 27 and 29; the text after them says the opposite"),
            ),
        ] = "outside",
        centres: Annotated[
            Literal["ema", "batch"],
            about("Running means, or the means of the batch.", in_paper("section 4.3: the running mean of the batch")),
        ] = "ema",
        momentum: Annotated[float, about("Share of the old centre in an update.", ours("not given"), ge=0, le=1)] = 0.9,
        label_smoothing: LabelSmoothing = 0.0,
        class_weights: ClassWeights = False,
    ):
        super().__init__(context)
        self.weight = weight
        self.momentum = momentum
        self.penalty_side, self.centres = penalty_side, centres
        self.cross_entropy = CrossEntropy(context, label_smoothing=label_smoothing, class_weights=class_weights)
        self.register_buffer("centre", torch.zeros(context.num_classes, context.num_features))
        self.register_buffer("seen", torch.zeros(context.num_classes, dtype=torch.bool))

    @torch.no_grad()
    def _centres(self, embedding: Tensor, member: Tensor) -> tuple[Tensor, Tensor]:
        """Centres (K, D) and which classes have one (K,), after this batch (B, D) with class shares (B, K)."""
        mass = member.sum(0)  # (K,)
        present = mass > 0
        means = member.T @ embedding / mass.clamp_min(torch.finfo(mass.dtype).tiny)[:, None]
        if self.centres == "batch":
            return means, present
        if self.training:
            means = means.to(self.centre)
            moved = torch.where(self.seen[:, None], self.momentum * self.centre + (1 - self.momentum) * means, means)
            self.centre.copy_(torch.where(present[:, None], moved, self.centre))
            self.seen |= present
        return self.centre.to(embedding), self.seen

    def penalty(self, embedding: Tensor, targets: Tensor) -> Tensor:
        """The penalty of each embedding (B,), not yet weighted; while training this updates running centres."""
        embedding = at_least_float32(embedding)
        member = shares(targets, self.num_classes).to(embedding)
        centres, has_centre = self._centres(embedding.detach(), member)
        gaps = (centres[:, None] - centres[None]).square().sum(-1)  # (K, K), squared
        other = (
            has_centre[:, None]
            & has_centre[None]
            & ~torch.eye(len(has_centre), dtype=torch.bool, device=has_centre.device)
        )
        # d squared is a quarter of the squared distance; the only class so far has none.
        limit = torch.where(other, gaps, torch.inf).amin(1) / 4
        usable = other.any(1)
        distance = (embedding[:, None] - centres[None]).square().sum(-1)  # (B, K), squared
        limit = torch.where(usable, limit, 0.0)
        outside = self.penalty_side == "outside"
        value = (distance - limit).clamp_min(0) if outside else torch.minimum(distance, limit)
        return 0.5 * (torch.where(usable, value, 0.0) * member).sum(1)

    def forward(
        self, logits: Tensor, targets: Tensor, embedding: Tensor | None = None, teacher_logits: Tensor | None = None
    ) -> Tensor:
        if embedding is None:
            raise UserError(f"{self.title} needs the network's embedding beside its logits.")
        return self.cross_entropy(logits, targets) + self.weight * self.penalty(embedding, targets).mean()
