"""Complexity: entropy of a map."""

import numpy as np

from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric


@register_metric("complexity")
class Complexity(Faithfulness):
    """Entropy in nats of the magnitudes as shares of their sum: 0 for a single pixel, log(H W) for an even map.

    Source:
        Bhatt et al., "Evaluating and aggregating feature-based model explanations", IJCAI 2020.
    """

    title = "Complexity"
    summary = "Entropy of the map: low if few pixels tell the story."
    paper = "Bhatt et al. 2020, Evaluating and aggregating feature-based model explanations"
    direction = "lower"

    def measure(self, trial: Trial) -> np.ndarray:
        values = np.abs(trial.attribution.values.reshape(len(trial.batch), -1)).astype(np.float64)
        total = values.sum(1, keepdims=True)
        share = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
        logs = np.log(share, out=np.zeros_like(share), where=share > 0)
        return np.where(total[:, 0] > 0, -(share * logs).sum(1), np.nan)
