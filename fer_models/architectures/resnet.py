"""Residual networks with or without gates in their blocks.

Sources: He et al., "Deep residual learning", CVPR 2016; Woo et al., "CBAM", ECCV 2018. The 3x3 stem without a pool is
the usual one for small pictures; the 7x7 stem is the paper's. In the 50-layer form the 3x3 convolution has the
step.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_he
from fer_models.architectures.switches import Dropout, Gate, Ratio
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.settings import EXACT, about, checked, in_paper, ours

_BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}


_STEM = "3x3 at full size, or 7x7 with step 2 and a max-pool."
_Stem = Annotated[Literal["3x3", "7x7"], about(_STEM, ours("usual for small images; the paper has 7x7"))]
_GATE = "A gate after each block's last norm, before the skip is added."
_Gate = Annotated[Gate, about(_GATE, in_paper("none in He et al."))]


@checked("ResNet-18")
class ResNetOptions:
    """Switches of ResNet. The gates' spatial part has a batch norm after its convolution, as CBAM's released code."""

    stem: _Stem = "3x3"
    depth: Annotated[Literal[18, 50], EXACT, about("Layers.", in_paper("He et al., Table 1"))] = 18
    width: Annotated[
        int,
        about(
            "Channels of the first stage; each later one doubles them.", in_paper("He et al., Table 1"), ge=8, le=256
        ),
    ] = 64
    attention: _Gate = "none"
    ratio: Annotated[Ratio, about("Reduction of the gates.", in_paper("Woo et al., section 4"))] = 16
    dropout: Annotated[Dropout, about("Before the last layer.", in_paper("none in He et al."))] = 0.0


@checked("ResNet-18 + CBAM")
class ResNetCBAMOptions(ResNetOptions):
    """The same switches with the defaults of Li et al.'s compared model: CBAM, and the 7x7 stem for 224 px."""

    stem: Annotated[_Stem, about(_STEM, in_paper("He et al., Table 1"))] = "7x7"
    attention: Annotated[_Gate, about(_GATE, in_paper("Woo et al., section 3, Fig. 3"))] = "cbam"


class ResidualBlock(nn.Module):
    """Basic (3x3, 3x3) or bottleneck (1x1, 3x3, 1x1) block: (B, C, H, W) to (B, width or 4 width, H/s, W/s)."""

    def __init__(self, c_in: int, width: int, stride: int, *, bottleneck: bool, gate: str, ratio: int):
        super().__init__()
        c_out = width * (4 if bottleneck else 1)
        # (kernel, input, output, step) of each convolution
        plan = [(3, c_in, width, stride), (3, width, c_out, 1)]
        if bottleneck:
            plan = [(1, c_in, width, 1), (3, width, width, stride), (1, width, c_out, 1)]
        layers: list[nn.Module] = []
        for kernel, a, b, step in plan:
            layers += [nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.body = nn.Sequential(*layers[:-1])
        self.gate = make_gate(gate, c_out, GateSettings(ratio, norm="after"))
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.skip = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.gate(self.body(x)) + self.skip(x))


@ARCHITECTURES.register("resnet18")
class ResNet(FERNetwork):
    r"""ResNet-18: 11,171,271 trainable parameters at 48x48x1, 3x3 stem and 7 classes.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 16 up.
        - Feature map :math:`(B, 512, \lceil H/8 \rceil, \lceil W/8 \rceil)`, with the 7x7 stem a thirty-second; 2048
          channels with 50 layers, all in proportion to ``width``.
    """

    title = "ResNet-18"
    paper = "He et al. 2016, Deep residual learning for image recognition"
    summary = "Eight residual blocks; the plain baseline, here with a stem for small images."
    size_origin = ours("a 3x3 stem for small images; the stages are those of He et al., Table 1")
    Options: ClassVar[type[Any]] = ResNetOptions
    native_input = (1, 48, 48)
    min_size = 16
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "7x7 stem": {"stem": "7x7"},
        "50 layers, 7x7 stem": {"stem": "7x7", "depth": 50},
    }

    def __init__(self, num_classes: int, in_channels: int, options: ResNetOptions):
        super().__init__(num_classes, in_channels, options)
        channels = options.width
        kernel, stride = (3, 1) if options.stem == "3x3" else (7, 2)
        stem: list[nn.Module] = [nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2, bias=False)]
        stem += [nn.BatchNorm2d(channels), nn.ReLU()]
        if options.stem == "7x7":
            stem.append(nn.MaxPool2d(3, 2, padding=1))
        self.stem = nn.Sequential(*stem)
        bottleneck = options.depth == 50
        stages = []
        for i, repeats in enumerate(_BLOCKS[options.depth]):
            blocks, width = [], options.width * 2**i
            for j in range(repeats):
                stride = 2 if i and not j else 1
                block = ResidualBlock(
                    channels, width, stride, bottleneck=bottleneck, gate=options.attention, ratio=options.ratio
                )
                blocks.append(block)
                channels = width * (4 if bottleneck else 1)
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout(options.dropout)
        self.num_features = channels
        self.head = nn.Linear(channels, num_classes)
        init_he(self)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.stages(self.stem(x))  # (B, 512, H/8, W/8), 7x7 stem: H/32

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = self.dropout(features.mean((2, 3)))  # (B, 512)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {f"stage {i}": stage for i, stage in reversed(list(enumerate(self.stages, 1)))}


@ARCHITECTURES.register("resnet18_cbam")
class ResNetCBAM(ResNet):
    r"""ResNet-18 with CBAM in every block: 11,269,983 trainable parameters at 224x224x3 and 7 classes.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 16 up.
        - Feature map :math:`(B, 512, \lceil H/32 \rceil, \lceil W/32 \rceil)`, with the 3x3 stem an eighth.
    """

    title = "ResNet-18 + CBAM"
    paper = "Woo et al. 2018, CBAM: convolutional block attention module"
    summary = "ResNet-18 whose blocks end in channel, then spatial attention; a compared model of Li et al. 2025."
    size_origin = in_paper("He et al., Table 1")
    Options: ClassVar[type[Any]] = ResNetCBAMOptions
    native_input = (3, 224, 224)
    variants: ClassVar[dict[str, dict[str, Any]]] = {"3x3 stem": {"stem": "3x3"}}
