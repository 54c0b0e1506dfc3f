"""The weight file of a checkpoint: safetensors, verified by its hash, never unpickled.

Its metadata name the network and, for an ensemble, the checkpoints beside it that hold part of the weights.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from fer_models.architectures.base import FERNetwork
from fer_models.errors import UserError
from fer_models.settings import parse_stored

WEIGHTS = "weights.safetensors"
_ABOUT = "fer_models"  # all facts in one entry of the metadata: the order of several entries would be arbitrary
_DTYPES = {"float16": torch.float16, "float32": torch.float32}


class _About(BaseModel):
    """What the metadata say; old files say less."""

    beside: dict[str, tuple[str, str]] = {}


#: What the weights' names begin with -> (folder of the checkpoint that holds them, its SHA-256).
Beside = dict[str, tuple[str, str]]


def file_sha256(file: Path) -> str:
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_beside(folder: Path) -> Beside:
    """Checkpoints beside this one that hold part of its weights.

    Raises:
        UserError: If the weight file is not safetensors.
    """
    with _opened(folder) as weights:
        facts = parse_stored((weights.metadata() or {}).get(_ABOUT, "{}"), _About)
        return {prefix: (Path(name).name, sha256) for prefix, (name, sha256) in facts.beside.items()}


def read_weights(folder: Path, sha256: str) -> dict[str, Tensor]:
    """The weights in the folder's own file by their names in the network, floats as float32.

    Raises:
        UserError: If the file has another hash or is not safetensors.
    """
    if file_sha256(folder / WEIGHTS) != sha256:
        raise UserError(
            f"The weights of {folder.name} are not the ones that were saved (their SHA-256 differs); "
            "copy the folder again from where it came."
        )
    with _opened(folder) as weights:
        state = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def write_weights(folder: Path, model: FERNetwork, dtype: str, beside: Mapping[str, tuple[str, str]]) -> str:
    """Write the weight file and return its SHA-256; weights that ``beside`` covers are left out.

    Args:
        folder: Where to write.
        model: The network.
        dtype: ``"float16"`` or ``"float32"``; integer buffers stay as they are.
        beside: As :func:`read_beside` returns it.
    """
    state = {
        name: value.detach().to("cpu", _DTYPES[dtype] if value.is_floating_point() else value.dtype).contiguous()
        for name, value in model.state_dict().items()
        if not name.startswith(tuple(beside))
    }
    # The hash of the file stands for the whole network, so everything that defines the network is in the file.
    facts: dict[str, Any] = {"network": model.key, "options": model.options_dict()}
    if beside:
        facts["beside"] = dict(beside)
    save_file(state, folder / WEIGHTS, {_ABOUT: json.dumps(facts, sort_keys=True)})
    (folder / WEIGHTS).chmod(0o644)  # safetensors makes it readable to its owner alone
    return file_sha256(folder / WEIGHTS)


@contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    try:
        with safe_open(folder / WEIGHTS, "pt") as weights:
            yield weights
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError):
        raise UserError(
            f"{WEIGHTS} in {folder.name} is not a safetensors file of this workbench; other formats are never "
            "opened, since they can run code. Save the network again with this workbench."
        ) from None
