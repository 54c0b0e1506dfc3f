"""The weights in a file of another program; nothing in it is ever run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from fer_models.errors import UserError
from fer_models.exchange.exported_program import program_weights
from fer_models.files import open_regular
from fer_models.folders import expanded

#: Bytes of the largest file that is read.
LARGEST = 2_000_000_000
#: Under what training programs keep the weights among other things.
_NESTED = ("state_dict", "model_state_dict", "model", "net", "network", "weights", "module")
#: What wrappers put before every name.
_WRAPPERS = ("module.", "_orig_mod.", "model.", "net.", "network.")
_TO_ONNX = "python -m tf2onnx.convert --keras network.h5 --output network.onnx"
_SAVE = 'torch.save(network.state_dict(), "weights.pt")'
_REFUSED = {
    **dict.fromkeys((".h5", ".hdf5", ".keras"), f"a Keras file; convert it to ONNX and import that: {_TO_ONNX}"),
    ".pb": f"a TensorFlow file; convert it to ONNX and import that: {_TO_ONNX}",
    ".pkl": "a pickle, which can run code when it is opened; save the weights alone instead: " + _SAVE,
    ".zip": "a ZIP archive; unpack it and import the file inside",
    ".tflite": "a TensorFlow Lite file; convert it to ONNX and import that",
}
SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".pt2")


def check_kind(file: Path) -> None:
    """Refuse what is never read, by its ending.

    Raises:
        UserError: With what the file is and how to bring the network instead.
    """
    suffix = file.suffix.lower()
    if suffix in _REFUSED:
        raise UserError(f"{file.name} is {_REFUSED[suffix]}")
    if suffix not in (*SUFFIXES, ".onnx"):
        raise UserError(f"{file.name} is not a weight file; choose one that ends in {', '.join(SUFFIXES)} or .onnx.")


def checked_path(path: str | Path, largest: int | None = None) -> Path:
    """The file, if it is a regular one of a kind and size that is read.

    Raises:
        UserError: If not; the message says why.
    """
    file = expanded(path)
    check_kind(file)
    try:
        open_regular(file, LARGEST if largest is None else largest).close()
    except OSError as error:
        raise UserError(f"{file.name} cannot be read: {error.strerror}.") from None
    return file


def read_state(path: str | Path) -> dict[str, Tensor]:
    """Names and weights in a ``.safetensors``, ``.pt``, ``.pth`` or ``.pt2`` file, floats as float32.

    ``.pt`` and ``.pth`` are read with ``weights_only=True``; weights under ``state_dict``, ``model`` and the like are
    found there. Of a ``.pt2`` (``torch.export``) only the weights are read.

    Args:
        path: The file.

    Raises:
        UserError: If the file is of another kind, too large, damaged, holds more than weights, or a weight is NaN.

    Example:
        >>> torch.save({"state_dict": {"module.fc.weight": torch.ones(7, 2)}}, "weights.pt")
        >>> list(read_state("weights.pt"))
        ['module.fc.weight']
    """
    file = checked_path(path)
    suffix = file.suffix.lower()
    if suffix == ".pt2":
        state = program_weights(file, LARGEST)
    else:
        state = _safetensors(file) if suffix == ".safetensors" else _torch_file(file)
    for name, value in state.items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise UserError(f"{file.name} holds NaN or infinity (first in {name}): its training diverged.")
    return {name: value.float() if value.is_floating_point() else value for name, value in state.items()}


def _safetensors(file: Path) -> dict[str, Tensor]:
    try:
        with safe_open(file, "pt") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise UserError(f"{file.name} is not a safetensors file ({str(error)[:120]}).") from None


def _torch_file(file: Path) -> dict[str, Tensor]:
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            if any(entry.filename.endswith("constants.pkl") for entry in archive.infolist()):
                raise UserError(f"{file.name} is TorchScript, which is a program; save the weights alone: {_SAVE}")
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise UserError(f"{file.name} unpacks to more than {LARGEST / 1e9:.3g} GB.")
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UserError(
            f"{file.name} holds more than weights, such as a whole network, and opening that would run code; save the "
            f"weights alone: {_SAVE}"
        ) from None
    except (RuntimeError, EOFError, ValueError, OSError, KeyError, TypeError, AttributeError, IndexError):
        raise UserError(f"{file.name} is not a PyTorch file, or is damaged; copy it again.") from None
    return _weights_in(content, file)


def _weights_in(content: Any, file: Path) -> dict[str, Tensor]:
    """The dictionary of weights, itself or inside what a training program saved."""
    for _ in range(3):
        if not isinstance(content, Mapping):
            break
        tensors = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
        if tensors and len(tensors) >= len(content) / 2:
            return tensors
        content = next((content[key] for key in _NESTED if isinstance(content.get(key), Mapping)), None)
    raise UserError(f"{file.name} holds no dictionary of weights; save it again: {_SAVE}")


def fitted(state: Mapping[str, Tensor], wanted: Iterable[str]) -> dict[str, Tensor]:
    """The weights under the names that the network has: what wrappers such as ``DataParallel`` put before is removed.

    Args:
        state: Names and weights.
        wanted: Names in the network.

    Example:
        >>> list(fitted({"module.fc.bias": torch.zeros(7)}, ["fc.bias"]))
        ['fc.bias']
    """
    names = set(wanted)
    for _ in range(3):
        prefix = next((each for each in _WRAPPERS if state and all(name.startswith(each) for name in state)), None)
        if prefix is None or all(name in names for name in state):
            break
        state = {name.removeprefix(prefix): value for name, value in state.items()}
    return dict(state)


def check_fit(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], *, head: str, classes: int, file: str) -> None:
    """Compare weights with what a network needs.

    Args:
        state: Names and weights.
        wanted: Those of the network.
        head: Name of the last layer in the network.
        classes: Number of class names.
        file: For the message.

    Raises:
        UserError: If some are missing, left over or of another shape; the message lists them.
    """
    bias = state.get(f"{head}.bias", state.get(f"{head}.weight"))
    if head and bias is not None and len(bias) != classes:
        raise UserError(f"{file} gives {len(bias)} scores, but {classes} class names were given; name every output.")
    missing = [name for name in wanted if name not in state and not name.endswith("num_batches_tracked")]
    unexpected = [name for name in state if name not in wanted and not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        parts = [f"missing are {_list(missing)}" if missing else "", f"left over are {_list(unexpected)}"]
        found = "; ".join(part for part, names in zip(parts, (missing, unexpected), strict=True) if names)
        raise UserError(f"The weights in {file} are of another network or options: {found}.")
    for name, value in wanted.items():
        if name in state and state[name].shape != value.shape:
            raise UserError(
                f"{name} in {file} is {tuple(state[name].shape)}, the network has {tuple(value.shape)}: its options, "
                "channels or size differ."
            )


def _list(names: list[str]) -> str:
    first = ", ".join(names[:4])
    return f"{first} and {len(names) - 4} more" if len(names) > 4 else first
