"""Max-sensitivity: how much the map changes under a tiny change of the picture."""

import numpy as np
import torch

from fer_models.errors import UserError
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric


@register_metric("max_sensitivity")
class MaxSensitivity(Faithfulness):
    """Largest relative change of the map under uniform noise within ``radius`` on the network's scale.

    Source:
        Yeh et al., "On the (in)fidelity and sensitivity of explanations", NeurIPS 2019; radius 0.02, 10 samples.
    """

    title = "Max-sensitivity"
    summary = "Largest change of the map under noise that nobody can see."
    paper = "Yeh et al. 2019, On the (in)fidelity and sensitivity of explanations"
    direction = "lower"
    needs_method = True

    def measure(self, trial: Trial, samples: int = 10, radius: float = 0.02, seed: int = 0) -> np.ndarray:
        if samples < 1 or radius <= 0:
            raise UserError(f"Max-sensitivity needs a sample and a positive radius, not {samples} and {radius}.")
        x, generator = trial.batch, torch.Generator().manual_seed(seed)
        values = trial.attribution.values.astype(np.float64)
        size, largest = np.sqrt((values**2).sum((1, 2))), np.zeros(len(x))
        for _ in range(samples):
            step = radius * (2 * torch.rand(x.shape[1:], generator=generator) - 1).to(x)
            change = trial.again(batch=x + step) - values
            largest = np.maximum(largest, np.sqrt((change**2).sum((1, 2))))
        return np.divide(largest, size, out=np.full(len(x), np.nan), where=size > 0)
