"""Output of the commands: JSON, files and progress."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fer_models.errors import UserError


def write_json(value: Any, target: str) -> None:
    """Write JSON to a file, or to standard output where ``target`` is ``-``.

    Raises:
        UserError: If the file cannot be written.
    """
    text = json.dumps(without_nan(value), indent=2, allow_nan=False)
    if target == "-":
        print(text)
        return
    write_bytes((text + "\n").encode(), target)


def without_nan(value: Any) -> Any:
    """A value for JSON with ``None`` in place of NaN and infinity, which JSON lacks.

    Example:
        >>> without_nan({"value": float("nan"), "n": [3]})
        {'value': None, 'n': [3]}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    return value


def write_bytes(data: bytes, target: str) -> None:
    """Write a file.

    Raises:
        UserError: If it cannot be written.
    """
    try:
        Path(target).write_bytes(data)
    except OSError as error:
        raise UserError(f"{target} cannot be written ({error.strerror}); choose another place.") from None


def show_progress(done: float, text: str = "") -> None:
    """Overwrite one line on standard error; ``done`` in [0, 1]. Silent where that is no terminal."""
    if sys.stderr.isatty():
        end = "\n" if done >= 1 else ""
        print(f"\r{100 * done:5.1f} % {text:<40}", end=end, file=sys.stderr, flush=True)
