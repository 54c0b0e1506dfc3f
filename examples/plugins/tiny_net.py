"""TinyNet: two convolutions, an example."""

from dataclasses import dataclass

from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.attention.gates import GateName, GateSettings, make_gate


@dataclass(frozen=True)
class TinyNetOptions:
    """Switches. ``attention``: a gate after the second convolution."""

    attention: GateName = "none"


@ARCHITECTURES.register("tiny_net")
class TinyNet(FERNetwork):
    r"""TinyNet.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 16 up. Feature map :math:`(B, 16, H/4, W/4)`.
    """

    title = "TinyNet"
    paper = "none, an example"
    summary = "Two convolutions and a linear layer."
    Options = TinyNetOptions
    native_input = (1, 48, 48)
    min_size = 16

    def __init__(self, num_classes: int, in_channels: int, options: TinyNetOptions):
        super().__init__(num_classes, in_channels, options)
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 16, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.gate = make_gate(options.attention, 16, GateSettings(ratio=4))
        self.num_features = 16
        self.head = nn.Linear(16, num_classes)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.gate(self.body(x))

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = features.mean((2, 3))
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {"body": self.body}
