"""Uploads of the last half hour in the memory of the server, so that a reload of the browser does not lose them.

Nothing reaches the disk. The browser tab holds a random token for as long as it is open; whoever has no token finds
nothing here.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: Seconds that an upload is kept after it was last used, and bytes of all uploads together.
KEPT, LARGEST = 30 * 60, 256_000_000


@dataclass
class _Entry:
    parts: dict[str, tuple[Any, int]] = field(default_factory=dict)
    used: float = 0.0

    @property
    def size(self) -> int:
        return sum(size for _, size in self.parts.values())


class Uploads:
    """Values by token and name.

    Args:
        kept: Seconds after which a value is dropped.
        largest: Bytes of all values; the oldest make room.
        clock: Monotonic time in seconds.

    Example:
        >>> uploads = Uploads()
        >>> token = uploads.new_token()
        >>> uploads.keep(token, "picture", "pixels", 6)
        >>> uploads.find(token, "picture"), uploads.find("another", "picture")
        ('pixels', None)
    """

    def __init__(self, kept: float = KEPT, largest: int = LARGEST, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept, self._largest, self._clock = kept, largest, clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def new_token(self) -> str:
        """A token that nobody can guess."""
        return secrets.token_urlsafe(24)

    def keep(self, token: str, name: str, value: Any, size: int) -> None:
        """Keep a value of so many bytes; one that is larger than all may be is not kept."""
        if size > self._largest:  # making room for it would drop what others uploaded
            self.forget(token, name)
            return
        with self._lock:
            entry = self._entries.setdefault(token, _Entry())
            entry.parts[name] = (value, size)
            entry.used = self._clock()
            self._entries.move_to_end(token)
            self._drop()

    def find(self, token: str, name: str) -> Any | None:
        """The value, or ``None`` where it was dropped or never kept."""
        with self._lock:
            self._drop()
            entry = self._entries.get(token)
            if entry is None or name not in entry.parts:
                return None
            entry.used = self._clock()
            self._entries.move_to_end(token)
            return entry.parts[name][0]

    def holds(self, token: str) -> bool:
        """Whether anything is kept under the token."""
        with self._lock:
            self._drop()
            return token in self._entries

    def forget(self, token: str, name: str) -> None:
        """Drop a value at once."""
        with self._lock:
            if (entry := self._entries.get(token)) is not None:
                entry.parts.pop(name, None)
                if not entry.parts:
                    del self._entries[token]

    def _drop(self) -> None:
        """Drop what is old and, the oldest first, what is too much; come back when the next one is old."""
        now = self._clock()
        size = sum(entry.size for entry in self._entries.values())
        for token, entry in list(self._entries.items()):
            if now - entry.used >= self._kept or size > self._largest:
                size -= entry.size
                del self._entries[token]
        if self._entries and (self._timer is None or not self._timer.is_alive()):
            oldest = next(iter(self._entries.values()))
            self._timer = threading.Timer(max(1.0, self._kept - (now - oldest.used)), self._late)
            self._timer.daemon = True
            self._timer.start()

    def _late(self) -> None:
        with self._lock:
            self._timer = None
            self._drop()


#: Those of this server.
UPLOADS = Uploads()
