"""Unpacking an uploaded ZIP: nothing outside the folder, bounded size, plain files only."""

from __future__ import annotations

import io
import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from fer_models.errors import UserError
from fer_models.storage import atomic_folder

MAX_BYTES = 2_000_000_000
MAX_FILES = 200_000
_PIECE = 1 << 20
_MAX_NAME, _MAX_PART = 400, 255
#: What zipfile and the decompressors raise on damaged bytes, besides OSError.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,  # NotImplementedError is one
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
)


def extract_zip(
    data: bytes, destination: str | Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES
) -> list[Path]:
    """Unpack a ZIP into the new folder ``destination`` and return its files.

    Names and declared sizes are checked before anything is written, and the real sizes while writing: an archive that
    declares too little is refused. Either everything is unpacked or ``destination`` is not created.

    Raises:
        UserError: If the bytes are no ZIP, a name leads outside the folder, a member is a link or encrypted or damaged,
            there are more than ``max_files`` files or ``max_bytes`` bytes, or ``destination`` is there already.
    """
    destination = Path(destination)
    if destination.exists():
        raise UserError(f"There is a data set in {destination.name!r} already; choose another name.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = _check(archive, max_bytes, max_files)
            left = max_bytes
            with atomic_folder(destination, replace=False, private=True) as new:
                for info, parts in members:
                    left -= _write(archive, info, new.joinpath(*parts), min(left, info.file_size))
    except _DAMAGE as error:
        raise UserError(f"The ZIP is damaged or of an unsupported kind ({error}); create it again.") from None
    except OSError as error:
        raise UserError(
            f"The ZIP cannot be unpacked ({error.strerror or error}); free some disk space and try again."
        ) from None
    return [destination.joinpath(*parts) for _, parts in members]


def _check(archive: zipfile.ZipFile, max_bytes: int, max_files: int) -> list[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    """Members with the parts of their paths; folders and files that desktops create are skipped."""
    infos = archive.infolist()
    if len(infos) > max_files:
        raise UserError(f"The ZIP holds {len(infos):,} files, more than the {max_files:,} allowed; split it.")
    total = sum(info.file_size for info in infos)
    if total > max_bytes:
        raise UserError(
            f"The ZIP unpacks to {total / 1e6:,.0f} MB, more than the {max_bytes / 1e6:,.0f} MB allowed; split it."
        )
    members: list[tuple[zipfile.ZipInfo, tuple[str, ...]]] = []
    taken: set[str] = set()
    for info in infos:
        parts = _parts(info)
        if info.is_dir() or "__MACOSX" in parts or parts[-1].startswith("."):
            continue
        key = "/".join(parts).lower()
        if key in taken:
            raise UserError(f"The ZIP holds {info.filename[:80]!r} twice; create it again.")
        taken.add(key)
        members.append((info, parts))
    if not members:
        raise UserError("The ZIP holds no files; put the images or the CSV into it.")
    return members


def _parts(info: zipfile.ZipInfo) -> tuple[str, ...]:
    """The parts of a member's path, once it is known to be a plain file or folder inside the archive."""
    name = info.filename.replace("\\", "/")
    shown = f"{info.filename[:80]!r}"
    mode = info.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise UserError(f"The ZIP holds {shown}, a link or device; only files and folders are unpacked.")
    if info.flag_bits & 0x1:
        raise UserError(f"The ZIP holds {shown} encrypted; create it again without a password.")
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or ":" in name or any(ord(c) < 32 for c in name):
        raise UserError(f"The ZIP holds {shown}, a path that leads outside its folder; nothing was unpacked.")
    if len(name.encode()) > _MAX_NAME or len(parts) > 12 or any(len(part.encode()) > _MAX_PART for part in parts):
        raise UserError(f"The ZIP holds {shown}, whose path is too long; use shorter names.")
    return parts


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, limit: int) -> int:
    """Unpack one member, at most ``limit`` bytes; returns how many it had."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(info) as source, path.open("xb") as target:
        while piece := source.read(_PIECE):
            written += len(piece)
            if written > limit:
                raise UserError(
                    f"{info.filename[:80]!r} in the ZIP is larger than the ZIP declares; "
                    "it may be a ZIP bomb, so nothing was unpacked."
                )
            target.write(piece)
    return written
