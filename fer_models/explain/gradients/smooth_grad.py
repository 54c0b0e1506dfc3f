"""SmoothGrad and VarGrad: gradients of the picture under many small noises."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from fer_models.explain.base import AtOnce, Query, Seed, register_explainer
from fer_models.explain.gradients.base import GradientExplainer, input_gradient

#: Agreement with as many other copies at which there are enough.
ENOUGH = 0.9


@register_explainer("smooth_grad")
class SmoothGrad(GradientExplainer):
    """Gradients under Gaussian noise: magnitude of their mean, or their variance (VarGrad).

    From 25 copies the map of as many other copies is another one (correlation 0.3 to 0.75 on the shipped networks). So
    the maps of both halves are compared, and pictures whose map would agree with that of as many other copies by less
    than 0.9 get twice the copies, up to ``most_samples``; the agreement reached is noted beside the map.

    All pictures get the same noise, drawn from a separate generator: unlike with captum's NoiseTunnel, a picture's map
    depends neither on its neighbours in the batch nor on other threads.

    Source:
        Smilkov et al., "SmoothGrad", 2017 (arXiv 1706.03825); VarGrad: Adebayo et al., "Local explanation methods for
        deep neural networks lack sensitivity to parameter values", 2018; Spearman and Brown, 1910, for the agreement.
    """

    title = "SmoothGrad"
    summary = "Averages the gradient over noisy copies of the image until other copies would give the same map."
    captum = "checks"
    paper = "Smilkov et al. 2017, SmoothGrad"
    cost = "one forward and backward pass for every noisy copy, 25 to 400"
    choices: ClassVar = {"statistic": ("Over noisy copies", {"mean": "mean", "variance": "variance (VarGrad)"})}
    rough: ClassVar = {"most_samples": 25}
    signed = False
    batch_size = 64

    def compute(
        self,
        query: Query,
        samples: Annotated[int, Field(ge=2, description="Noisy copies.")] = 25,
        most_samples: Annotated[int, Field(ge=2, description="Limit where as many other copies differ.")] = 400,
        noise: Annotated[float, Field(ge=0, description="Standard deviation, a share of the image's range.")] = 0.15,
        statistic: Annotated[Literal["mean", "variance"], Field(description="Over the noisy copies.")] = "mean",
        *,
        seed: Seed = 0,
        rows_at_once: AtOnce = 64,
    ) -> Tensor:
        """``noise`` is the standard deviation as a share of the picture's range, ``statistic`` mean or variance."""
        generator = torch.Generator().manual_seed(seed)
        x, count = query.batch, samples
        halves = [_Sums(x), _Sums(x)]  # of copies in turn, to compare
        agreement, rows = torch.ones(len(x), dtype=x.dtype, device=x.device), torch.arange(len(x), device=x.device)
        while len(rows):
            drawn = torch.randn((count, *x.shape[1:]), generator=generator).to(x)
            part = query.part(rows)
            for turn, half in enumerate(halves):
                half.add(rows, *_gradients(part, noise, drawn[turn::2], rows_at_once))
                query.progress(min(1.0, (samples + turn) / most_samples), f"{samples:,} noisy copies")
            agreement[rows] = _agreement(*(half.map(statistic)[rows] for half in halves))
            rows, count, samples = rows[agreement[rows] < ENOUGH], samples, 2 * samples
            if samples > most_samples:
                break
        query.found["agreement"] = agreement
        return (halves[0] + halves[1]).map(statistic)


class _Sums:
    """Sums of gradients and of their squares for each picture, and how many they are."""

    def __init__(self, x: Tensor):
        self.total, self.squares = torch.zeros_like(x), torch.zeros_like(x)
        self.count = torch.zeros((len(x), 1, 1, 1), dtype=x.dtype, device=x.device)

    def add(self, rows: Tensor, total: Tensor, squares: Tensor, count: int) -> None:
        """Add the sums over ``count`` copies of the pictures ``rows``."""
        self.total[rows] += total
        self.squares[rows] += squares
        self.count[rows] += count

    def __add__(self, other: _Sums) -> _Sums:
        both = _Sums(self.total)
        every = torch.arange(len(self.total), device=self.total.device)
        for one in (self, other):
            both.add(every, one.total, one.squares, 0)
        both.count = self.count + other.count
        return both

    def map(self, statistic: str) -> Tensor:
        """(B, H, W), magnitude of the mean or variance."""
        mean = self.total / self.count.clamp_min(1)
        if statistic == "mean":
            return mean.abs().amax(1)
        return (self.squares / self.count.clamp_min(1) - mean**2).clamp_min(0).amax(1)


def _gradients(query: Query, noise: float, drawn: Tensor, rows_at_once: int) -> tuple[Tensor, Tensor, int]:
    """Sums of gradients and of their squares over noisy copies, and their number."""
    x = query.batch
    scale = noise * (x.amax((1, 2, 3), keepdim=True) - x.amin((1, 2, 3), keepdim=True))
    total, squares = torch.zeros_like(x), torch.zeros_like(x)
    for part in drawn.split(max(1, rows_at_once // len(x))):  # (r, C, H, W)
        noisy = x[None] + scale[None] * part[:, None]  # (r, B, C, H, W)
        gradient = input_gradient(query, noisy.flatten(0, 1)).view_as(noisy)
        total += gradient.sum(0)
        squares += (gradient**2).sum(0)
    return total, squares, len(drawn)


def _agreement(a: Tensor, b: Tensor) -> Tensor:
    """Correlation (n,) to expect of the mean of both maps (n, H, W) with that of as many other copies."""
    a, b = (part.flatten(1) - part.flatten(1).mean(1, keepdim=True) for part in (a, b))
    size = (a.square().sum(1) * b.square().sum(1)).sqrt()
    half = torch.where(size > 0, (a * b).sum(1) / size.clamp_min(torch.finfo(size.dtype).tiny), 1.0).clamp_min(0)
    return 2 * half / (1 + half)  # Spearman and Brown
