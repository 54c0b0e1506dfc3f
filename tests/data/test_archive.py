"""ZIP uploads: nothing outside the folder, nothing endless, nothing but files."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from fer_models.data.archive import extract_zip
from fer_models.errors import UserError


def _zip(members: dict[str, bytes], **kind: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = kind.get("mode", 0o100644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def test_files_are_unpacked(tmp_path: Path) -> None:
    data = _zip({"happy/1.png": b"a", "sad/2.png": b"b", "__MACOSX/._1.png": b"x", "sad/.DS_Store": b"x"})
    files = extract_zip(data, tmp_path / "set")
    assert sorted(f.relative_to(tmp_path).as_posix() for f in files) == ["set/happy/1.png", "set/sad/2.png"]
    assert (tmp_path / "set/happy/1.png").read_bytes() == b"a"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["set"]
    with pytest.raises(UserError, match="already"):
        extract_zip(data, tmp_path / "set")


@pytest.mark.parametrize("name", ["../x.png", "a/../../x.png", "/etc/x.png", "..\\x.png", "C:\\x.png", "a/\nb.png"])
def test_no_path_leads_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="outside its folder"):
        extract_zip(_zip({"good.png": b"a", name: b"x"}), tmp_path / "in" / "set")
    assert not list(tmp_path.rglob("*.png"))


def test_links_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a link or device"):
        extract_zip(_zip({"link": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_announced_size_and_number_are_limited(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unpacks to 2 MB, more than the 1 MB"):
        extract_zip(_zip({"a.png": b"\0" * 2_000_000}), tmp_path / "set", max_bytes=1_000_000)
    with pytest.raises(UserError, match="3 files, more than the 2"):
        extract_zip(_zip({f"{i}.png": b"a" for i in range(3)}), tmp_path / "set", max_files=2)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    data = bytearray(_zip({"bomb.png": b"\0" * 5_000_000}))
    real, claimed = struct.pack("<I", 5_000_000), struct.pack("<I", 1000)
    assert data.count(real) == 2  # The local header and the central directory.
    lying = bytes(data).replace(real, claimed)
    with pytest.raises(UserError, match=r"damaged|bomb"):
        extract_zip(lying, tmp_path / "set", max_bytes=10_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"no zip", _zip({"a.png": b"abc" * 100})[:-30]])
def test_what_is_no_zip(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UserError, match="damaged or of an unsupported kind"):
        extract_zip(data, tmp_path / "set")


def test_damaged_content_and_doubled_names(tmp_path: Path) -> None:
    data = bytearray(_zip({"a.png": bytes(range(256)) * 40}))
    data[60] ^= 0xFF
    with pytest.raises(UserError, match="damaged"):
        extract_zip(bytes(data), tmp_path / "set")
    with pytest.raises(UserError, match="twice"):
        extract_zip(_zip({"a.png": b"1", "A.png": b"2"}), tmp_path / "set")
    with pytest.raises(UserError, match="no files"):
        extract_zip(_zip({}), tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    data = bytearray(_zip({"a.png": b"abc"}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    with pytest.raises(UserError, match="encrypted"):
        extract_zip(bytes(data), tmp_path / "set")
