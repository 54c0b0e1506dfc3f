"""Files and folders that are whole or not there, and locks that end with their process.

What is being written lies beside its target under a hidden name, ``.new-...``, so that a rename puts it in place; a
process that is killed leaves it there, and :func:`remove_leftovers` or :func:`remove_leftovers_of_the_dead` takes it
away.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import socket
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from fer_models.system import exists

_NEW, _OLD = ".new-", ".old-"
_OWNER = re.compile(r"\.(new|old)-(?P<host>[0-9a-f]{8})\.(?P<pid>\d{1,9})\.[0-9a-f]+-")
_TOKEN_BYTES = 4
_POLL_SECONDS = 0.02


def _hidden(prefix: str, path: Path) -> Path:
    """A free name beside ``path``; it ends like ``path``, since some writers choose their format by that."""
    return path.with_name(f"{prefix}{_host()}.{os.getpid()}.{secrets.token_hex(_TOKEN_BYTES)}-{path.name}")


def _host() -> str:
    """A short name of this computer: a folder may be shared with others, whose processes are not seen here."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Replace a file when the block ends: a reader sees the old one or the new one, never a half.

    Args:
        path: The file; folders above it are made.

    Yields:
        The path to write to, in the same folder and with the same ending.

    Raises:
        OSError: If it cannot be written. After this and any other error in the block the old file stays and nothing
            else does.

    Example:
        >>> with atomic_file("figures.json") as file:
        ...     _ = file.write_text("{}")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = _hidden(_NEW, path)
    try:
        yield new
        new.replace(path)
    finally:
        _remove(new)


@contextmanager
def atomic_folder(path: str | Path, *, replace: bool = True, private: bool = False) -> Iterator[Path]:
    """Replace a folder with all in it when the block ends; of two writers the later one wins.

    Args:
        path: The folder; those above it are made.
        replace: Whether a folder that is there already gives way.
        private: Whether only its owner may look into it.

    Yields:
        An empty folder beside it to fill.

    Raises:
        OSError: If it cannot be written, or it is there and may not be replaced. After this and any other error in the
            block the old folder stays and nothing else does.

    Example:
        >>> with atomic_folder("checkpoint") as folder:
        ...     _ = (folder / "config.json").write_text("{}")
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = _hidden(_NEW, path)
    try:
        new.mkdir(0o700 if private else 0o777)
        yield new
        if replace:
            _swap(new, path)
        else:
            new.rename(path)
    finally:
        _remove(new)


def _swap(new: Path, path: Path) -> None:
    """Move ``path`` away, ``new`` to its place, and remove the old one; once more where another writer came between."""
    while True:
        old = _hidden(_OLD, path)
        with suppress(FileNotFoundError):
            path.rename(old)
        try:
            new.rename(path)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                _remove(old)
                continue
            with suppress(OSError):
                old.rename(path)
            raise
        _remove(old)
        return


def _remove(path: Path) -> None:
    """Remove a file, a link or a folder, as far as that is possible."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def set_aside(folder: Path) -> Path:
    """Rename a folder that is to be deleted, so that nobody sees half of it.

    Args:
        folder: The folder.

    Returns:
        Its hidden name beside the old one.

    Raises:
        OSError: If it cannot be renamed.
    """
    return folder.rename(folder.with_name(f".deleted-{folder.name}"))


def remove_leftovers(folder: str | Path) -> None:
    """Remove what killed writers left in a folder; what they had moved away and not replaced yet goes back.

    Only where nobody writes into the folder meanwhile.

    Args:
        folder: Folder of the targets; those below it are not looked at. It need not exist.
    """
    for old in Path(folder).glob(f"{_OLD}*"):
        target = old.with_name(old.name.removeprefix(_OLD).partition("-")[2])
        if target.name and not os.path.lexists(target):
            old.rename(target)
    for left in (*Path(folder).glob(f"{_NEW}*"), *Path(folder).glob(f"{_OLD}*")):
        _remove(left)


def remove_leftovers_of_the_dead(folder: str | Path) -> None:
    """Remove what processes of this computer that have ended left in a folder and all below it; others may be writing.

    Args:
        folder: For instance the cache. It need not exist.

    Example:
        >>> remove_leftovers_of_the_dead("cache")
    """
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            found = _OWNER.match(name)
            if found and found["host"] == _host() and not exists(int(found["pid"])):
                _remove(Path(parent, name))
        folders[:] = [name for name in folders if not _OWNER.match(name)]


@contextmanager
def locked(path: str | Path, timeout: float = -1) -> Iterator[None]:
    """Hold a lock file for the block; the system frees it however the process ends, and the file stays.

    Args:
        path: The lock file, in a folder that exists.
        timeout: Seconds to wait for another holder; negative: as long as it takes, 0: not at all.

    Raises:
        TimeoutError: If another process, or another block of this one, still holds it.
        OSError: If the file cannot be opened; ``TimeoutError`` is one kind of it.

    Example:
        >>> with locked(".queue"):
        ...     pass
    """
    if not Path(path).parent.is_dir():  # the library would make it again, and with it a run that someone removed
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    # Not thread-local: who holds a lock may be another thread than the one that lets it go.
    with FileLock(path, timeout=timeout, poll_interval=_POLL_SECONDS, thread_local=False):
        yield
