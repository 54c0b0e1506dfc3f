"""A leaderboard on disk: a JSON file that names what was measured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from fer_models.checkpoint import Checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.explain.benchmark.run import Leaderboard
from fer_models.explain.benchmark.table import from_json, to_json
from fer_models.files import read_regular
from fer_models.json_text import json_text
from fer_models.settings import parse_json
from fer_models.storage import atomic_file


def board_digest(name: str, checkpoint: Checkpoint, dataset: FaceDataset, methods: Iterable[str], count: int) -> str:
    """SHA-256 (shortened) of a benchmark of one network: its name and weights, images, methods and their number."""
    images = dataset.fingerprint(dataset.split_index(dataset.split_names[-1]))
    words = repr((name, checkpoint.identity, images, tuple(methods), count))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def write_board(board: Leaderboard, file: Path, *, test: str = "") -> None:
    """Write the file atomically.

    Args:
        board: A finished leaderboard.
        file: The file.
        test: What was measured, see :func:`board_digest`.

    Raises:
        OSError: If it cannot be written.
    """
    with atomic_file(file) as new:
        new.write_text(json_text({"test": test} | to_json(board)), encoding="utf-8")


def read_board(file: Path, *, test: str | None = None) -> Leaderboard | None:
    """The stored leaderboard; ``None`` if it is missing, damaged, or of another measurement than ``test``."""
    try:
        stored = parse_json(read_regular(file))
        return None if test is not None and stored.get("test") != test else from_json(stored)
    except (OSError, ValueError, AttributeError, UserError):
        return None
