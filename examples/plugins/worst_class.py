"""Recall of the class that is recognised least often."""

import numpy as np

from fer_models.evaluation.metrics.base import METRICS, Metric


def worst_recall(table: np.ndarray) -> np.ndarray:
    """Lowest recall of the classes that have images, (...) from counts (..., K, K); 0 for an empty table."""
    images = table.sum(-1)
    hits = np.diagonal(table, axis1=-2, axis2=-1)
    recall = np.divide(hits, images, out=np.ones(images.shape), where=images > 0)
    return np.where(images.any(-1), recall.min(-1), 0.0)


METRICS.register("worst_recall")(
    Metric("Worst class", "Recall of the class recognised least often.", "higher", "confusion", worst_recall)
)
