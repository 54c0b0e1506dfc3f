"""A stress test's answers on disk: one ``.npz`` file without pickles."""

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
    """Write the file; a reader never sees half of one.

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
    for place, key in enumerate(_keys(result)):
        said = result.answers[key]
        arrays[f"{place} predicted"] = said.predicted.astype(np.int16)
        arrays[f"{place} confidence"] = said.confidence.astype(np.float32)
        arrays[f"{place} likeness"] = said.likeness
        if said.mirrored is not None:
            arrays[f"{place} mirrored"] = said.mirrored
    with atomic_file(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_result(path: Path) -> StressResult | None:
    """The answers, or ``None`` where there is no such file or it is damaged: they can be asked again."""
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
            for place, key in enumerate(_keys(bare)):
                predicted = file[f"{place} predicted"].astype(np.int64)
                confidence, likeness = file[f"{place} confidence"], file[f"{place} likeness"]
                answers[key] = Answers(predicted, confidence, file.get(f"{place} mirrored"), likeness)
            targets = file.get("targets")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return replace(bare, targets=targets, answers=answers)


def _keys(result: StressResult) -> list[tuple[str, str, int]]:
    return [(n, kind, s) for n in result.networks for kind in result.kinds for s in (0, *result.severities)]
