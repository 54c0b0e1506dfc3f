"""A stress test's predictions on disk: one ``.npz`` file without pickles."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from fer_models.robustness.stress import Answers, StressResult
from fer_models.storage import atomic_file

_FORMAT = 2


def write_result(result: StressResult, path: Path) -> None:
    """Write the file atomically.

    Raises:
        OSError: If it cannot be written.
    """
    facts = {
        "format": _FORMAT,
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
    for number, key in enumerate(_keys(result)):
        answers = result.answers[key]
        arrays[f"{number} predicted"] = answers.predicted.astype(np.int16)
        arrays[f"{number} confidence"] = answers.confidence.astype(np.float32)
        arrays[f"{number} likeness"] = answers.likeness
        if answers.mirrored is not None:
            arrays[f"{number} mirrored"] = answers.mirrored
    with atomic_file(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_result(path: Path) -> StressResult | None:
    """The stored result, or ``None`` if the file is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(file["facts"].tobytes())
            if facts["format"] != _FORMAT:
                return None
            networks, kinds, levels, classes, notes = (
                tuple(facts[name]) for name in ("networks", "kinds", "severities", "classes", "notes")
            )
            bare = StressResult(networks, kinds, levels, classes, None, {}, notes, facts["method"])
            answers = {}
            for number, key in enumerate(_keys(bare)):
                predicted = file[f"{number} predicted"].astype(np.int64)
                confidence, likeness = file[f"{number} confidence"], file[f"{number} likeness"]
                answers[key] = Answers(predicted, confidence, file.get(f"{number} mirrored"), likeness)
            targets = file.get("targets")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return replace(bare, targets=targets, answers=answers)


def _keys(result: StressResult) -> list[tuple[str, str, int]]:
    return [(n, kind, s) for n in result.networks for kind in result.kinds for s in (0, *result.severities)]
