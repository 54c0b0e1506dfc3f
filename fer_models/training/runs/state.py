"""The saved state of a run with its checksum: a damaged one is set aside, so that the run can start again."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, NoReturn

import torch

from fer_models.errors import UserError
from fer_models.files import read_text
from fer_models.storage import atomic_file
from fer_models.training.runs.run import Run
from fer_models.weights import file_sha256

STATE, _DIGESTS, _DAMAGED = "resume.pt", "resume.sha256", "resume.damaged"
#: What torch raises on a damaged file, and a loop on a state that lacks something.
DAMAGE = (RuntimeError, ValueError, LookupError, TypeError, AttributeError, EOFError, OSError, pickle.UnpicklingError)


def note_digest(folder: Path, written: Path) -> None:
    """Write the checksum of a state that is about to take its place, beside that of the state before it.

    Both are kept, since the process may end between the two files.

    Args:
        folder: Of the run.
        written: The new state under its temporary name.
    """
    digests = [*_digests(folder)[-1:], file_sha256(written)]
    with atomic_file(folder / _DIGESTS) as file:
        file.write_text("\n".join(digests), encoding="ascii")


def read_state(run: Run, device: torch.device) -> Any:
    """The saved state of a run, its tensors on the device.

    Raises:
        UserError: If it is damaged; it is set aside then.
    """
    file = run.folder / STATE
    digests = _digests(run.folder)
    if digests and file_sha256(file) not in digests:
        set_aside(run)
    try:
        return torch.load(file, map_location=device, weights_only=True)
    except DAMAGE:
        set_aside(run)


def set_aside(run: Run) -> NoReturn:
    """Rename a damaged state, so that the run can be resumed from its first epoch.

    Raises:
        UserError: Always; the sentence says how to go on.
    """
    (run.folder / STATE).replace(run.folder / _DAMAGED)
    best = "" if run.checkpoint is None else ", or continue from its best checkpoint (fer resume --from-best)"
    raise UserError(
        f"The saved state of the run is damaged and was set aside: resume it to start again from epoch 1{best}."
    )


def _digests(folder: Path) -> list[str]:
    try:
        return read_text(folder / _DIGESTS, 1000).split()
    except (OSError, UnicodeDecodeError):
        return []
