"""Deletion: how fast the score falls while the most relevant pixels are removed."""

import numpy as np
from torch import Tensor

from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric
from fer_models.explain.faithfulness.removal import removal_curve


@register_metric("deletion")
class Deletion(Faithfulness):
    """Area under the target's probability while the most relevant pixels are replaced by a baseline.

    Source:
        Petsiuk et al., "RISE", BMVC 2018 (arXiv 1806.07421); 20 steps, the picture's mean value as baseline.
    """

    title = "Deletion"
    summary = "Area under the probability while the most relevant pixels disappear: low if they were what counted."
    paper = "Petsiuk et al. 2018, RISE"
    direction = "lower"

    def measure(self, trial: Trial, steps: int = 20, baseline: str | Tensor = "mean", seed: int = 0) -> np.ndarray:
        return removal_curve(trial, steps, baseline, seed=seed).area
