"""Pointing game: whether the strongest pixel is inside the mask."""

import numpy as np

from fer_models.explain.faithfulness.base import Faithfulness, Trial, masks_of, register_metric


@register_metric("pointing_game")
class PointingGame(Faithfulness):
    """1 if the most relevant pixel lies in the mask, else 0, also where nothing is positive; ties are drawn.

    Source:
        Zhang et al., "Top-down neural attention by excitation backprop", IJCV 2018.
    """

    title = "Pointing game"
    summary = "Whether the most relevant pixel lies in the right place."
    paper = "Zhang et al. 2018, Top-down neural attention by excitation backprop"
    direction = "higher"
    needs_masks = True

    def measure(self, trial: Trial, seed: int = 0) -> np.ndarray:
        first = (trial.ranks(seed) == 0).cpu().numpy()
        hit = (masks_of(trial) & first).any((1, 2)) & trial.attribution.has_positive
        return hit.astype(np.float64)
