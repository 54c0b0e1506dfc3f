"""Trained networks that the wheel leaves out for its size: they are fetched from the release on request."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fer_models.download import RemoteFile
from fer_models.errors import UserError
from fer_models.folders import checkpoints_folder, network_folders, networks_folder
from fer_models.progress import Progress, silent
from fer_models.settings import stored_or_none
from fer_models.storage import atomic_folder

_LIST = "left-out.json"


@dataclass(frozen=True)
class ListedFile:
    """A file of a network: its bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


def left_out() -> dict[str, dict[str, ListedFile]]:
    """The networks that this installation lacks, each with its files; empty in a clone.

    Example:
        >>> left_out()
        {}
    """
    listed = stored_or_none(checkpoints_folder() / _LIST, dict[str, dict[str, ListedFile]]) or {}
    there = {folder.name for folder in network_folders()}
    return {name: files for name, files in listed.items() if name not in there}


def release() -> str:
    """``$FER_RELEASE``: the address of the folder ``checkpoints`` of the release; empty if it is not set."""
    return os.environ.get("FER_RELEASE", "")


def get_network(name: str, source: str, progress: Progress = silent) -> Path:
    """Fetch a network that was left out; size and SHA-256 of every file are checked.

    Args:
        name: Of :func:`left_out`.
        source: Address of the folder ``checkpoints`` of the release.
        progress: Called before and after each file.

    Returns:
        Its folder, among the networks that were added.

    Raises:
        UserError: If it was not left out, no address is given, or a file cannot be fetched or is not the expected one;
            nothing is kept then.
    """
    files = left_out().get(name)
    if files is None:
        raise UserError(f"{name} is not among the networks to fetch: {', '.join(left_out()) or 'none is missing'}.")
    if not source:
        raise UserError(
            "Give the address of the release: --from ADDRESS, "
            "or set FER_RELEASE to the address of its folder checkpoints."
        )
    target = networks_folder() / name
    with atomic_folder(target) as folder:
        for number, (file, listed) in enumerate(files.items()):
            progress(number / len(files), f"{name}, {file}")
            RemoteFile(
                f"{file} of {name}",
                f"{source.rstrip('/')}/{name}/{file}",
                listed.size,
                listed.sha256,
                retry=f"fer checkpoints get {name}",
                by_hand=f"copy the folder {name} of the release to {target.parent}",
            ).fetch(folder / file)
    progress(1.0, f"{name} is in {target}")
    return target
