"""Relevance rank: how many of the strongest pixels are inside the mask."""

import numpy as np

from fer_models.explain.faithfulness.base import Faithfulness, Trial, masks_of, register_metric


@register_metric("relevance_rank")
class RelevanceRank(Faithfulness):
    """Of as many of the most relevant pixels as the mask holds, the share that lies inside it.

    Source:
        Arras et al., "CLEVR-XAI", Information Fusion 2022 (arXiv 2003.07258).
    """

    title = "Relevance rank"
    summary = "Of the strongest pixels, as many as the right place has, the share that lies in it."
    paper = "Arras et al. 2020, Ground truth evaluation with CLEVR-XAI"
    direction = "higher"
    needs_masks = True

    def measure(self, trial: Trial, seed: int = 0) -> np.ndarray:
        masks, ranks = masks_of(trial), trial.ranks(seed).cpu().numpy()
        size = masks.sum((1, 2))
        inside = (masks & (ranks < size[:, None, None])).sum((1, 2)).astype(np.float64)
        return np.divide(inside, size, out=np.full(len(size), np.nan), where=size > 0)
