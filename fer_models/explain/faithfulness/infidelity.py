"""Infidelity: does the map predict what a small change does to the score?"""

import numpy as np
import torch

from fer_models.errors import UserError
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric


@register_metric("infidelity")
class Infidelity(Faithfulness):
    r""":math:`E[(\beta\,p \cdot \phi - (f(x) - f(x - p)))^2]` under Gaussian :math:`p`.

    :math:`\beta` is the scale that fits best: it makes maps of different units comparable (class activation maps are
    not in units of score per pixel). The result is divided by the mean square of the score's change, so an empty map
    gets 1.

    Source:
        Yeh et al., "On the (in)fidelity and sensitivity of explanations", NeurIPS 2019 (arXiv 1901.09392).
    """

    title = "Infidelity"
    summary = "Error of the map as a forecast of what small changes of the picture do to the score."
    paper = "Yeh et al. 2019, On the (in)fidelity and sensitivity of explanations"
    direction = "lower"

    def measure(self, trial: Trial, samples: int = 20, noise: float = 0.1, seed: int = 0) -> np.ndarray:
        """``noise`` is the standard deviation on the network's scale."""
        if samples < 2 or noise <= 0:
            raise UserError(f"Infidelity needs 2 samples or more and a positive noise, not {samples} and {noise}.")
        x, generator = trial.batch, torch.Generator().manual_seed(seed)
        steps = noise * torch.randn((samples, *x.shape[1:]), generator=generator).to(x)  # the same for every picture
        of = trial.attribution.of
        changed = trial.score((x[None] - steps[:, None]).flatten(0, 1), of)
        gain = trial.score(x, of) - changed  # (samples, B)
        forecast = np.einsum("schw,bhw->sb", steps.double().cpu().numpy(), trial.attribution.values.astype(np.float64))
        square = (forecast**2).mean(0)
        scale = np.divide((forecast * gain).mean(0), square, out=np.zeros_like(square), where=square > 0)
        error = ((scale * forecast - gain) ** 2).mean(0)
        return np.divide(error, (gain**2).mean(0), out=np.full_like(error, np.nan), where=(gain != 0).any(0))
