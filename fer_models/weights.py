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
from fer_models.folders import checkpoint_name
from fer_models.preprocess import Preprocess
from fer_models.settings import parse_stored

WEIGHTS = "weights.safetensors"
_ABOUT = "fer_models"  # all facts in one entry of the metadata: the order of several entries would be arbitrary
_HEADER_BYTES = 100_000_000  # the longest header that safetensors reads
_DTYPES = {"float16": torch.float16, "float32": torch.float32}


#: What the weights' names begin with -> (folder of the checkpoint that holds them, its SHA-256).
Beside = dict[str, tuple[str, str]]


class About(BaseModel):
    """What a weight file says of itself, in its metadata, so that its hash covers it.

    Files of version 0.2 and before say less: what they leave out is ``None``; ``fer migrate`` adds it.
    """

    network: str = ""
    options: dict[str, Any] = {}
    in_channels: int | None = None
    classes: tuple[str, ...] | None = None
    preprocess: dict[str, Any] | None = None
    beside: Beside = {}


def describe(model: FERNetwork, classes: tuple[str, ...], preprocess: Preprocess, beside: Beside) -> About:
    """What the weight file of a network says of itself."""
    return About(
        network=model.key,
        options=model.options_dict(),
        in_channels=model.in_channels,
        classes=classes,
        preprocess=preprocess.to_dict(),
        beside=beside,
    )


def file_sha256(file: Path) -> str:
    """Hex digest of a file."""
    digest = hashlib.sha256()
    with file.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_about(folder: Path) -> About:
    """What the weight file of a folder says of itself.

    Raises:
        UserError: If the weight file is not safetensors.
    """
    with _opened(folder) as weights:
        about = parse_stored((weights.metadata() or {}).get(_ABOUT, "{}"), About)
    beside = {prefix: (Path(name).name, sha256) for prefix, (name, sha256) in about.beside.items()}
    return about.model_copy(update={"beside": beside})


def read_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the weights in the folder's own file, from its header.

    Raises:
        UserError: If the weight file is not safetensors.
    """
    with _opened(folder) as weights:
        return {name: tuple(weights.get_slice(name).get_shape()) for name in weights.keys()}  # noqa: SIM118


def read_weights(folder: Path, sha256: str) -> dict[str, Tensor]:
    """The weights in the folder's own file by their names in the network, floats as float32.

    Raises:
        UserError: If the file has another hash, is not safetensors, or holds NaN or infinity.
    """
    if file_sha256(folder / WEIGHTS) != sha256:
        raise UserError(
            f"The weights of {checkpoint_name(folder)} are not the ones that were saved (their SHA-256 differs); "
            "copy the folder again from where it came."
        )
    with _opened(folder) as weights:
        state = {name: weights.get_tensor(name) for name in weights.keys()}  # noqa: SIM118
    if name := _not_finite(state):
        raise UserError(
            f"The weights of {checkpoint_name(folder)} hold NaN or infinity (first in {name}): their "
            "training diverged; use another checkpoint."
        )
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def write_weights(folder: Path, model: FERNetwork, about: About, dtype: str) -> str:
    """Write the weight file and return its SHA-256; weights that ``about.beside`` covers are left out.

    Args:
        folder: Where to write.
        model: The network.
        about: What the file says of itself.
        dtype: ``"float16"`` or ``"float32"``; integer buffers stay as they are.

    Raises:
        UserError: If a weight is NaN or infinite, or becomes so in ``dtype``.
    """
    state = {
        name: value.detach().to("cpu", _DTYPES[dtype] if value.is_floating_point() else value.dtype).contiguous()
        for name, value in model.state_dict().items()
        if not name.startswith(tuple(about.beside))
    }
    if name := _not_finite(state):
        raise UserError(
            f"The network was not saved: {name} holds NaN or infinity as {dtype}. Training diverged; lower the "
            "learning rate or clip the gradient."
        )
    return write_file(folder / WEIGHTS, state, about)


def write_file(file: Path, state: Mapping[str, Tensor], about: About) -> str:
    """Write tensors with what they are, and return the file's SHA-256."""
    facts = {name: value for name, value in about.model_dump().items() if value is not None}
    text = json.dumps(facts, sort_keys=True)
    save_file(dict(state), file, {_ABOUT: text})
    file.chmod(0o644)  # safetensors makes it readable to its owner alone
    return file_sha256(file)


def _not_finite(state: Mapping[str, Tensor]) -> str | None:
    """Name of the first tensor with NaN or infinity."""
    return next((n for n, v in state.items() if v.is_floating_point() and not bool(v.isfinite().all())), None)


@contextmanager
def _opened(folder: Path) -> Iterator[Any]:
    try:
        with safe_open(folder / WEIGHTS, "pt") as weights:
            yield weights
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        name = f"{WEIGHTS} of {checkpoint_name(folder)}"
        if isinstance(error, SafetensorError) and _begins_as_ours(folder / WEIGHTS):
            raise UserError(f"{name} is damaged, or was cut off while it was copied; copy the folder again.") from None
        raise UserError(
            f"{name} is not a safetensors file of this workbench; other formats are never "
            "opened, since they can run code. Save the network again with this workbench."
        ) from None


def _begins_as_ours(file: Path) -> bool:
    """Whether a file begins as safetensors does: the length of the header in eight bytes, then its JSON."""
    try:
        with file.open("rb") as handle:
            begin = handle.read(9)
    except OSError:
        return False
    return begin[8:] == b"{" and int.from_bytes(begin[:8], "little") < _HEADER_BYTES
