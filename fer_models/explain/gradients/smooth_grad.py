"""SmoothGrad and VarGrad: gradients of the picture under many small noises."""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from fer_models.explain.base import AtOnce, Query, Seed, register_explainer
from fer_models.explain.gradients.base import GradientExplainer, input_gradient


@register_explainer("smooth_grad")
class SmoothGrad(GradientExplainer):
    """Gradients under Gaussian noise: magnitude of their mean, or their variance (VarGrad).

    All pictures get the same noise, drawn from a separate generator: unlike with captum's NoiseTunnel, a picture's map
    depends neither on its neighbours in the batch nor on other threads.

    Source:
        Smilkov et al., "SmoothGrad", 2017 (arXiv 1706.03825); VarGrad: Adebayo et al., "Local explanation methods for
        deep neural networks lack sensitivity to parameter values", 2018.
    """

    title = "SmoothGrad"
    summary = "Averages the gradient over noisy copies of the picture, so that its grain disappears."
    paper = "Smilkov et al. 2017, SmoothGrad"
    cost = "one forward and backward pass for every noisy copy, 25 by default"
    choices: ClassVar = {"statistic": ("Over noisy copies", {"mean": "mean", "variance": "variance (VarGrad)"})}
    signed = False
    batch_size = 64

    def compute(
        self,
        query: Query,
        samples: Annotated[int, Field(ge=2, description="Noisy copies.")] = 25,
        noise: Annotated[float, Field(ge=0, description="Standard deviation, a share of the picture's range.")] = 0.15,
        statistic: Annotated[Literal["mean", "variance"], Field(description="Over the noisy copies.")] = "mean",
        *,
        seed: Seed = 0,
        rows_at_once: AtOnce = 64,
    ) -> Tensor:
        """``noise`` is the standard deviation as a share of the picture's range, ``statistic`` mean or variance."""
        generator = torch.Generator().manual_seed(seed)
        x = query.batch
        scale = noise * (x.amax((1, 2, 3), keepdim=True) - x.amin((1, 2, 3), keepdim=True))
        drawn = torch.randn((samples, *x.shape[1:]), generator=generator).to(x)
        total, squares, done = torch.zeros_like(x), torch.zeros_like(x), 0
        for part in drawn.split(max(1, rows_at_once // len(x))):  # (r, C, H, W)
            noisy = x[None] + scale[None] * part[:, None]  # (r, B, C, H, W)
            gradient = input_gradient(query, noisy.flatten(0, 1)).view_as(noisy)
            total += gradient.sum(0)
            squares += (gradient**2).sum(0)
            done += len(part)
            query.progress(done / samples, f"{done:,} of {samples:,} noisy copies")
        mean = total / samples
        if statistic == "mean":
            return mean.abs().amax(1)
        return (squares / samples - mean**2).clamp_min(0).amax(1)
