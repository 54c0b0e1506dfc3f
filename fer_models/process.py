"""Settings of every process of ours: library, command line, app and workers.

Both are read when a library is first imported, so :func:`apply` runs when :mod:`fer_models` is imported, before torch
and onnxruntime are. Child processes inherit the environment.
"""

from __future__ import annotations

import os

SETTINGS = {
    # OpenMP threads that spin make everything beside a training five to ten times slower.
    "GOMP_SPINCOUNT": "1000",
    # Otherwise onnxruntime 1.31 reports its use to its vendor and keeps a device id in the home folder.
    "ORT_DISABLE_TELEMETRY": "1",
    # Otherwise a Ray that we start reports its use to its vendor.
    "RAY_USAGE_STATS_ENABLED": "0",
}


def apply() -> None:
    """Set what the user has not set."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
