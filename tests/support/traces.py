"""Whether a process reached another computer, by ``strace`` where it is installed, or wrote to its home folder."""

from __future__ import annotations

import ipaddress
import re
import shutil
from pathlib import Path

_STRACE = shutil.which("strace")
#: An address in a line of strace: a look-up of a name is a connection to a name server.
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')


def traced(log: Path) -> list[str]:
    """The command before a command whose connections are written to ``log``; nothing where strace is missing.

    strace sees the connections of native libraries too. The command stays the process that was started (``-D``).
    """
    if _STRACE is None:
        return []
    return [_STRACE, "-D", "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg", "-o", str(log)]


def strangers(log: Path) -> list[str]:
    """Addresses outside loopback in the log of strace."""
    if not log.exists():
        return []
    found = _ADDRESS.findall(log.read_text(errors="replace"))
    addresses = {first or second for first, second in found}
    return sorted(each for each in addresses if not ipaddress.ip_address(each).is_loopback)


def foreign_files(home: Path) -> list[str]:
    """Files in the home folder that are neither our cache nor matplotlib's list of this computer's fonts."""
    files = (str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    return sorted(each for each in files if not each.startswith((".cache/fer-workbench/", ".cache/matplotlib/")))
