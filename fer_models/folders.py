"""Where things lie on a user's disk: each place is one environment variable and one default."""

from __future__ import annotations

import os
from pathlib import Path


def runs_folder() -> Path:
    """Training runs: ``$FER_RUNS``, else ``runs`` in the current folder."""
    return Path(os.environ.get("FER_RUNS", "runs")).resolve()


def cache_folder() -> Path:
    """What can be made again: ``$FER_CACHE``, else ``~/.cache/fer-workbench``."""
    return Path(os.environ.get("FER_CACHE", Path.home() / ".cache" / "fer-workbench")).resolve()


def checkpoints_folder() -> Path:
    """Trained networks that ship: ``$FER_CHECKPOINTS``, else ``checkpoints`` beside the packages."""
    return Path(os.environ.get("FER_CHECKPOINTS", Path(__file__).parents[1] / "checkpoints")).resolve()


def data_folder() -> Path:
    """The user's data sets: ``$FER_DATA``, else ``data`` in the current folder."""
    return Path(os.environ.get("FER_DATA", "data")).resolve()
