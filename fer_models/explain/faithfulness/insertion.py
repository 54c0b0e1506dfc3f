"""Insertion: how fast the score rises when the most relevant pixels come."""

import numpy as np
from torch import Tensor

from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric
from fer_models.explain.faithfulness.removal import removal_curve


@register_metric("insertion")
class Insertion(Faithfulness):
    """Area under the target's probability while the most relevant pixels come back into a baseline.

    Source:
        Petsiuk et al., "RISE", BMVC 2018 (arXiv 1806.07421); 20 steps, the blurred picture as baseline.
    """

    title = "Insertion"
    summary = "Area under the probability while the most relevant pixels appear: high if few of them are enough."
    paper = "Petsiuk et al. 2018, RISE"
    direction = "higher"

    def measure(self, trial: Trial, steps: int = 20, baseline: str | Tensor = "blurred", seed: int = 0) -> np.ndarray:
        return removal_curve(trial, steps, baseline, insert=True, seed=seed).area
