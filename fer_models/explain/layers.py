"""The layer of a class activation map, and the size of its map."""

from __future__ import annotations

import threading
import weakref

import torch
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.architectures.ensemble import Ensemble
from fer_models.errors import UserError

#: The layer of an ensemble: every member's default layer, and the mean of their maps.
ALL_MEMBERS = "all members"
#: Smallest side of a map that still separates brows from mouth: an aligned face has about five rows of parts.
SMALLEST_SIDE = 5

_SIZES: weakref.WeakKeyDictionary[nn.Module, dict[tuple[int, ...], dict[str, tuple[int, int]]]] = (
    weakref.WeakKeyDictionary()
)


def layer_sizes(model: FERNetwork, input_shape: tuple[int, ...]) -> dict[str, tuple[int, int]]:
    """Height and width of the map of every layer in ``model.cam_layers``, the deepest first.

    The first call for a size is one forward pass of one blank picture; later calls use the cached sizes.

    Args:
        input_shape: (..., H, W); only the last two count.

    Raises:
        UserError: If the network cannot take that size.
    """
    size = tuple(int(side) for side in input_shape[-2:])
    sizes = _SIZES.setdefault(model, {})
    if size not in sizes:
        measured = _measure(model, size)
        if isinstance(model, Ensemble):
            grids = [measured[name] for name in _defaults(model, measured)]
            measured = {ALL_MEMBERS: min(grids)} | measured
        sizes[size] = measured
    return dict(sizes[size])


def default_layer(model: FERNetwork, size: int | tuple[int, int]) -> str:
    """The deepest layer whose map has a side of at least five cells at that input size, else the deepest one.

    The usual choice is the last layer before pooling. On small pictures its map is too coarse: FCSDNet ends in 2 x 2
    cells at 48 px, where every heatmap is a corner. An earlier layer is less class-specific but separates brows from
    mouth, which is the purpose of a heatmap of a face. The layer is shown beside every map and can be changed. For an
    ensemble it is :data:`ALL_MEMBERS`.

    Args:
        size: side of the square input, or (H, W), in pixels.

    Raises:
        UserError: If the network has no layer with a map.
    """
    if not model.cam_layers:
        raise UserError(f"{model.title} has no layer with a map; choose a method without layers, such as occlusion.")
    shape = (size, size) if isinstance(size, int) else size
    if isinstance(model, Ensemble):
        return ALL_MEMBERS
    return _defaults(model, layer_sizes(model, shape))[0]


def modules_of(model: FERNetwork, layer: str, size: tuple[int, int]) -> list[nn.Module]:
    """The module of a layer; of :data:`ALL_MEMBERS` that of every member's default layer."""
    names = [layer]
    if layer == ALL_MEMBERS and isinstance(model, Ensemble):
        sizes = layer_sizes(model, size)
        names = _defaults(model, {name: cells for name, cells in sizes.items() if name != ALL_MEMBERS})
    return [model.cam_layers[name] for name in names]


def _defaults(model: FERNetwork, sizes: dict[str, tuple[int, int]]) -> list[str]:
    """The default layer of the network, or of each member of an ensemble."""
    groups = model.member_layers if isinstance(model, Ensemble) else [list(sizes)]
    return [next((name for name in names if max(sizes[name]) >= SMALLEST_SIDE), names[0]) for names in groups]


def find_layer(model: FERNetwork, layer: str | None, size: tuple[int, int]) -> str:
    """The name of a layer: ``layer`` if the network has it, :func:`default_layer` for ``None``.

    The dotted path of its module names a layer too, such as ``layer4`` of an imported ResNet.

    Raises:
        UserError: If the network offers no layer of that name.
    """
    if layer is None:
        return default_layer(model, size)
    layers = model.cam_layers
    if layer in layers or (layer == ALL_MEMBERS and isinstance(model, Ensemble)):
        return layer
    for path, module in model.named_modules():
        if layer in (path, path.removeprefix("body.")):  # an imported network is the body
            for name, known in layers.items():
                if known is module:
                    return name
    raise UserError(f"{model.title} has no layer {layer!r} for heatmaps; choose one of: {', '.join(layers)}.")


def _measure(model: FERNetwork, size: tuple[int, ...]) -> dict[str, tuple[int, int]]:
    thread, sizes = threading.get_ident(), {}
    handles, training = [], {module: module.training for module in model.modules()}

    def listen(name: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
            if threading.get_ident() == thread:  # another thread may be predicting with the same network
                sizes[name] = (int(output.shape[-2]), int(output.shape[-1]))

        handles.append(module.register_forward_hook(hook))

    layers = model.cam_layers
    if not layers:
        return {}
    parameter = next(model.parameters())
    try:
        for name, module in layers.items():
            listen(name, module)
        if model.training:  # batch norm would learn from the blank picture
            model.eval()
        with torch.no_grad():
            model(torch.zeros(1, model.in_channels, *size, dtype=parameter.dtype, device=parameter.device))
    finally:
        for handle in handles:
            handle.remove()
        for module, flag in training.items():
            module.training = flag
    return {name: sizes[name] for name in layers}
