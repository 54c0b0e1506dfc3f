"""Sparseness: whether the map concentrates on few pixels."""

import numpy as np

from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric


@register_metric("sparseness")
class Sparseness(Faithfulness):
    """Gini coefficient of the magnitudes: 0 for an even map, near 1 for a single pixel.

    Source:
        Chalasani et al., "Concise explanations of neural networks using adversarial training", ICML 2020.
    """

    title = "Sparseness"
    summary = "Whether the relevance sits in few pixels (near 1) or everywhere (0)."
    paper = "Chalasani et al. 2020, Concise explanations of neural networks"
    direction = "higher"

    def measure(self, trial: Trial) -> np.ndarray:
        values = np.sort(np.abs(trial.attribution.values.reshape(len(trial.batch), -1)).astype(np.float64), axis=1)
        count, total = values.shape[1], values.sum(1)
        rank = 2 * np.arange(1, count + 1) - count - 1
        return np.divide((values * rank).sum(1), count * total, out=np.full(len(values), np.nan), where=total > 0)
