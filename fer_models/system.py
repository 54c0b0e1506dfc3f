"""What is asked of the operating system: processes, cores and memory. No other module asks.

Linux is read where it answers exactly; elsewhere :mod:`psutil` and the standard library answer.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import platform
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

#: Facts of processes on Linux.
_PROC = Path("/proc")
_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux' prctl
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # the names' numbers in glibc's malloc.h


def start_ticks(pid: int) -> int | None:
    """When a living process started: with its id it tells one process from all others, since ids are used again.

    Args:
        pid: Its id.

    Returns:
        Clock ticks since the computer started on Linux, which does not change with its clock; elsewhere hundredths of a
        second since 1970. ``None`` if there is no such process; one that has ended and was not waited for counts as
        ended.

    Example:
        >>> start_ticks(os.getpid()) == start_ticks(os.getpid()), start_ticks(2**30)
        (True, None)
    """
    if (_PROC / "self" / "stat").exists():
        try:
            # The name in brackets may hold spaces: fields are counted after its closing bracket.
            fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else int(fields[19])
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else round(100 * process.create_time())
    except (psutil.Error, OverflowError):
        return None


def is_alive(pid: int | None, started: int | None) -> bool:
    """Whether the process of this id is still the one that started then, see :func:`start_ticks`."""
    return pid is not None and (ticks := start_ticks(pid)) is not None and ticks == started


def exists(pid: int) -> bool:
    """Whether a process of this id is there, whosever it is."""
    return psutil.pid_exists(pid)


def detached() -> dict[str, Any]:
    """Arguments of :class:`subprocess.Popen` for a process that goes on when the shell or the app is closed.

    Example:
        >>> subprocess.Popen([sys.executable, "-c", ""], **detached()).wait()
        0
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def kill(pid: int) -> None:
    """End a process and all that it started, at once; no effect if it has ended."""
    try:
        process = psutil.Process(pid)
        family = [*process.children(recursive=True), process]
    except psutil.Error:
        return
    for member in family:
        with suppress(psutil.Error):
            member.kill()


def kill_this() -> None:
    """End this process and all that it started, at once, without cleaning up."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            child.kill()
    os._exit(1)


def end_with_parent(parent: int) -> None:
    """Have the system end this process when its parent ends (Linux), and end now if that happened already."""
    with suppress(OSError, AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        kill_this()


def can_fork() -> bool:
    """Whether a process can be copied. macOS can, but its libraries break in the copy."""
    return sys.platform != "darwin" and "fork" in multiprocessing.get_all_start_methods()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> int:
    """Bytes of memory of this computer."""
    return int(psutil.virtual_memory().total)


def processor() -> str:
    """Name of the processor; empty if the system does not say it."""
    with suppress(OSError):
        for line in (_PROC / "cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def keep_freed_memory() -> bool:
    """Ask the C library to hold on to freed memory for as long as this process lives.

    A step frees all maps of the network and the next one asks for the same sizes again. By default glibc gives blocks
    of more than 32 MB back to the system at once, which then clears every page again at the first touch: a
    quarter of a step of the multi-branch network. Only for a process that computes and ends: a worker or a command.

    Returns:
        Whether it took effect; without glibc nothing changes.
    """
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library
        return False
    return bool(mallopt(_MMAP_MAX, 0)) and bool(mallopt(_TRIM_THRESHOLD, -1))


def forget_peak_memory() -> int | None:
    """Let :func:`peak_memory` count from now on.

    Returns:
        Bytes that this process holds now; ``None`` where the system keeps no peak that can be reset (all but Linux).
    """
    try:
        (_PROC / "self" / "clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return None


def peak_memory() -> int:
    """The most bytes that this process held since :func:`forget_peak_memory`.

    Raises:
        OSError: Where that returned ``None``.
    """
    return _status("VmHWM")


def _status(key: str) -> int:
    for line in (_PROC / "self" / "status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return 1024 * int(line.split()[1])
    raise OSError(f"{_PROC}/self/status has no {key}")
