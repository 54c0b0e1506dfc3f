"""GradientShap: integrated gradients over random baselines and random points on the way."""

import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.base import Query, register_explainer
from fer_models.explain.baselines import BASELINES, baseline_picture
from fer_models.explain.gradients.base import GradientExplainer, input_gradient


@register_explainer("gradient_shap")
class GradientShap(GradientExplainer):
    """Mean of gradient times difference, at random points between the baselines (black, mean, blurred) and the picture.

    All pictures share the draws, which come from a generator of their own (captum's come from the global ones of torch
    and numpy, which threads share).

    Source:
        Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017; Erion et al. 2021.
    """

    title = "GradientShap"
    summary = "Integrated gradients averaged over several empty pictures, so that no single baseline decides."
    paper = "Lundberg and Lee 2017, A unified approach to interpreting model predictions"
    cost = "one forward and backward pass for every sample, 30 by default"
    batch_size = 64

    def compute(self, query: Query, samples: int = 30, noise: float = 0.0, seed: int = 0) -> Tensor:
        """``noise`` is the standard deviation of Gaussian noise on the picture, on the network's scale."""
        if samples < 1 or noise < 0:
            raise UserError(f"GradientShap needs 1 sample or more and a noise of at least 0, not {samples}, {noise}.")
        generator = torch.Generator().manual_seed(seed)
        starts = [baseline_picture(query.batch, kind, query.black) for kind in BASELINES]
        total = torch.zeros_like(query.batch)
        for i in range(samples):
            start = starts[i % len(starts)]  # in turn, so that every baseline counts alike
            share = torch.rand((), generator=generator).item()
            picture = query.batch
            if noise:
                picture = picture + noise * torch.randn(picture.shape[1:], generator=generator).to(picture)
            total += input_gradient(query, start + share * (picture - start)) * (picture - start)
            query.progress((i + 1) / samples)
        return total.sum(1) / samples
