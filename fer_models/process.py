"""Settings of every process of ours: library, command line, app and workers.

They are read when a library is first imported, so :func:`apply` runs when :mod:`fer_models` is imported, before torch
and onnxruntime are. Child processes inherit the environment.
"""

from __future__ import annotations

import os
import warnings

SETTINGS = {
    # OpenMP threads that spin make everything beside a training five to ten times slower.
    "GOMP_SPINCOUNT": "1000",
    # Otherwise onnxruntime 1.31 reports its use to its vendor and keeps a device id in the home folder.
    "ORT_DISABLE_TELEMETRY": "1",
    # Otherwise a Ray that we start reports its use to its vendor.
    "RAY_USAGE_STATS_ENABLED": "0",
}
#: Beginnings of warnings (regular expressions) that say nothing to a user. They are filtered once, before there are
#: threads: filters belong to the process, and threads that change them for a while undo each other's changes.
IGNORED_WARNINGS = (
    # captum, at every call of DeepLift, which runs on a copy of the network here
    "Setting forward, backward hooks",
    # scikit-learn, where a class has fewer pictures than there are folds: it is spread as far as it goes
    "The least populated class in y has only",
    # UMAP: a seed means one thread, points cannot be added later, and a map in pieces begins at random
    "n_jobs value 1 overridden",
    r"precomputed_knn\[2\]",
    "Combined graph is not connected",
    "Graph is not fully connected",
    # torch's exporter to ONNX: what it exports is compared with the network afterwards
    ".* might cause the trace to be incorrect",
    ".* results are registered as constants in the trace",
    "You are using the legacy TorchScript-based ONNX export",
    "Constant folding - ",
    "Exporting a model to ONNX with a batch_size other than 1",
    "The feature will be removed. Please remove usage of this function",
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",
    # torch, which reads the weights in a file of another pickle protocol all the same
    "Detected pickle protocol",
)


def apply() -> None:
    """Set what the user has not set, and filter :data:`IGNORED_WARNINGS`."""
    for message in IGNORED_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
