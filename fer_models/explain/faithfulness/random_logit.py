"""Random logit: does the map of another class look the same?"""

import numpy as np

from fer_models.errors import UserError
from fer_models.explain.faithfulness.base import Faithfulness, Trial, register_metric
from fer_models.explain.faithfulness.similarity import rank_correlation


@register_metric("random_logit")
class RandomLogit(Faithfulness):
    """Mean rank correlation of the map with those of other classes of the same network.

    Source:
        Sixt et al., "When explanations lie", ICML 2020.
    """

    title = "Random logit"
    summary = "Likeness of the map to those of other classes: near 1 if it says nothing of this one."
    paper = "Sixt et al. 2020, When explanations lie"
    direction = "lower"
    needs_method = True

    def measure(self, trial: Trial, others: int = 3, seed: int = 0) -> np.ndarray:
        """``others`` classes are drawn for each picture."""
        classes = len(trial.classifier.classes)
        if others < 1:
            raise UserError(f"The random logit test needs at least 1 other class, not {others}.")
        draw, target = np.random.default_rng(seed), trial.attribution.target
        offsets = np.stack([draw.permutation(np.arange(1, classes))[:others] for _ in target])
        maps = [trial.again(target=(target + offsets[:, k]) % classes) for k in range(offsets.shape[1])]
        return np.asarray(np.mean([rank_correlation(trial.attribution.values, other) for other in maps], axis=0))
