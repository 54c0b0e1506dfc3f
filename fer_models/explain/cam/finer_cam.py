"""Finer-CAM: evidence for a class against similar classes."""

from collections.abc import Callable
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.explain.base import Query, register_explainer
from fer_models.explain.cam.base import CAM, activations_and_gradients


@register_explainer("finer_cam")
class FinerCAM(CAM):
    r"""Grad-CAM of :math:`y_c - \gamma\,\overline{y_s}`, the mean over the ``similar`` other classes of highest score.

    In a contrast, the similar classes are the highest of the remaining ones.

    Source:
        Zhang et al., "Finer-CAM", CVPR 2025; similarity by the scores of the picture itself.
    """

    title = "Finer-CAM"
    summary = (
        "Grad-CAM of what sets a class apart from its most similar rivals, for expressions that share most of a face."
    )
    paper = "Zhang et al. 2025, Finer-CAM"
    cost = "one forward pass and one backward pass down to the layer"

    def layer_map(
        self,
        query: Query,
        gamma: Annotated[float, Field(description="Weight of the similar classes.")] = 0.6,
        similar: Annotated[int, Field(ge=1, description="How many other classes are compared with.")] = 3,
    ) -> Tensor:
        activations, gradients = activations_and_gradients(query, _against_rivals(query, gamma, similar))
        return (gradients.mean((2, 3), keepdim=True) * activations).sum(1)


def _against_rivals(query: Query, gamma: float, similar: int) -> Callable[[Tensor], Tensor]:
    def score(logits: Tensor) -> Tensor:
        values = logits if query.of == "logit" else logits.softmax(1)
        explained = [query.target.index] if query.target.against is None else [query.target.index, query.target.against]
        excluded = nn.functional.one_hot(torch.stack(explained), values.shape[1]).sum(0) > 0
        count = min(similar, values.shape[1] - len(explained))
        rivals = values.detach().masked_fill(excluded, float("-inf")).topk(count, 1).indices
        return query.score(logits) - gamma * values.gather(1, rivals).mean(1) if count else query.score(logits)

    return score
