"""Average increase: how often the map's place alone is more convincing than the picture."""

import numpy as np
from torch import Tensor

from fer_models.explain.faithfulness.average_drop import whole_and_shown
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric


@register_metric("average_increase")
class AverageIncrease(Faithfulness):
    """1 if picture x heatmap has a higher probability of the target than the picture, else 0.

    Source:
        Chattopadhay et al., "Grad-CAM++", WACV 2018 (arXiv 1710.11063).
    """

    title = "Average increase"
    summary = "How often the probability rises when only the highlighted places are shown."
    paper = "Chattopadhay et al. 2018, Grad-CAM++"
    direction = "higher"

    def measure(self, trial: Trial, baseline: str | Tensor = "black") -> np.ndarray:
        whole, shown = whole_and_shown(trial, baseline)
        return (shown > whole).astype(np.float64)
