"""Files that are fetched when the user asks for them: nothing but the expected bytes ever reaches the disk."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from fer_models.errors import UserError
from fer_models.storage import atomic_file

#: Seconds without an answer after which a download fails.
TIMEOUT = 30.0


@dataclass(frozen=True)
class RemoteFile:
    """A file at a fixed address, known by its size and SHA-256.

    Args:
        title: What it is, such as ``"the YuNet file"``.
        url: Where it is fetched from, ``https://`` or ``http://``.
        size: Bytes.
        sha256: In hexadecimal.
        retry: How to fetch it again, to follow "run".
        by_hand: What else can be done where it cannot be fetched, to follow "check the connection, or".

    Example:
        >>> file = RemoteFile("the list", "https://example.org/list", 3, "00", "it", "make one")
        >>> file.name
        'list'
    """

    title: str
    url: str
    size: int
    sha256: str
    retry: str
    by_hand: str

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[-1]

    def check(self, path: Path) -> None:
        """Compare a file on disk with the expected size and SHA-256.

        Raises:
            UserError: If it has another size or content.
            OSError: If it is missing or cannot be read.
        """
        length = path.stat().st_size
        if length != self.size:
            raise self._refused(path.name, f"it has {length:,} bytes instead of {self.size:,}")
        self._check_hash(path.name, path.read_bytes())

    def fetch(self, target: Path, *, timeout: float = TIMEOUT) -> Path:
        """Return the checked file at ``target``, downloading it first if it is missing or damaged.

        The download goes to a temporary file beside ``target``, is checked, and is then renamed.

        Raises:
            UserError: If the server cannot be reached, answers with an error or with anything but the expected file, or
                if the folder cannot be written.
        """
        try:
            self.check(target)
            return target
        except (OSError, UserError):
            pass
        data = self._download(timeout)
        if len(data) != self.size:
            length = f"more than {self.size:,}" if len(data) > self.size else f"{len(data):,}"
            raise self._refused("The download", f"it has {length} bytes instead of {self.size:,}")
        self._check_hash("The download", data)
        try:
            with atomic_file(target) as file:
                file.write_bytes(data)
        except OSError as error:
            raise UserError(
                f"{self._subject} cannot be written to {target.parent} ({error.strerror}); "
                "free some disk space or set FER_CACHE to another folder."
            ) from None
        return target

    def _check_hash(self, what: str, data: bytes) -> None:
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.sha256:
            raise self._refused(what, f"its SHA-256 begins {digest[:12]} instead of {self.sha256[:12]}")

    def _download(self, timeout: float) -> bytes:
        if not self.url.startswith(("http://", "https://")):
            raise UserError(f"The address of {self.title} must begin with https:// or http://.")
        try:
            with urllib.request.urlopen(self.url, timeout=timeout) as answer:
                # One byte more than expected is enough to refuse a file that is too long.
                data: bytes = answer.read(self.size + 1)
                return data
        except urllib.error.HTTPError as error:
            reason = f"the server answered {error.code}"
        except (urllib.error.URLError, HTTPException, OSError) as error:
            cause = getattr(error, "reason", None) or error
            reason = str(getattr(cause, "strerror", None) or cause)
        raise UserError(f"{self._subject} could not be downloaded ({reason}); check the connection, or {self.by_hand}.")

    @property
    def _subject(self) -> str:
        return self.title[0].upper() + self.title[1:]

    def _refused(self, what: str, why: str) -> UserError:
        return UserError(f"{what} is not {self.title} and was refused: {why}; run `{self.retry}` again.")
