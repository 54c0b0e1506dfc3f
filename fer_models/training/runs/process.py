"""Identity of a process: its id and start time, since ids are reused."""

from __future__ import annotations

import os
from pathlib import Path


def start_ticks(pid: int) -> int | None:
    """Start time of a living process in clock ticks since boot, ``None`` if there is none (a zombie counts as dead).

    Where there is no ``/proc`` a living process gives 0, so that its id alone decides.
    """
    try:
        # The name in brackets may hold spaces: fields are counted after its closing bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except OSError:
            return None
        return 0
    return None if fields[0] in "ZX" else int(fields[19])


def is_alive(pid: int | None, started: int | None) -> bool:
    """Whether the process with this id is still the one that started at ``started`` ticks."""
    return pid is not None and (ticks := start_ticks(pid)) is not None and ticks == started
