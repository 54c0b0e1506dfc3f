"""Output of the commands: JSON, files and progress."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Any

from fer_models.errors import UserError
from fer_models.json_text import json_text
from fer_models.storage import atomic_file


def write_json(value: Any, target: str) -> None:
    """Write JSON to a file, or to standard output where ``target`` is ``-``.

    Raises:
        UserError: If the file cannot be written.
    """
    text = json_text(value, indent=2)
    if target == "-":
        print(text)
        return
    write_bytes((text + "\n").encode(), target)


def write_bytes(data: bytes, target: str) -> None:
    """Write a file, whole or not at all: an older one stays where the disk is full or the process is ended.

    Raises:
        UserError: If it cannot be written.
    """
    path = Path(target).resolve()  # a link stays a link
    try:
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "its folder does not exist")
        if path.exists() and not path.is_file():  # a pipe or a device
            path.write_bytes(data)
        else:
            with atomic_file(path) as new:
                new.write_bytes(data)
    except OSError as error:
        raise UserError(f"{target} cannot be written ({error.strerror}); choose another place.") from None


def show_progress(done: float, text: str = "") -> None:
    """Overwrite one line on standard error; ``done`` in [0, 1]. Silent where that is no terminal."""
    if sys.stderr.isatty():
        end = "\n" if done >= 1 else ""
        print(f"\r{100 * done:5.1f} % {text:<40}", end=end, file=sys.stderr, flush=True)
