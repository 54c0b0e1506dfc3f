"""Average drop: the loss of confidence when only the highlighted pixels are shown."""

import numpy as np
import torch
from torch import Tensor

from fer_models.explain.baselines import baseline_picture
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric


@register_metric("average_drop")
class AverageDrop(Faithfulness):
    """Share of the target's probability that is lost on picture x heatmap, 0 if none is.

    Source:
        Chattopadhay et al., "Grad-CAM++", WACV 2018 (arXiv 1710.11063).
    """

    title = "Average drop"
    summary = "Share of the probability that is lost when only the highlighted places are shown."
    paper = "Chattopadhay et al. 2018, Grad-CAM++"
    direction = "lower"

    def measure(self, trial: Trial, baseline: str | Tensor = "black") -> np.ndarray:
        whole, shown = whole_and_shown(trial, baseline)
        lost = np.maximum(0, whole - shown)
        return np.divide(lost, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def whole_and_shown(trial: Trial, baseline: str | Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Scores (B,) of the pictures, and of the pictures faded into the baseline where the heatmap is low."""
    empty = baseline_picture(trial.batch, baseline, trial.black)
    heatmap = torch.from_numpy(trial.attribution.heatmap())[:, None].to(trial.batch)
    scores = trial.score(torch.cat([trial.batch, heatmap * trial.batch + (1 - heatmap) * empty]))
    return scores[0], scores[1]
