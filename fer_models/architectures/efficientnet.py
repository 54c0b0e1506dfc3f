"""EfficientNet-B2, a compared model of Li et al. 2025.

Source: Tan and Le, "EfficientNet", ICML 2019: the B0 layout with widths times 1.1 (rounded to multiples of 8) and
repeats times 1.2 (rounded up). The paper compared prints 9.2 million parameters, which is the form with 1,000 classes.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_he
from fer_models.architectures.switches import Dropout, Gate
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.attention.se import SqueezeExcite
from fer_models.settings import EXACT, about, checked, in_paper

# (expansion, kernel, step, output channels, repeats) of B2.
_STAGES = (
    (1, 3, 1, 16, 2),
    (6, 3, 2, 24, 3),
    (6, 5, 2, 48, 3),
    (6, 3, 2, 88, 4),
    (6, 5, 1, 120, 4),
    (6, 5, 2, 208, 5),
    (6, 3, 1, 352, 2),
)
_LAST = 1408


@checked("EfficientNet-B2")
class EfficientNetOptions:
    """Switches of EfficientNet-B2."""

    attention: Annotated[
        Gate,
        about("The gate on each block's expanded map; se is the network's own form of it.", in_paper("section 4")),
    ] = "se"
    stem_stride: Annotated[Literal[1, 2], EXACT, about("2, or 1 for small images.", in_paper("Table 1"))] = 2
    dropout: Annotated[Dropout, about("Before the last layer.", in_paper("section 5.2; 0.3 of the code for B2"))] = 0.3
    drop_path: Annotated[
        Dropout,
        about(
            "Rate of left-out residual branches at the last block, rising from 0.", in_paper("section 5.2: 0.8 kept")
        ),
    ] = 0.2


class DropPath(nn.Module):
    """Stochastic depth: in training each picture's branch is left out with probability ``rate``, the rest scaled up."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        mask = torch.rand(len(x), 1, 1, 1, device=x.device) < keep
        return x * mask.to(x.dtype) / keep


def _gate(name: str, channels: int, squeezed: int) -> nn.Module:
    if name == "se":
        return SqueezeExcite(channels, hidden=squeezed, bias=True, activation="silu")
    return make_gate(name, channels, GateSettings(channels // squeezed, norm="after"))


class MBConv(nn.Module):
    """Expand, depthwise, gate, project; the input is added where shapes allow: (B, C, H, W) to (B, D, H/s, W/s)."""

    def __init__(self, c_in: int, c_out: int, expansion: int, kernel: int, stride: int, *, gate: str, drop: float):
        super().__init__()
        width = c_in * expansion
        self.expand = nn.Sequential()
        if expansion > 1:
            self.expand = nn.Sequential(nn.Conv2d(c_in, width, 1, bias=False), nn.BatchNorm2d(width), nn.SiLU())
        self.depthwise = nn.Sequential(
            nn.Conv2d(width, width, kernel, stride, kernel // 2, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.SiLU(),
        )
        self.gate = _gate(gate, width, max(1, c_in // 4))
        self.project = nn.Sequential(nn.Conv2d(width, c_out, 1, bias=False), nn.BatchNorm2d(c_out))
        self.drop = DropPath(drop)
        self.residual = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        out = self.project(self.gate(self.depthwise(self.expand(x))))
        return x + self.drop(out) if self.residual else out


@ARCHITECTURES.register("efficientnet_b2")
class EfficientNetB2(FERNetwork):
    r"""EfficientNet-B2: 7,710,857 trainable parameters at 3 channels and 7 classes.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 32 up.
        - Feature map :math:`(B, 1408, \lceil H/32 \rceil, \lceil W/32 \rceil)`, with ``stem_stride=1`` a sixteenth.
    """

    title = "EfficientNet-B2"
    paper = "Tan and Le 2019, EfficientNet: rethinking model scaling for convolutional neural networks"
    summary = (
        "Inverted bottlenecks with squeeze and excitation, scaled in width and depth; a compared model of Li 2025."
    )
    size_origin = in_paper("Table 1, scaled to B2 as its code does")
    Options = EfficientNetOptions
    native_input = (3, 224, 224)
    min_size = 32

    def __init__(self, num_classes: int, in_channels: int, options: EfficientNetOptions):
        super().__init__(num_classes, in_channels, options)
        channels = 32
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, channels, 3, options.stem_stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.SiLU(),
        )
        total, index = sum(stage[-1] for stage in _STAGES), 0
        stages = []
        for expansion, kernel, stride, width, repeats in _STAGES:
            blocks = []
            for j in range(repeats):
                drop, step = options.drop_path * index / total, 1 if j else stride
                blocks.append(MBConv(channels, width, expansion, kernel, step, gate=options.attention, drop=drop))
                channels, index = width, index + 1
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.last = nn.Sequential(nn.Conv2d(channels, _LAST, 1, bias=False), nn.BatchNorm2d(_LAST), nn.SiLU())
        self.dropout = nn.Dropout(options.dropout)
        self.num_features = _LAST
        self.head = nn.Linear(_LAST, num_classes)
        init_he(self)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.last(self.stages(self.stem(x)))  # (B, 1408, H/32, W/32)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = self.dropout(features.mean((2, 3)))  # (B, 1408)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        stages = {f"stage {i}": stage for i, stage in reversed(list(enumerate(self.stages, 1)))}
        return {"last convolution": self.last, **stages}
