"""Keep freed memory from step to step instead of returning it to the system."""

from __future__ import annotations

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # the names' numbers in glibc's malloc.h


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
