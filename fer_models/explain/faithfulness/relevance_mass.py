"""Relevance mass: how much of the relevance is inside the mask."""

import numpy as np

from fer_models.explain.faithfulness.base import Faithfulness, Trial, masks_of, register_metric


@register_metric("relevance_mass")
class RelevanceMass(Faithfulness):
    """Share of the positive relevance inside the mask.

    Source:
        Arras et al., "CLEVR-XAI", Information Fusion 2022 (arXiv 2003.07258).
    """

    title = "Relevance mass"
    summary = "Share of the relevance that lies in the right place."
    paper = "Arras et al. 2020, Ground truth evaluation with CLEVR-XAI"
    direction = "higher"
    needs_masks = True

    def measure(self, trial: Trial) -> np.ndarray:
        positive = trial.attribution.positive.astype(np.float64)
        total, inside = positive.sum((1, 2)), (positive * masks_of(trial)).sum((1, 2))
        return np.divide(inside, total, out=np.full(len(total), np.nan), where=total > 0)
