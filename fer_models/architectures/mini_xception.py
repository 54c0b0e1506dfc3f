"""Mini-Xception: a very small residual network of separable convolutions, the speed peer of the papers here.

Source: Arriaga et al. 2017, "Real-time convolutional neural networks for emotion and gender classification", in the
layout of its released code. There the last layer is a 3x3 convolution to the classes and the global average of its
output. A mean of a convolution is linear in the nine means of the shifted map, so here the head takes these nine means
a channel and a linear layer: the same weights, the same numbers, and an embedding to look at.
"""

from __future__ import annotations

from typing import Annotated

import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_keras
from fer_models.architectures.same_padding import SamePad
from fer_models.architectures.switches import ADDED, Gate, Ratio
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.settings import about, checked, in_code

_EPS, _MOMENTUM = 1e-3, 0.01  # Keras: epsilon 1e-3, momentum 0.99


@checked("Mini-Xception")
class MiniXceptionOptions:
    """Switches of Mini-Xception."""

    attention: Annotated[Gate, about("A gate on each module's pooled map before the skip.", ADDED)] = "none"
    ratio: Annotated[Ratio, about("Reduction of the gates.", ADDED)] = 8


def _separable(c_in: int, c_out: int) -> list[nn.Module]:
    return [
        nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False),
        nn.Conv2d(c_in, c_out, 1, bias=False),
        nn.BatchNorm2d(c_out, _EPS, _MOMENTUM),
    ]


class XceptionModule(nn.Module):
    """Two separable convolutions and a pool beside a 1x1 convolution with step 2: (B, C, H, W) to (B, D, H/2, W/2)."""

    def __init__(self, c_in: int, c_out: int, options: MiniXceptionOptions):
        super().__init__()
        self.body = nn.Sequential(
            *_separable(c_in, c_out),
            nn.ReLU(),
            *_separable(c_out, c_out),
            SamePad(3, 2, float("-inf")),
            nn.MaxPool2d(3, 2),
        )
        self.gate = make_gate(options.attention, c_out, GateSettings(options.ratio, eps=_EPS, momentum=_MOMENTUM))
        self.skip = nn.Sequential(nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out, _EPS, _MOMENTUM))

    def forward(self, x: Tensor) -> Tensor:
        # The skip's step 2 is taken by the slices: as a step of the convolution, the weight gradient of 8 channels,
        # channels last, with an odd batch and two threads ends the process (torch 2.13 on the CPU).
        return self.gate(self.body(x)) + self.skip(x[:, :, ::2, ::2])


@ARCHITECTURES.register("mini_xception")
class MiniXception(FERNetwork):
    r"""Mini-Xception: 58,423 parameters with moving statistics, 56,951 trainable, at 1 channel and 7 classes.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 16 up (64 and 48 in use).
        - Feature map :math:`(B, 128, h, w)`: 3 x 3 at 48 px. Embedding: 1,152 = 128 channels times nine shifted means.
    """

    title = "Mini-Xception"
    paper = "Arriaga et al. 2017, Real-time convolutional neural networks for emotion and gender classification"
    summary = "Four residual modules of separable convolutions in under 60,000 parameters; the peer for speed."
    size_origin = in_code("the released layout")
    Options = MiniXceptionOptions
    native_input = (1, 48, 48)
    min_size = 16

    def __init__(self, num_classes: int, in_channels: int, options: MiniXceptionOptions):
        super().__init__(num_classes, in_channels, options)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, 8, 3, bias=False),
            nn.BatchNorm2d(8, _EPS, _MOMENTUM),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, bias=False),
            nn.BatchNorm2d(8, _EPS, _MOMENTUM),
            nn.ReLU(),
        )
        modules, channels = [], 8
        for width in (16, 32, 64, 128):
            modules.append(XceptionModule(channels, width, options))
            channels = width
        self.blocks = nn.Sequential(*modules)
        self.num_features = channels * 9
        self.head = nn.Linear(self.num_features, num_classes)
        init_keras(self)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.blocks(self.stem(x))  # (B, 128, h, w)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        size = features.shape[2:]
        # The mean under each of the nine taps of a zero-padded 3x3 window: (B, 128, 3, 3).
        embedding = F.avg_pool2d(F.pad(features, (1, 1, 1, 1)), (size[0], size[1]), stride=1).flatten(1)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {f"module {i}": block for i, block in reversed(list(enumerate(self.blocks, 1)))}
