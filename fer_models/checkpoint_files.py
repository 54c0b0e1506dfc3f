"""The JSON files of a checkpoint folder as they must be."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fer_models.errors import UserError
from fer_models.folders import checkpoint_name
from fer_models.preprocess import Preprocess
from fer_models.settings import DamagedError, checked, nested, read_stored, shown
from fer_models.weights import WEIGHTS, About

FORMAT = 1
#: Files that other programs keep weights in; none of these is opened.
_OTHER_WEIGHTS = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin", ".pkl"), "a PyTorch file, which can run code when it is opened"),
    **dict.fromkeys((".h5", ".hdf5", ".keras"), "a Keras file"),
    ".safetensors": "a weight file without its configuration",
    ".onnx": "an ONNX file",
    ".zip": "a ZIP archive",
}
CONFIG, METRICS, CARD = "config.json", "metrics.json", "card.md"


class _Provenance(BaseModel):
    """What is read of the provenance; other entries are kept as they are."""

    model_config = ConfigDict(extra="allow")

    run: str = ""
    recipe: dict[str, Any] = {}
    data: str = ""
    split: str = ""
    validation: str = ""
    selection: str = ""
    epoch: int | None = None
    val_accuracy: float | None = None
    versions: dict[str, str] = {}
    left_out: list[int] = []
    members: list[Any] = []


class _Figure(BaseModel):
    """One row of ``metrics.json``; a figure that could not be measured has no value."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: Annotated[int, Field(ge=0, le=2**53)] | None = None
    data: str = ""
    split: str = ""
    selection: str = ""
    averaging: str = "none"


@checked(CONFIG, extra="ignore")
class Config:
    """Content of ``config.json``."""

    format: Literal[1]
    network: str
    options: dict[str, Any]
    in_channels: Annotated[int, Field(ge=1, le=3)]
    classes: Annotated[tuple[str, ...], Field(strict=False, min_length=2)]
    preprocess: Annotated[Preprocess, nested(Preprocess)]
    weights_sha256: str
    provenance: _Provenance = field(default_factory=_Provenance)


def check_folder(folder: Path) -> None:
    """Refuse what is no folder, by what it is.

    Raises:
        UserError: If it is not there, lacks a file, or is a single file such as weights of another program.
    """
    if os.path.isdir(folder):
        for name in (CONFIG, WEIGHTS):
            if not os.path.isfile(folder / name):
                raise UserError(f"The checkpoint {checkpoint_name(folder)} has no {name}; copy the whole folder again.")
        return
    if os.path.lexists(folder):
        other = _OTHER_WEIGHTS.get(folder.suffix.lower(), "a single file")
        raise UserError(
            f"{folder.name} is {other}, not a checkpoint folder with {WEIGHTS} and {CONFIG}; in Python, "
            "fer_models.checkpoint.save_checkpoint writes one from a network of this workbench."
        )
    raise UserError(f"There is no checkpoint folder {folder.name!r}; choose one that holds {WEIGHTS} and {CONFIG}.")


def read_config(folder: Path) -> Config:
    """Content of ``config.json``.

    Raises:
        UserError: If it is damaged.
    """
    remedy = "copy the checkpoint folder again"
    return read_stored(folder / CONFIG, Config, remedy=remedy, owner=checkpoint_name(folder))


def check_about(folder: Path, config: Config, about: About) -> None:
    """Compare ``config.json`` with what the weight file says of itself, which its hash covers.

    Files of version 0.2 and before say less; what they do not say is not compared.

    Raises:
        UserError: If the two disagree; the message names the field and both values.
    """
    said = about.model_dump(exclude={"beside"}, exclude_unset=True, mode="json")
    configured = {
        "network": config.network,
        "options": config.options,
        "in_channels": config.in_channels,
        "classes": list(config.classes),
        "preprocess": config.preprocess.to_dict(),
    }
    for name, value in said.items():
        if value != configured[name]:
            raise DamagedError(
                f"{CONFIG} of {checkpoint_name(folder)} gives the {name} {shown(configured[name])}, its "
                f"weights were saved with {shown(value)}; copy the checkpoint folder again."
            )


def read_figures(folder: Path) -> list[dict[str, Any]]:
    """Rows of ``metrics.json``; none where there is no such file.

    Raises:
        UserError: If it is damaged.
    """
    if not os.path.lexists(folder / METRICS):
        return []
    remedy = f"delete {METRICS}, or copy the checkpoint folder again"
    rows = read_stored(folder / METRICS, list[_Figure], remedy=remedy, owner=checkpoint_name(folder))
    return [row.model_dump() for row in rows]


def misfit(folder: str, network: str, found: Mapping[str, Any]) -> str:
    """Why stored weights are not those of a network, and what to do.

    Args:
        folder: Name of the checkpoint.
        network: Key of the network that its configuration names.
        found: The stored weights by name.

    Example:
        >>> misfit("mine", "vgg_fer", {"module.head.weight": (7, 512)})[:63]
        "The weights of mine are named 'module. ...', as torch's DataPar"
    """
    if found and all(name.startswith("module.") for name in found):
        return (
            f"The weights of {folder} are named 'module. ...', as torch's DataParallel names them; save the network "
            "inside it, its attribute module."
        )
    return f"The weights of {folder} do not fit {network} with the options in its {CONFIG}; one of the two was changed."
