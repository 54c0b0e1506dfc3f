"""Infidelity: does the map predict what covering a square does to the score?"""

import numpy as np
import torch
from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.baselines import baseline_picture
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric

_LEAST_SIDE, _MOST_SIDE = 1 / 12, 1 / 3


@register_metric("infidelity")
class Infidelity(Faithfulness):
    r""":math:`E[(\beta\,p \cdot \phi - (f(x) - f(x - p)))^2]` when a random square of the picture is covered.

    :math:`p` is the picture minus its baseline inside a square of 1/12 to 1/3 of the side. A map states the part of
    each pixel in the score, so that its forecast :math:`p \cdot \phi` is the sum of its values in the square (Yeh's
    global attributions, which are divided by :math:`p`). Maps have different units, so a scale :math:`\beta \ge 0` is
    fitted, but on other squares than those that measure: fitted on the same ones, a map of noise or the map's own
    negative would do better than no map. The result is divided by the mean square of the score's change: 0 is a perfect
    forecast, 1 that of an empty map, and a misleading map gets more.

    Source:
        Yeh et al., "On the (in)fidelity and sensitivity of explanations", NeurIPS 2019 (arXiv 1901.09392), definition
        2.1 with square removal (section 2.3).
    """

    title = "Infidelity"
    summary = "Error of the map as a forecast of what covering squares of the image does to the score."
    paper = "Yeh et al. 2019, On the (in)fidelity and sensitivity of explanations"
    direction = "lower"

    def measure(
        self, trial: Trial, samples: int = 200, baseline: str | Tensor = "blurred", seed: int = 0
    ) -> np.ndarray:
        """``samples`` squares, half of which fit the scale."""
        if samples < 4:
            raise UserError(f"Infidelity needs 4 samples or more, not {samples}.")
        x, of = trial.batch, trial.attribution.of
        squares = _squares(samples, (x.shape[2], x.shape[3]), seed).to(x.device)  # the same for every picture
        # One picture under several maps is stored once; so it is read once.
        repeated = x.stride(0) == 0 or len(x) == 1
        unique = Trial(trial.classifier, x[:1], trial.attribution.one(0)) if repeated else trial
        empty = baseline_picture(unique.batch, baseline, trial.black)
        changed = torch.where(squares[:, None, None], empty[None], unique.batch[None]).flatten(0, 1)
        gain = unique.score(unique.batch, of) - unique.score(changed, of)  # (samples, B or 1)
        values = trial.attribution.values.astype(np.float64)
        forecast = np.einsum("shw,bhw->sb", squares.double().cpu().numpy(), values)
        fit, test = slice(0, samples // 2), slice(samples // 2, samples)
        square = (forecast[fit] ** 2).mean(0)
        product = (forecast[fit] * gain[fit]).mean(0)
        scale = np.maximum(0, np.divide(product, square, out=np.zeros_like(square), where=square > 0))
        error = ((scale * forecast[test] - gain[test]) ** 2).mean(0)
        size = np.broadcast_to((gain[test] ** 2).mean(0), error.shape)
        return np.divide(error, size, out=np.full_like(error, np.nan), where=size > 0)


def _squares(count: int, size: tuple[int, int], seed: int) -> Tensor:
    """bool (count, H, W), random squares that lie inside the picture."""
    draw = np.random.default_rng(seed)
    masks = np.zeros((count, *size), bool)
    for mask in masks:
        side = int(draw.integers(max(1, round(_LEAST_SIDE * min(size))), round(_MOST_SIDE * min(size)) + 1))
        top, left = (int(draw.integers(0, length - side + 1)) for length in size)
        mask[top : top + side, left : left + side] = True
    return torch.from_numpy(masks)
