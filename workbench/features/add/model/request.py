"""From the fields of the form to a checkpoint folder."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fer_models.architectures import list_models, network_class
from fer_models.architectures.builder import allowed
from fer_models.checkpoint import Checkpoint
from fer_models.errors import UserError
from fer_models.exchange.bring import ZOOS, Given, import_network, said_by
from fer_models.exchange.own_folder import copy_checkpoint
from fer_models.folders import network_folders, networks_folder

_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,79}")
#: Usual scales of the input: title to mean and std; three numbers are for R, G and B.
SCALES: dict[str, tuple[float | tuple[float, ...], float | tuple[float, ...]]] = {
    "[-1, 1]: mean 0.5, std 0.5": (0.5, 0.5),
    "[0, 1]: mean 0, std 1": (0.0, 1.0),
    "ImageNet: mean 0.485, 0.456, 0.406": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "0 to 255: mean 0, std 1/255": (0.0, 1 / 255),
}


@dataclass(frozen=True)
class Uploaded:
    """A file from the browser; it is written to disk only while it is read."""

    name: str
    content: memoryview


def architectures() -> dict[str, str]:
    """Key and title of what weights can be loaded into: networks here, packages, functions that were allowed."""
    ours = {key: network_class(key).title for key in list_models() if key != "ensemble"}
    zoos = {zoo: f"{zoo}, by name" for zoo in ZOOS if find_spec(zoo)}
    return ours | zoos | {source: source for source in allowed()}


def missing() -> str:
    """What could be offered if a package were installed, in one sentence; empty if all are."""
    absent = [zoo for zoo in ZOOS if not find_spec(zoo)]
    return f"Not offered, since not installed: {', '.join(absent)} (pip install {' '.join(absent)})." if absent else ""


def said_in(file: Uploaded | str) -> Given | None:
    """What an ONNX file of ``fer export-onnx`` says of itself; ``None`` for other files.

    Raises:
        UserError: If the file cannot be read.
    """
    if isinstance(file, str):
        return None if Path(file).is_dir() else said_by(file)
    if not file.name.lower().endswith(".onnx"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        return said_by(_written(file, folder))


def place(name: str, file: Uploaded | str) -> Path:
    """The folder of a new network.

    Args:
        name: What the user calls it; empty: as the file.
        file: The file or its path.

    Raises:
        UserError: If the name is no name for a folder, or is taken.
    """
    stem = Path(file.name if isinstance(file, Uploaded) else file).stem
    chosen = name.strip() or re.sub(r"[^\w.+-]+", "-", stem).strip("-.")
    if not _NAME.fullmatch(chosen):
        raise UserError("Give the network a name of letters, digits, '-', '_' and '.'.")
    if any(folder.name == chosen for folder in network_folders()):
        raise UserError(f"There is a network {chosen} already; choose another name.")
    return networks_folder() / chosen


def add(file: Uploaded | str, given: Given | None, folder: Path) -> Checkpoint:
    """Write the checkpoint folder.

    Args:
        file: From the browser, or a path on this computer: a file or a checkpoint folder.
        given: What the file is; not needed for a folder.
        folder: Of :func:`place`.

    Raises:
        UserError: If the file cannot be used; the message says what to change.
    """
    if isinstance(file, str):
        if Path(file).expanduser().is_dir():
            return copy_checkpoint(file, folder)
        if given is None:
            raise UserError("Choose the network that these weights belong to, and its classes.")
        return import_network(file, given, folder)
    if given is None:
        raise UserError("Choose the network that these weights belong to, and its classes.")
    with tempfile.TemporaryDirectory() as scratch:
        return import_network(_written(file, scratch), given, folder)


def _written(file: Uploaded, folder: str) -> Path:
    path = Path(folder) / Path(file.name).name
    path.write_bytes(file.content)
    return path
