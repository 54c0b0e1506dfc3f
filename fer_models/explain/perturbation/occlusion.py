"""Occlusion: the drop of the score when a patch is covered."""

from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.base import AtOnce, Explainer, Query, register_explainer
from fer_models.explain.baselines import BASELINE_CHOICE, baseline_picture
from fer_models.explain.gradients.base import ScoredModel


@register_explainer("occlusion")
class Occlusion(Explainer):
    """Drop of the score under a square patch, at every position, averaged over the patches that cover a pixel.

    Source:
        Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014; captum's implementation.
    """

    title = "Occlusion"
    summary = "Covers the image patch by patch and shows where the score falls; slow, and easy to believe."
    captum = "computes"
    paper = "Zeiler and Fergus 2014, Visualizing and understanding convolutional networks"
    cost = "one forward pass for every position of the patch, 121 at 48 pixels"
    choices: ClassVar = {"baseline": BASELINE_CHOICE}
    family = "perturbation"
    needs_gradients = False
    batch_size = 16

    def compute(
        self,
        query: Query,
        window: Annotated[float, Field(gt=0, le=1, description="Side of the patch, a share of the image's side.")] = 1
        / 6,
        stride: Annotated[float, Field(gt=0, le=1, description="Step of the patch, a share of the image's side.")] = 1
        / 12,
        baseline: str | Tensor = "mean",
        rows_at_once: AtOnce = 64,
    ) -> Tensor:
        """``window`` and ``stride`` are shares of the picture's side."""
        from captum.attr import Occlusion as Captum

        if stride > window:
            raise UserError(f"{self.title}: stride must be at most window, {window:g}, not {stride:g}.")
        count, channels, height, width = query.batch.shape
        patch = [max(1, round(window * side)) for side in (height, width)]
        step = [max(1, round(stride * side)) for side in (height, width)]
        positions = [-(-(side - p) // s) + 1 for side, p, s in zip((height, width), patch, step, strict=True)]
        scored = ScoredModel(query, rows=count * (positions[0] * positions[1] + 1))
        with torch.no_grad():
            drop = Captum(scored.forward).attribute(
                query.batch,
                sliding_window_shapes=(channels, *patch),
                strides=(channels, *step),
                baselines=baseline_picture(query.batch, baseline, query.black),
                perturbations_per_eval=max(1, rows_at_once // count),
            )
        return drop[:, 0]  # the patch covers all channels, so that they hold the same value
