"""A stress test's predictions on disk: one ``.npz`` file without pickles."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from fer_models.arrays import read_arrays
from fer_models.robustness.stress import Answers, StressResult
from fer_models.settings import parse_stored
from fer_models.storage import atomic_file

_FORMAT = 2


@dataclass(frozen=True)
class _Facts:
    """What the file says beside its arrays."""

    format: Literal[2]
    networks: tuple[str, ...]
    kinds: tuple[str, ...]
    severities: tuple[int, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...]
    method: str
    test: str = ""


def write_result(result: StressResult, path: Path, *, test: str = "") -> None:
    """Write the file atomically.

    Args:
        result: Of a finished test.
        path: The file.
        test: What was tested, see :func:`fer_models.robustness.split.stress_digest`.

    Raises:
        OSError: If it cannot be written.
    """
    facts = {
        "format": _FORMAT,
        "test": test,
        "networks": result.networks,
        "kinds": result.kinds,
        "severities": result.severities,
        "classes": result.classes,
        "notes": result.notes,
        "method": result.method,
    }
    arrays: dict[str, np.ndarray] = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
    if result.targets is not None:
        arrays["targets"] = result.targets
    if result.units is not None:
        arrays["units"] = result.units
    for number, key in enumerate(_keys(result)):
        answers = result.answers[key]
        arrays[f"{number} predicted"] = answers.predicted.astype(np.int16)
        arrays[f"{number} confidence"] = answers.confidence.astype(np.float32)
        arrays[f"{number} likeness"] = answers.likeness
        if answers.mirrored is not None:
            arrays[f"{number} mirrored"] = answers.mirrored
    with atomic_file(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_result(path: Path, *, test: str | None = None) -> StressResult | None:
    """The stored result, or ``None`` if the file is missing or damaged, or of another test than ``test``."""
    try:
        file = read_arrays(path)
        facts = parse_stored(file["facts"].tobytes(), _Facts)
        if test is not None and facts.test != test:
            return None
        bare = StressResult(
            facts.networks, facts.kinds, facts.severities, facts.classes, None, {}, facts.notes, facts.method
        )
        answers = {}
        for number, key in enumerate(_keys(bare)):
            predicted = file[f"{number} predicted"].astype(np.int64)
            confidence, likeness = file[f"{number} confidence"], file[f"{number} likeness"]
            answers[key] = Answers(predicted, confidence, file.get(f"{number} mirrored"), likeness)
    except (ValueError, KeyError):
        return None
    return replace(bare, targets=file.get("targets"), answers=answers, units=file.get("units"))


def _keys(result: StressResult) -> list[tuple[str, str, int]]:
    return [(n, kind, s) for n in result.networks for kind in result.kinds for s in (0, *result.severities)]
