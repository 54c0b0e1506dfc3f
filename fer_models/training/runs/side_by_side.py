"""How many runs train at once, as chosen by a person for this runs folder."""

from __future__ import annotations

import os

from fer_models.errors import UserError
from fer_models.folders import runs_folder
from fer_models.settings.stored import stored_or_none
from fer_models.storage import atomic_file

GPU_SLOTS, CPU_SLOTS = "FER_GPU_SLOTS", "FER_CPU_SLOTS"
_FILE = ".side-by-side.json"
#: The largest number that can be chosen; more of them only wait for one another.
MOST = 16


def chosen(variable: str) -> int:
    """Runs at once: the environment variable, else what :func:`choose` kept, else 1.

    Args:
        variable: :data:`GPU_SLOTS` or :data:`CPU_SLOTS`.

    Raises:
        UserError: If the variable is no whole number from 1 up.

    Example:
        >>> choose(3)
        >>> chosen(CPU_SLOTS)
        3
    """
    slots = os.environ.get(variable)
    if not slots:
        kept = stored_or_none(runs_folder() / _FILE, int)
        return kept if kept is not None and 1 <= kept <= MOST else 1
    if not slots.isdecimal() or int(slots) < 1:
        raise UserError(f"{variable} sets how many runs train at once: a whole number from 1 up, not {slots!r}.")
    return int(slots)


def choose(count: int) -> None:
    """Keep a number for all runs of this folder; waiting ones follow within seconds.

    Args:
        count: Runs at once, on each GPU or without a GPU, from 1 to :data:`MOST`.

    Raises:
        UserError: If it is out of range, or the runs folder cannot be written.
    """
    if not 1 <= count <= MOST:
        raise UserError(f"From 1 to {MOST} runs can train at once, not {count}.")
    try:
        with atomic_file(runs_folder() / _FILE) as file:
            file.write_text(str(count), encoding="utf-8")
    except OSError as error:
        raise UserError(f"The runs folder cannot be written ({error.strerror}); check its permissions.") from None
