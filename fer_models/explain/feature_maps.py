"""The feature maps of a network for given faces, from its first convolution to its last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from fer_models.explain.untouched import untouched

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: Name of the first convolution, which is no layer for heatmaps.
FIRST = "first convolution"


@dataclass(frozen=True)
class FeatureMaps:
    """The output of one layer.

    Args:
        layer: A layer for heatmaps, or :data:`FIRST`.
        values: float32 (B, C, h, w).
    """

    layer: str
    values: np.ndarray

    def strongest(self, count: int, picture: int = 0) -> np.ndarray:
        """Channels of one picture with the largest standard deviation over its places, int64 (up to ``count``,)."""
        spread = self.values[picture].std(axis=(1, 2))
        return np.argsort(-spread, kind="stable")[:count]


def feature_maps(classifier: Classifier, batch: Tensor) -> list[FeatureMaps]:
    """One layer for every map size: the last layer of that size, in the order of the network.

    Args:
        classifier: The network.
        batch: Network input (B, C, H, W).

    Returns:
        The largest maps first; the first is that of the first convolution unless a layer for heatmaps has its size.

    Example:
        >>> from fer_models import load_checkpoint
        >>> classifier = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
        >>> [maps.values.shape[1:] for maps in feature_maps(classifier, batch)]
        [(64, 24, 24), (128, 12, 12), (256, 6, 6), (512, 3, 3), (512, 2, 2)]
    """
    with classifier.exclusive() as model, torch.no_grad(), untouched(model):
        layers: dict[str, nn.Module] = dict(reversed(list(model.cam_layers.items())))
        first = next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)
        if first is not None:
            layers = {FIRST: first, **layers}
        outputs: dict[str, np.ndarray] = {}

        def listen(name: str, module: nn.Module) -> None:
            def hook(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
                outputs[name] = output.float().cpu().numpy()

            module.register_forward_hook(hook)

        for name, module in layers.items():
            listen(name, module)
        model(batch)
    by_size = {outputs[name].shape[2:]: FeatureMaps(name, outputs[name]) for name in layers}
    return sorted(by_size.values(), key=lambda maps: -maps.values.shape[2])
