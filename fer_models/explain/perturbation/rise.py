"""RISE: the mean of random masks, weighted by the score of the picture seen through them."""

from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fer_models.explain.base import AtOnce, Explainer, Query, Seed, register_explainer
from fer_models.explain.baselines import BASELINE_CHOICE, baseline_picture
from fer_models.layout import channels_last


@register_explainer("rise")
class RISE(Explainer):
    r""":math:`\frac{1}{N p (1 - p)} \sum_i (f(x \odot M_i) - \bar f)(M_i - p)`, over random smooth masks :math:`M_i`.

    A mask is a grid of cells that show the picture with probability :math:`p`, enlarged and shifted at random. The map
    is the covariance of score and mask over :math:`p (1 - p)`. The paper's weighted mean of the masks differs from it
    by a constant and by the noise of the mean mask, which falls away here; its values are never negative.

    Source:
        Petsiuk et al., "RISE", BMVC 2018 (arXiv 1806.07421), eq. 6; hidden pixels become the baseline, not zero.
    """

    title = "RISE"
    summary = "Shows the network the image through random masks and keeps what the high scores have in common."
    paper = "Petsiuk et al. 2018, RISE: randomized input sampling for explanation of black-box models"
    cost = "one forward pass for every mask, 400 by default"
    choices: ClassVar = {"baseline": BASELINE_CHOICE}
    family = "perturbation"
    needs_gradients = False
    batch_size = 1

    def compute(
        self,
        query: Query,
        *,
        masks: Annotated[int, Field(ge=10, le=20_000, description="Random masks.")] = 400,
        cells: Annotated[int, Field(ge=2, le=32, description="Cells of a mask a side.")] = 6,
        shown: Annotated[float, Field(gt=0, lt=1, description="Part of the cells that show the image.")] = 0.5,
        baseline: str | Tensor = "mean",
        seed: Seed = 0,
        masks_at_once: AtOnce = 64,
    ) -> Tensor:
        """One picture at a time: the masks are the same for every picture."""
        empty = baseline_picture(query.batch, baseline, query.black)
        generator = torch.Generator().manual_seed(seed)
        drawn, scores, done = [], [], 0
        with torch.no_grad():
            while done < masks:
                count = min(masks_at_once, masks - done)
                part = _masks(count, cells, shown, (query.batch.shape[2], query.batch.shape[3]), generator)
                part = part.to(query.batch)
                seen = channels_last(part * query.batch + (1 - part) * empty)
                scores.append(query.score(query.model(seen)))
                drawn.append(part[:, 0])
                done += count
                query.progress(done / masks, f"{done:,} of {masks:,} masks")
        weights, seen_through = torch.cat(scores), torch.cat(drawn)
        centred = (weights - weights.mean())[:, None, None] * (seen_through - shown)
        return centred.mean(0, keepdim=True) / (shown * (1 - shown))


def _masks(count: int, cells: int, shown: float, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Masks (count, 1, H, W) in [0, 1]: a grid enlarged by a cell more than the picture, and cut at a random place."""
    step = [-(-side // cells) for side in size]
    grid = (torch.rand(count, 1, cells + 1, cells + 1, generator=generator) < shown).float()
    large = F.interpolate(
        grid, size=((cells + 1) * step[0], (cells + 1) * step[1]), mode="bilinear", align_corners=False
    )
    shifts = torch.stack([torch.randint(side, (count,), generator=generator) for side in step], 1).tolist()
    cut = [
        mask[:, down : down + size[0], right : right + size[1]]
        for mask, (down, right) in zip(large, shifts, strict=True)
    ]
    return torch.stack(cut)
