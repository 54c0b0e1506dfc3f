"""GradientShap: integrated gradients over random baselines and random points on the way."""

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from fer_models.explain.base import AtOnce, Query, Seed, register_explainer
from fer_models.explain.baselines import baseline_picture
from fer_models.explain.gradients.base import GradientExplainer, input_gradient

#: Pictures without information.
_STARTS = ("black", "mean", "blurred")


@register_explainer("gradient_shap")
class GradientShap(GradientExplainer):
    """Mean of gradient times difference, at random points between the baselines (black, mean, blurred) and the picture.

    The points of one baseline lie in equal parts of the way, one in each, which leaves the mean as it is and makes it
    surer. All pictures share the draws, which come from a separate generator (captum's come from the global ones of
    torch and numpy, which threads share).

    Source:
        Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017; Erion et al. 2021.
    """

    title = "GradientShap"
    summary = "Integrated gradients averaged over several baselines; the values sum to the score's gain on average."
    paper = "Lundberg and Lee 2017, A unified approach to interpreting model predictions"
    cost = "one forward and backward pass for every sample, 90 by default"
    batch_size = 64

    def compute(
        self,
        query: Query,
        samples: Annotated[int, Field(ge=1, description="Noisy copies, each with a baseline.")] = 90,
        noise: Annotated[
            float, Field(ge=0, description="Standard deviation on the image, on the network's scale.")
        ] = 0.0,
        seed: Seed = 0,
        rows_at_once: AtOnce = 64,
    ) -> Tensor:
        """``noise`` is the standard deviation of Gaussian noise on the picture, on the network's scale."""
        generator = torch.Generator().manual_seed(seed)
        x, turns = query.batch, torch.arange(samples)
        starts = torch.stack([baseline_picture(x, kind, query.black) for kind in _STARTS])
        shares = _stratified(samples, generator).to(x)[:, None, None, None, None]
        drawn = noise * torch.randn((samples, 1, *x.shape[1:]), generator=generator).to(x)
        total = torch.zeros_like(x)
        for part in turns.split(max(1, rows_at_once // len(x))):
            start = starts[part % len(starts)]  # in turn, so that every baseline counts alike; (r, B, C, H, W)
            way = x[None] + drawn[part] - start
            point = start + shares[part] * way
            total += (input_gradient(query, point.flatten(0, 1)).view_as(point) * way).sum(0)
            done = int(part[-1]) + 1
            query.progress(done / samples, f"{done:,} of {samples:,} samples")
        values = total.sum(1) / samples
        if not noise:
            with torch.no_grad():
                used = torch.stack([query.score(query.model(start)) for start in starts])[turns % len(starts)].mean(0)
                query.claim(values.sum((1, 2)), query.score(query.model(x)) - used)
        return values


def _stratified(samples: int, generator: torch.Generator) -> Tensor:
    """Random places on the way, (samples,): one in each of as many equal parts as a baseline has turns."""
    turns = torch.arange(samples)
    number, kind = turns // len(_STARTS), turns % len(_STARTS)
    parts = (samples - kind + len(_STARTS) - 1) // len(_STARTS)
    return (number + torch.rand(samples, generator=generator)) / parts
