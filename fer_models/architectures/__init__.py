"""The networks, one paper a file; importing this package imports and registers them all."""

from __future__ import annotations

import fnmatch
from typing import Any

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.imported import ImportedNetwork
from fer_models.architectures.onnx_graph import OnnxNetwork
from fer_models.registry import import_modules

__all__ = ["ARCHITECTURES", "FERNetwork", "create_model", "list_models", "network_class", "network_title"]

#: Networks of other programs, by what a checkpoint calls them; they cannot be chosen for training.
IMPORTED: dict[str, type[FERNetwork]] = {"imported": ImportedNetwork, "onnx": OnnxNetwork}


def network_class(name: str) -> type[FERNetwork]:
    """The class of a checkpoint's network: one of ours, or of another program.

    Raises:
        UserError: If the name is unknown.
    """
    return IMPORTED[name] if name in IMPORTED else ARCHITECTURES[name]


def network_title(name: str, options: dict[str, Any]) -> str:
    """What a screen calls a checkpoint's network; an unknown one by its key.

    Example:
        >>> network_title("imported", {"source": "timm:resnet18"})
        'resnet18 (timm)'
    """
    if name == "imported":
        package, _, title = str(options.get("source", "")).partition(":")
        return f"{title} ({package})"
    if name in IMPORTED or name in ARCHITECTURES:
        return network_class(name).title
    return name


def create_model(name: str, num_classes: int = 7, in_channels: int | None = None, **options: Any) -> FERNetwork:
    """Build a network with fresh weights.

    Args:
        name: a key of :func:`list_models`.
        in_channels: 1 to 3; the paper's own number by default.
        options: fields of the network's ``Options``.

    Raises:
        UserError: If the name or an option is unknown, or the network cannot take that many channels.

    Example:
        >>> network = create_model("mini_xception", num_classes=7, in_channels=1, attention="se")
        >>> network(torch.zeros(2, 1, 48, 48)).shape
        torch.Size([2, 7])
    """
    network = network_class(name)
    channels = network.native_input[0] if in_channels is None else in_channels
    model = network(num_classes, channels, network.parse_options(options))
    model.key = name
    return model


def list_models(pattern: str = "*") -> list[str]:
    """Keys of the networks, sorted.

    Args:
        pattern: Which ones, with ``*`` and ``?`` as in file names.

    Example:
        >>> list_models("*att*")
        ['separable_attention']
    """
    return fnmatch.filter(ARCHITECTURES, pattern)


import_modules(__name__)
