"""Bootstrap time: 2,000 resamples of 3,589 rows, vectorised here beside one scikit-learn call a resample.

Run: ``python benchmarks/evaluation.py [--rows N] [--resamples R]``. Times are CPU seconds, the best of three, with one
thread (what else runs is not counted); scikit-learn's is measured on a part of the resamples and scaled up.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import metrics as sk

from fer_models.evaluation.intervals import drawn_tables, estimates
from fer_models.evaluation.metrics import METRICS

#: What scikit-learn offers of our registry, as functions of targets, predictions and probabilities.
PEERS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], Any]] = {
    "accuracy": lambda t, p, q: sk.accuracy_score(t, p),
    "macro_f1": lambda t, p, q: sk.f1_score(t, p, average="macro"),
    "cohen_kappa": lambda t, p, q: sk.cohen_kappa_score(t, p),
    "mcc": lambda t, p, q: sk.matthews_corrcoef(t, p),
    "log_loss": lambda t, p, q: sk.log_loss(t, q, labels=range(7)),
    "roc_auc": lambda t, p, q: sk.roc_auc_score(t, q, multi_class="ovr", labels=range(7)),
}


def best_of_three(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of three calls."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print a table: ours for each group of metrics, and beside scikit-learn's for those that it has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3589)
    parser.add_argument("--resamples", type=int, default=2000)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 7, given.rows)
    logits = rng.normal(size=(given.rows, 7)) + 2.5 * np.eye(7)[targets]
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    predictions = probabilities.argmax(1)
    every = dict(METRICS.items())
    print(f"{given.resamples:,} resamples of {given.rows:,} rows")
    whole = best_of_three(lambda: estimates(every, targets, probabilities, resamples=given.resamples))
    print(f"all {len(every)} metrics                      {whole:8.3f} s")
    tables = best_of_three(lambda: drawn_tables(targets * 7 + predictions, 7, resamples=given.resamples))
    print(f"the resampled confusion matrices    {tables:8.3f} s")
    part = max(1, given.resamples // 100)
    for key, peer in PEERS.items():
        one = {key: METRICS[key]}
        ours = best_of_three(
            lambda one=one: estimates(one, targets, probabilities, resamples=given.resamples)  # type: ignore[misc]
        )
        start = time.process_time()
        for rows in rng.integers(0, given.rows, (part, given.rows)):
            peer(targets[rows], predictions[rows], probabilities[rows])
        theirs = (time.process_time() - start) * given.resamples / part
        print(f"{key:12} {ours:8.3f} s   scikit-learn {theirs:8.1f} s   ratio {theirs / ours:7.0f}")


if __name__ == "__main__":
    main()
