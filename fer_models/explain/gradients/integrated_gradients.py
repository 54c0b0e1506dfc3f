"""Integrated gradients: gradients summed along the path from a baseline to the picture."""

from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from fer_models.explain.base import AtOnce, Query, register_explainer
from fer_models.explain.baselines import BASELINE_CHOICE, baseline_picture
from fer_models.explain.gradients.base import GradientExplainer, input_gradient
from fer_models.progress import silent, within

#: Completeness error below which the steps suffice.
ENOUGH = 0.01


@register_explainer("integrated_gradients")
class IntegratedGradients(GradientExplainer):
    """Path integral of the gradient from a baseline to the picture; sums to the difference of both scores.

    Gauss-Legendre quadrature. Pictures whose values miss the difference by more than 1 % are computed again with more
    steps, up to ``most_steps``. The baseline is the blurred picture: from a black one, most of the path lies
    outside what the network was trained on, and the maps carry less of the probability than random ones.

    Source:
        Sundararajan et al., "Axiomatic attribution for deep networks", ICML 2017 (arXiv 1703.01365); baselines:
        Sturmfels et al., "Visualizing the impact of feature attribution baselines", Distill 2020.
    """

    title = "Integrated gradients"
    summary = "Adds up gradients from a baseline to this image; the values sum to what the score gained on the way."
    captum = "checks"
    paper = "Sundararajan et al. 2017, Axiomatic attribution for deep networks"
    cost = "one forward and backward pass for every step, 32 to 256"
    choices: ClassVar = {"baseline": BASELINE_CHOICE}
    rough: ClassVar = {"most_steps": 32}
    batch_size = 16

    def compute(
        self,
        query: Query,
        steps: Annotated[int, Field(ge=1, description="Images on the way from the baseline.")] = 32,
        most_steps: Annotated[int, Field(ge=1, description="Limit where the values do not sum up yet.")] = 256,
        baseline: str | Tensor = "blurred",
        rows_at_once: AtOnce = 64,
    ) -> Tensor:
        start = baseline_picture(query.batch, baseline, query.black)
        with torch.no_grad():
            gain = query.score(query.model(query.batch)) - query.score(query.model(start))
        values, open_steps = torch.zeros_like(query.batch[:, 0]), torch.full_like(gain, steps)
        first = within(query.progress, 0.0, 0.3)
        while (open_steps > 0).any():
            # All pictures of the first round together, then those that need the same number of steps.
            now = int(open_steps[open_steps > 0].min())
            rows = (open_steps == now).nonzero()[:, 0]
            part = replace(query.part(rows), progress=first if now == steps else silent)
            values[rows] = _integral(part, start[rows], now, rows_at_once).to(values)
            error = (values[rows].sum((1, 2)) - gain[rows]).abs() / gain[rows].abs().clamp_min(1e-12)
            open_steps[rows] = _next_steps(error, now, most_steps).to(open_steps)
            query.progress(0.3 + 0.7 * min(1.0, now / most_steps), f"{now:,} steps")
        query.claim(values.sum((1, 2)), gain)
        return values


def _next_steps(error: Tensor, steps: int, most: int) -> Tensor:
    """Steps of the next round, (n,): the error of a piecewise linear network falls as they grow; 0 where it is done."""
    factor = 2 ** torch.log2((error / ENOUGH).clamp(1.01, 2**16)).ceil()
    return torch.where((error <= ENOUGH) | (steps >= most), 0, (factor * steps).clamp(max=most))


def _integral(query: Query, start: Tensor, steps: int, rows_at_once: int) -> Tensor:
    """(B, H, W), Gauss-Legendre quadrature of gradient times way."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    places = torch.from_numpy((nodes + 1) / 2).to(start)[:, None, None, None, None]
    shares = torch.from_numpy(weights / 2).to(start)[:, None, None, None, None]
    way, total, done = query.batch - start, torch.zeros_like(start), 0
    at_once = max(1, rows_at_once // len(start))
    for place, weight in zip(places.split(at_once), shares.split(at_once), strict=True):
        points = start + place * way  # (r, B, C, H, W)
        total += (weight * input_gradient(query, points.flatten(0, 1)).view_as(points)).sum(0)
        done += len(place)
        query.progress(done / steps, f"{done:,} of {steps:,} steps")
    return (total * way).sum(1)
