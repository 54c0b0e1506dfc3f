"""Files that commands write: whole or not at all."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from fer_models.commands.output import write_bytes
from fer_models.errors import UserError


def test_an_older_file_stays_where_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "figures.json"
    write_bytes(b"old", str(out))
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        real(path, data[:1])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="No space left on device"):
        write_bytes(b"new", str(out))
    assert out.read_bytes() == b"old" and os.listdir(tmp_path) == ["figures.json"]


def test_links_pipes_and_missing_folders(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("target.csv")
    write_bytes(b"a", str(tmp_path / "link.csv"))
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "target.csv").read_bytes() == b"a"

    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_bytes(b"b", str(tmp_path / "pipe"))
    reader.join(10)
    assert got == [b"b"]

    with pytest.raises(UserError, match="its folder does not exist"):
        write_bytes(b"c", str(tmp_path / "nowhere" / "x.csv"))
    assert not (tmp_path / "nowhere").exists()
