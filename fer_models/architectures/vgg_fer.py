"""VGG networks of public FER2013 records, as baselines.

Sources: Simonyan and Zisserman, "Very deep convolutional networks", ICLR 2015, with batch norm; the form with eight
convolutions and two hidden layers is that of Khaireddin and Chen, "Facial emotion recognition: state of the art
performance on FER2013", 2021, trained on 40-pixel crops; the 19-layer form with one linear layer is the one that many
public records train on 44-pixel crops. Where the last map is not 2 x 2, adaptive average pooling brings it there.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_he
from fer_models.architectures.switches import ADDED, Dropout, Gate, Ratio
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.settings import about, checked, in_code, in_paper, ours

# Convolutions in multiples of the first group's channels, a tuple for each group that ends in a max-pool.
_GROUPS: dict[str, tuple[tuple[int, ...], ...]] = {
    "vgg8": ((1, 1), (2, 2), (4, 4), (8, 8)),
    "vgg19": ((1, 1), (2, 2), (4,) * 4, (8,) * 4, (8,) * 4),
}
_SIDE = 2  # of the map that the hidden layers read


@checked("VGG (FER2013)")
class VGGOptions:
    """Switches of VGG. The 19-layer form has no hidden layer, and a dropout of 0.5 is usual there."""

    form: Annotated[
        Literal["vgg8", "vgg19"],
        about(
            "8 convolutions and two hidden layers, or 16 convolutions, global average and no hidden layer.",
            in_paper("Khaireddin and Chen: eight convolutions in four stages"),
        ),
    ] = "vgg8"
    width: Annotated[
        int,
        about(
            "Channels of the first group; later ones have two, four and eight times as many.",
            in_code("public code of that network"),
            ge=8,
            le=256,
        ),
    ] = 64
    hidden: Annotated[
        int, about("Units of each hidden layer.", in_code("public code of that network"), ge=8, le=8192)
    ] = 4096
    attention: Annotated[Gate, about("A gate after each pool.", ADDED)] = "none"
    ratio: Ratio = 16
    dropout: Annotated[
        Dropout,
        about(
            "After each hidden layer, or before the last layer of the 19-layer form.",
            ours("the paper was not available"),
        ),
    ] = 0.2


@ARCHITECTURES.register("vgg_fer")
class VGGFER(FERNetwork):
    r"""VGG for FER2013: 29,890,759 trainable parameters at 40x40x1 and 7 classes; the 19-layer form 20,038,983 at
    44x44x3.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 32 up.
        - Feature map :math:`(B, 512, \lfloor H/16 \rfloor, \lfloor W/16 \rfloor)`, 19 layers: a thirty-second;
          channels in proportion to ``width``.
    """

    title = "VGG (FER2013)"
    paper = "Khaireddin and Chen 2021; Simonyan and Zisserman 2015: VGG with batch norm on FER2013"
    summary = "Plain 3x3 convolutions with batch norm and two wide hidden layers; behind many public FER2013 records."
    size_origin = in_code("public code of Khaireddin and Chen's network")
    Options = VGGOptions
    native_input = (1, 40, 40)
    min_size = 32
    variants: ClassVar[dict[str, dict[str, Any]]] = {"19 layers": {"form": "vgg19", "dropout": 0.5}}
    variant_inputs: ClassVar[dict[str, tuple[int, int, int]]] = {"19 layers": (3, 44, 44)}

    def __init__(self, num_classes: int, in_channels: int, options: VGGOptions):
        super().__init__(num_classes, in_channels, options)
        groups, channels = [], in_channels
        for multiples in _GROUPS[options.form]:
            layers: list[nn.Module] = []
            for width in (options.width * multiple for multiple in multiples):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
            gate = make_gate(options.attention, channels, GateSettings(options.ratio, norm="after"))
            groups.append(nn.Sequential(*layers, nn.MaxPool2d(2), gate))
        self.groups = nn.Sequential(*groups)
        self.hidden: nn.Module = nn.Identity()
        self.dropout = nn.Dropout(options.dropout)
        self.num_features = channels
        if options.form == "vgg8":
            self.num_features = options.hidden
            self.hidden = nn.Sequential(
                nn.Linear(channels * _SIDE**2, options.hidden),
                nn.ReLU(),
                nn.Dropout(options.dropout),
                nn.Linear(options.hidden, options.hidden),
                nn.ReLU(),
            )
        self.head = nn.Linear(self.num_features, num_classes)
        init_he(self)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.groups(x)  # (B, 8 width, H/16, W/16)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        if self.options.form == "vgg19":
            pooled = features.mean((2, 3))  # (B, 8 width)
        else:
            if tuple(features.shape[2:]) != (_SIDE, _SIDE):
                features = F.adaptive_avg_pool2d(features, _SIDE)
            pooled = self.hidden(features.flatten(1))  # (B, hidden)
        embedding = self.dropout(pooled)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {f"group {i}": group for i, group in reversed(list(enumerate(self.groups, 1)))}
