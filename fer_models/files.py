"""Only regular files of a bounded size are opened: a pipe or a device never ends, or never begins."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

#: Bytes of the largest text file that is read at once, such as a configuration or a list.
LARGEST_TEXT = 64 << 20
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}


def open_regular(path: str | Path, largest: int | None = None) -> BinaryIO:
    """Open a regular file for reading; links are followed.

    Args:
        path: The file.
        largest: Bytes that it may have, ``None`` without a limit.

    Returns:
        The open file, to be closed by the caller.

    Raises:
        OSError: If it is not there, no regular file or too large; ``strerror`` says which, for a sentence.

    Example:
        >>> try:
        ...     open_regular("/dev/null")
        ... except OSError as error:
        ...     error.strerror
        'it is a device, not a regular file'
    """
    try:
        _check(os.stat(path), path, largest)
        # It may have been exchanged since: a pipe without a writer must not block, and what was opened is checked too.
        # Windows has no O_NONBLOCK and O_CLOEXEC; without O_BINARY it changes line ends.
        further = sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
        number = os.open(path, os.O_RDONLY | further)
    except ValueError:  # a null byte in the path
        raise OSError(errno.EINVAL, "its path holds a null byte", str(path)) from None
    try:
        _check(os.fstat(number), path, largest)
    except OSError:
        os.close(number)
        raise
    return os.fdopen(number, "rb")


def read_regular(path: str | Path, largest: int = LARGEST_TEXT) -> bytes:
    """The content of a regular file of at most ``largest`` bytes.

    Raises:
        OSError: As :func:`open_regular`.
    """
    with open_regular(path, largest) as file:
        return file.read(largest)


def read_text(path: str | Path, largest: int = LARGEST_TEXT) -> str:
    """The text of a regular UTF-8 file of at most ``largest`` bytes.

    Raises:
        OSError: As :func:`open_regular`. UnicodeDecodeError: If it is no UTF-8.
    """
    return read_regular(path, largest).decode("utf-8")


def _check(state: os.stat_result, path: str | Path, largest: int | None) -> None:
    if not stat.S_ISREG(state.st_mode):
        kind = _KINDS.get(stat.S_IFMT(state.st_mode), "of a special kind")
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", str(path))
    if largest is not None and state.st_size > largest:
        size = f"{largest / 1e9:.3g} GB" if largest >= 1e9 else f"{largest / 1e6:.3g} MB"
        raise OSError(errno.EFBIG, f"it is larger than {size}", str(path))
