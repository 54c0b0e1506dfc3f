"""The weights in a program of ``torch.export`` (``.pt2``): read from its archive as bytes; the program is never run."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path

import torch
from pydantic import BaseModel
from torch import Tensor

from fer_models.errors import UserError
from fer_models.settings import parse_stored

_CONFIG = "data/weights/model_weights_config.json"
#: Numbers of the types in the archive, as torch's ``ScalarType``.
_DTYPES = {
    1: torch.uint8, 2: torch.int8, 3: torch.int16, 4: torch.int32, 5: torch.int64, 6: torch.float16, 7: torch.float32,
    8: torch.float64, 12: torch.bool, 13: torch.bfloat16,
}  # fmt: skip


class _Whole(BaseModel):
    """A whole number; one that is a symbol has none."""

    as_int: int


class _Meta(BaseModel):
    """Type and layout of a tensor."""

    dtype: int
    sizes: list[_Whole]
    strides: list[_Whole]
    storage_offset: _Whole


class _Entry(BaseModel):
    """A weight: the file in the archive that holds its bytes, alone or with others."""

    path_name: str
    use_pickle: bool
    tensor_meta: _Meta


class _Config(BaseModel):
    """Every weight by its name."""

    config: dict[str, _Entry]


def program_weights(file: Path, largest: int) -> dict[str, Tensor]:
    """Names and weights of an exported program.

    Args:
        file: Of ``torch.export.save``, torch 2.7 or later.
        largest: Bytes that all weights together may have.

    Raises:
        UserError: If it is no such file, damaged, too large, or a weight is stored as a pickle.

    Example:
        >>> program = torch.export.export(torch.nn.Linear(2, 7), (torch.ones(1, 2),))
        >>> torch.export.save(program, "network.pt2")
        >>> {name: tuple(value.shape) for name, value in program_weights(Path("network.pt2"), 1000).items()}
        {'weight': (7, 2), 'bias': (7,)}
    """
    try:
        with zipfile.ZipFile(file) as archive:
            name = next((each for each in archive.namelist() if each.endswith(_CONFIG)), None)
            if name is None:
                raise UserError(f"{file.name} is of an older torch; export it again with torch 2.7 or later.")
            entries = parse_stored(archive.read(name), _Config).config
            folder = name.removesuffix(_CONFIG.rpartition("/")[2])
            sizes = {path: archive.getinfo(folder + path).file_size for path in {e.path_name for e in entries.values()}}
            if sum(sizes.values()) > largest:
                raise UserError(f"{file.name} unpacks to more than {largest / 1e9:.3g} GB.")
            pickled = next((name for name, entry in entries.items() if entry.use_pickle), None)
            if pickled is not None:
                raise UserError(f"{file.name} holds {pickled} as a pickle, which is never opened; export it again.")
            stored = {path: bytearray(archive.read(folder + path)) for path in sizes}
    except (zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise UserError(f"{file.name} is not a program of torch.export, or is damaged; copy it again.") from None
    return {name: _tensor(entry.tensor_meta, stored[entry.path_name], file.name) for name, entry in entries.items()}


def _tensor(meta: _Meta, content: bytearray, file: str) -> Tensor:
    sizes, strides = ([each.as_int for each in part] for part in (meta.sizes, meta.strides))
    dtype = _DTYPES.get(meta.dtype)
    if dtype is None:
        raise UserError(f"{file} holds weights of an unsupported type; save them as float32.")
    if not math.prod(sizes):
        return torch.empty(sizes, dtype=dtype)
    try:
        flat = torch.frombuffer(content, dtype=dtype)
        return flat.as_strided(sizes, strides, meta.storage_offset.as_int).clone()
    except (RuntimeError, ValueError):
        raise UserError(f"{file} is damaged: a weight is shorter than it says; copy it again.") from None
