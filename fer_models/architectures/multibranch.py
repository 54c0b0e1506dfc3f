"""Three branches of depthwise-separable convolutions with CBAM, summed, and the report's plain single-branch ablation.

Source: the BUET report of He 2023 and its notebook, whose stored summary gives the parameter counts in the tests. He's
figures and the notebook differ in the first convolution (64 channels in one figure, 32 elsewhere); dropout and the pool
before the global average are the notebook's alone. Pools round up ("same"), which at multiples of 16 changes nothing
and lets the three branches meet at any size.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_keras
from fer_models.architectures.same_padding import SamePad
from fer_models.architectures.switches import Dropout, Ratio
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.papers import PAPERS
from fer_models.settings import EXACT, Origin, about, checked, in_code, in_paper

_EPS, _MOMENTUM = 1e-3, 0.01  # Keras: epsilon 1e-3, momentum 0.99


@checked("Multi-branch DSC-CBAM")
class MultiBranchOptions:
    """Ablation switches; the defaults are the notebook."""

    branches: Annotated[
        Literal[1, 2, 3],
        EXACT,
        about(
            "2 leaves out the first; 1 is the third alone, without its last pool, as in the notebook.",
            in_paper("section II.C, Figs. 1-2"),
        ),
    ] = 3
    conv_type: Annotated[
        Literal["dsc", "conv"], about("Depthwise-separable convolutions or plain 3x3.", in_paper("section II.D.1"))
    ] = "dsc"
    attention: Annotated[
        Literal["auto", "none", "se", "channel", "spatial", "cbam", "fusion", "dilated_spatial"],
        about(
            "The gates that end the three stages; auto is CBAM, and none with 1 branch, as in the notebook.",
            in_paper("section II.D.2, eq. 1-2"),
        ),
    ] = "auto"
    ratio: Annotated[Ratio, about("Reduction of the gates.", in_code("8; section II.D.2 leaves r open"))] = 8
    conv1: Annotated[
        int,
        about(
            "Channels of the first convolution.", in_paper("section II.C: 32 in Fig. 1, 64 in Fig. 2"), ge=1, le=1024
        ),
    ] = 32
    conv2_double_relu: Annotated[
        bool, about("A ReLU before the second convolution's norm too.", in_code("the notebook"))
    ] = True
    dropout: Annotated[
        Dropout, about("At four places.", in_code("0.2; section II.C: neither the rate nor the places are stated"))
    ] = 0.2
    pre_gap_pool: Annotated[
        bool, about("The max-pool before the global average.", in_code("the notebook; Fig. 2 averages 3x3 of 6x6"))
    ] = True

    @property
    def gate(self) -> str:
        """The name of the gate that ``attention`` means."""
        if self.attention != "auto":
            return self.attention
        return "none" if self.branches == 1 else "cbam"


def _norm_relu(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels, _EPS, _MOMENTUM), nn.ReLU()]


def _conv3(c_in: int, c_out: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    # Symmetric padding is "same" only at step 1.
    if stride == 1:
        return [nn.Conv2d(c_in, c_out, 3, padding=1, groups=groups)]
    return [SamePad(3, stride), nn.Conv2d(c_in, c_out, 3, stride, groups=groups)]


def _conv(kind: str, c_in: int, c_out: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, norm, ReLU, or the same twice: depthwise 3x3 and pointwise; all with biases."""
    if kind == "conv":
        return nn.Sequential(*_conv3(c_in, c_out, stride), *_norm_relu(c_out))
    depthwise = [*_conv3(c_in, c_in, stride, groups=c_in), *_norm_relu(c_in)]
    return nn.Sequential(*depthwise, nn.Conv2d(c_in, c_out, 1), *_norm_relu(c_out))


