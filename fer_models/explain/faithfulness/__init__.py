"""Tests of heatmaps, one metric a file; importing this package imports and registers them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from fer_models.explain.attribution import Attribution
from fer_models.explain.faithfulness.base import FAITHFULNESS, Faithfulness, Trial
from fer_models.explain.faithfulness.references import REFERENCES
from fer_models.registry import import_modules

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

__all__ = ["FAITHFULNESS", "REFERENCES", "Faithfulness", "Trial", "measure", "measure_with_references"]


def measure(
    classifier: Classifier,
    batch: Tensor,
    attribution: Attribution,
    metric: str,
    masks: np.ndarray | None = None,
    **options: Any,
) -> np.ndarray:
    """One test of the maps of a batch.

    Args:
        batch: the network inputs (B, C, H, W) that were explained.
        metric: a key of :data:`FAITHFULNESS`.
        masks: bool (B, H, W), the relevant pixels, for metrics with ``needs_masks``.
        options: the metric's own, see :meth:`Faithfulness.options`.

    Returns:
        float64 (B,), ``nan`` where the metric is undefined.

    Raises:
        UserError: If the metric is unknown, masks are missing, or an option is out of range.

    Example:
        >>> from fer_models import load_checkpoint
        >>> from fer_models.explain import explain
        >>> classifier = load_checkpoint("checkpoints/mini-xception-fer2013")
        >>> batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
        >>> attribution = explain(classifier, batch, "grad_cam")
        >>> measure(classifier, batch, attribution, "sparseness").shape
        (1,)
    """
    return FAITHFULNESS[metric]().measure(Trial(classifier, batch, attribution, masks), **options)


def measure_with_references(
    classifier: Classifier,
    batch: Tensor,
    attribution: Attribution,
    metrics: Sequence[str],
    masks: np.ndarray | None = None,
    *,
    seed: int = 0,
) -> dict[str, dict[str, np.ndarray]]:
    """Several tests of the maps and of the three reference maps beside them.

    Returns:
        metric to name to float64 (B,); the names are the method's key and those of :data:`REFERENCES`, which are absent
        for metrics that run the method again.
    """
    trial = Trial(classifier, batch, attribution, masks)
    references = {name: trial.with_values(make(trial, seed), name) for name, make in REFERENCES.items()}
    results: dict[str, dict[str, np.ndarray]] = {}
    for key in metrics:
        metric = FAITHFULNESS[key]()
        results[key] = {attribution.method: metric.measure(trial)}
        if not metric.needs_method:
            results[key] |= {name: metric.measure(other) for name, other in references.items()}
    return results


import_modules(__name__)
