"""Whether a data set's class names look exchanged: one relabelling would lift the accuracy far above what it is."""

from __future__ import annotations

import numpy as np

from fer_models.evaluation.intervals import wilson
from fer_models.evaluation.metrics.confusion import confusion

#: Images below which nothing is said.
_FEW = 40


def exchanged_labels(targets: np.ndarray, predictions: np.ndarray, classes: tuple[str, ...]) -> str | None:
    """A sentence on classes that look exchanged, with the label map that would put them right.

    The best one-to-one relabelling is found on one half of the images and measured on the other. It is named where the
    lower end of its accuracy lies above the upper end of the accuracy without it, and above one half.

    Args:
        targets: int (N,), true classes.
        predictions: int (N,), predicted classes.
        classes: Names of the classes.

    Returns:
        The sentence, or ``None``.

    Example:
        >>> truth = np.arange(100) % 2
        >>> exchanged_labels(truth, 1 - truth, ("happy", "sad"))[:44]
        'Labels look exchanged: read as happy=sad,sad'
    """
    from scipy.optimize import linear_sum_assignment

    if len(targets) < _FEW:
        return None
    order = np.random.default_rng(0).permutation(len(targets))  # images may be sorted, or alternate, by class
    found, held_out = order[::2], order[1::2]
    table = confusion(targets[found], predictions[found], len(classes))
    rows, columns = linear_sum_assignment(-table)
    relabelled = np.asarray(columns)[np.argsort(rows)]
    held_targets, held = targets[held_out], predictions[held_out]
    n = len(held)
    hits = np.asarray([(held == held_targets).sum(), (held == relabelled[held_targets]).sum()])
    low, high = wilson(hits, np.asarray([n, n]))
    if not (low[1] > high[0] and low[1] > 0.5):
        return None
    present = table.sum(1) > 0
    pairs = [f"{classes[k]}={classes[j]}" for k, j in enumerate(relabelled) if k != j and present[k]]
    share = f"{100 * hits[1] / n:.1f} % instead of {100 * hits[0] / n:.1f} %"
    named = ",".join(pairs)
    return f"Labels look exchanged: read as {named} the accuracy is {share}; to count so: --map {named}"