@ARCHITECTURES.register("multibranch")
class MultiBranch(FERNetwork):
    r"""Multi-branch DSC-CBAM: 3,772,253 trainable parameters at 48x48x1 and 7 classes, as the notebook's summary.

    Gates end the three stages. The next stage reads the pooled map from before the gate; branches 1 and
    2 read the gated maps of stages 1 and 2, and branch 3 is the gated map of stage 3.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 16 up (48 in the paper), scaled to [0, 1] in the notebook.
        - Feature map :math:`(B, 1024, \lceil H/8 \rceil, \lceil W/8 \rceil)`.
    """

    title = "Multi-branch DSC-CBAM"
    paper = PAPERS["multibranch-buet"].citation
    summary = "Three depthwise-separable branches that leave at different depths, each through CBAM, and are summed."
    size_origin = in_paper("Fig. 2")
    parts: ClassVar[dict[str, Origin]] = {
        "two 3x3 convolutions, norm, ReLU": in_paper("section II.C"),
        "separable convolution: norm and ReLU after both halves": in_paper("section II.D.1, Fig. 5"),
        "stage: two separable convolutions, max-pool, CBAM": in_paper("section II.D, Fig. 3"),
        "the next branch reads the pooled map, before its gate": in_paper("section II.C"),
        "512 channels, 2, 1 and 0 separable convolutions with step 2": in_paper("section II.C, Fig. 2"),
        "sum of the branches, two separable convolutions of 1,024": in_paper("section II.C"),
        "global average, 1,024 hidden units with ReLU": in_paper("section II.C"),
        "biases in all convolutions": in_code("the notebook's summary"),
        "Glorot uniform weights, batch norm of Keras": in_code("Keras' defaults"),
    }
    Options = MultiBranchOptions
    native_input = (1, 48, 48)
    min_size = 16
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "first convolution 64": {"conv1": 64},
        "two branches": {"branches": 2},
        "no attention": {"attention": "none"},
        "single branch, plain convolutions": {"branches": 1, "conv_type": "conv"},
    }

    def __init__(self, num_classes: int, in_channels: int, options: MultiBranchOptions):
        super().__init__(num_classes, in_channels, options)
        kind, first = options.conv_type, options.conv1
        settings = GateSettings(options.ratio, eps=_EPS, momentum=_MOMENTUM)
        # The notebook's second convolution carries a ReLU of its own; its plain single-branch graph does not.
        double = options.conv2_double_relu and kind == "dsc"
        self.stem = nn.Sequential(
            *_conv3(in_channels, first),
            *_norm_relu(first),
            *_conv3(first, 64),
            nn.ReLU() if double else nn.Identity(),
            *_norm_relu(64),
            nn.Dropout(options.dropout),
        )
        self.stage1 = self._stage(kind, 64, 128)
        self.stage2 = self._stage(kind, 128, 256)
        self.stage3 = self._stage(kind, 256, 512, pool=options.branches > 1)
        self.branch1 = self.branch2 = None
        if options.branches == 3:
            self.gate1 = make_gate(options.gate, 128, settings)
            self.branch1 = nn.Sequential(
                _conv(kind, 128, 512, 2), _conv(kind, 512, 512, 2), nn.Dropout(options.dropout)
            )
        if options.branches >= 2:
            self.gate2 = make_gate(options.gate, 256, settings)
            self.branch2 = nn.Sequential(_conv(kind, 256, 512, 2), nn.Dropout(options.dropout))
        self.gate3 = make_gate(options.gate, 512, settings)
        self.top = nn.Sequential(_conv(kind, 512, 1024), _conv(kind, 1024, 1024))
        self.dropout = nn.Dropout(options.dropout)
        self.pool = nn.MaxPool2d(2, ceil_mode=True) if options.pre_gap_pool else nn.Identity()
        self.hidden = nn.Linear(1024, 1024)
        self.relu = nn.ReLU()
        self.num_features = 1024
        self.head = nn.Linear(1024, num_classes)
        init_keras(self)

    @staticmethod
    def _stage(kind: str, c_in: int, c_out: int, pool: bool = True) -> nn.Sequential:
        half = nn.MaxPool2d(2, ceil_mode=True) if pool else nn.Identity()
        return nn.Sequential(_conv(kind, c_in, c_out), _conv(kind, c_out, c_out), half)

    def forward_features(self, x: Tensor) -> Tensor:
        p1 = self.stage1(self.stem(x))  # (B, 128, H/2, W/2)
        p2 = self.stage2(p1)  # (B, 256, H/4, W/4)
        total = self.gate3(self.stage3(p2))  # (B, 512, H/8, W/8)
        if self.branch2 is not None:
            total = total + self.branch2(self.gate2(p2))
        if self.branch1 is not None:
            total = total + self.branch1(self.gate1(p1))
        return self.top(total)  # (B, 1024, H/8, W/8)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        pooled = self.pool(self.dropout(features)).mean((2, 3))  # (B, 1024)
        embedding = self.relu(self.hidden(pooled))
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        layers: dict[str, nn.Module] = {"top": self.top, "branch 3": self.gate3}
        if self.branch2 is not None:
            layers["branch 2"] = self.branch2
        if self.branch1 is not None:
            layers["branch 1"] = self.branch1
        return {**layers, "stage 2": self.stage2, "stage 1": self.stage1}
