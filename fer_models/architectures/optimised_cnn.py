"""The optimised CNN: five wide plain convolutions and one hidden layer.

Source: Vulpe-Grigorasi and Grigore 2021. The paper's text was not available; the layout is the one on which two
independent public versions agree. They differ in the padding of convolutions 2 to 5, an option here. The last map is
brought to the size that the hidden layer was made for by adaptive average pooling, which at 48 pixels changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_keras
from fer_models.architectures.switches import ADDED, Dropout, Gate, Ratio
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.settings import about, checked, ours

_EPS, _MOMENTUM = 1e-3, 0.01  # Keras: epsilon 1e-3, momentum 0.99
_PUBLIC = ours("as two public versions; the paper's text was not available")


@checked("Optimised CNN")
class OptimisedCNNOptions:
    """Switches of the optimised CNN."""

    padding: Annotated[
        Literal["same", "valid"], about("Of convolutions 2 to 5.", ours("two public versions differ"))
    ] = "same"
    attention: Annotated[Gate, about("A gate after each pool.", ADDED)] = "none"
    ratio: Annotated[Ratio, about("Reduction of the gates.", ADDED)] = 8
    dropout: Annotated[Dropout, about("After each pool.", _PUBLIC)] = 0.4
    head_dropout: Annotated[Dropout, about("Before the last layer.", _PUBLIC)] = 0.3


@ARCHITECTURES.register("optimised_cnn")
class OptimisedCNN(FERNetwork):
    r"""Optimised CNN: 4,678,983 trainable parameters at 48x48x1 and 7 classes, 4,384,071 with ``padding="valid"``.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 46 up (48 in the paper).
        - Feature map :math:`(B, 384, h, w)`: 2 x 2 at 48 px, 1 x 1 with ``padding="valid"``.
    """

    title = "Optimised CNN"
    paper = "Vulpe-Grigorasi and Grigore 2021, Convolutional neural network hyperparameters optimization for FER"
    summary = "Five wide 3x3 convolutions, four of them with batch norm, pool and strong dropout, and one hidden layer."
    size_origin = _PUBLIC
    Options = OptimisedCNNOptions
    native_input = (1, 48, 48)
    min_size = 46  # below, the valid variant has nothing left
    variants: ClassVar[dict[str, dict[str, Any]]] = {"valid padding": {"padding": "valid"}}

    def __init__(self, num_classes: int, in_channels: int, options: OptimisedCNNOptions):
        super().__init__(num_classes, in_channels, options)
        self.stem = nn.Sequential(nn.Conv2d(in_channels, 256, 3), nn.ReLU())
        blocks, channels = [], 256
        for width in (512, 384, 192, 384):
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(channels, width, 3, padding=1 if options.padding == "same" else 0),
                    nn.ReLU(),
                    nn.BatchNorm2d(width, _EPS, _MOMENTUM),
                    nn.MaxPool2d(2),
                    make_gate(options.attention, width, GateSettings(options.ratio, eps=_EPS, momentum=_MOMENTUM)),
                    nn.Dropout(options.dropout),
                )
            )
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.side = 2 if options.padding == "same" else 1
        self.hidden = nn.Linear(384 * self.side**2, 256)
        self.relu = nn.ReLU()
        self.norm = nn.BatchNorm1d(256, _EPS, _MOMENTUM)
        self.dropout = nn.Dropout(options.head_dropout)
        self.num_features = 256
        self.head = nn.Linear(256, num_classes)
        init_keras(self)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.blocks(self.stem(x))  # (B, 384, h, w)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        if tuple(features.shape[2:]) != (self.side, self.side):
            features = F.adaptive_avg_pool2d(features, self.side)
        embedding = self.dropout(self.norm(self.relu(self.hidden(features.flatten(1)))))  # (B, 256)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {f"block {i}": block for i, block in reversed(list(enumerate(self.blocks, 1)))} | {"stem": self.stem}
