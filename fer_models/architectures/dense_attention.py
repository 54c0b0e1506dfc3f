"""LDCNN, CLDCNN and SLDCNN: a light dense network without attention, with channel and with spatial attention.

Source: Li et al. 2025. The paper gives four depths, the bottleneck of three convolutions, the attention units, a 7x7
kernel, a compression and 1.78 million parameters for SLDCNN, but no widths. Ours are the reading that satisfies all of
them at once: growth 40, bottleneck 60, stem 48, compression 0.5 and depth = 4 L + 4 with L layers in each of four
blocks.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_he
from fer_models.architectures.switches import Dropout, Gate
from fer_models.attention.dilated_spatial import DilatedSpatial
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.papers import PAPERS
from fer_models.settings import EXACT, Origin, about, checked, in_paper, ours

_Count = Annotated[int, Field(ge=1, le=1024)]
_WIDTHS = ours("the paper gives no widths; with these SLDCNN has its 1.78M parameters")


@checked("LDCNN")
class LDCNNOptions:
    """Ablation switches of the three networks, which differ in the default of ``attention`` alone.

    The paper's channel attention is ``se`` and its spatial attention ``dilated_spatial``, which reads each map of the
    block on its own.
    """

    attention: Annotated[Gate, about("The gate after each block.", in_paper("section 5.3, Table 2"))] = "none"
    depth: Annotated[
        Literal[12, 20, 32, 44], EXACT, about("Layers: 4 L + 4.", in_paper("Table 3; what it counts is our reading"))
    ] = 32
    growth: Annotated[_Count, about("Maps that each layer adds.", _WIDTHS)] = 40
    bottleneck: Annotated[_Count, about("Channels inside a layer.", _WIDTHS)] = 60
    stem_channels: Annotated[_Count, about("Channels of the first convolution.", _WIDTHS)] = 48
    theta: Annotated[
        float,
        about(
            "Compression of the transitions.",
            ours("0 < theta <= 1 in section 4.3; one sentence there speaks for 1"),
            ge=0.05,
            le=1,
        ),
    ] = 0.5
    stem: Annotated[
        Literal["7x7", "3x3"],
        about(
            "7x7 with step 2 and pool, or 3x3 at full size for small images.",
            in_paper("Table 1: kernel 7x7, padding 3; read as the stem's, it may be the attention's"),
        ),
    ] = "7x7"
    ratio: Annotated[_Count, about("Reduction of a channel gate.", in_paper("formula 11: such as r = 16"))] = 16
    kernel: Annotated[
        _Count,
        about("Side of the dilated spatial unit's convolution.", ours("K is open; Table 1 may mean 7, a variant")),
    ] = 3
    dilation: Annotated[
        _Count, about("Dilation of the dilated spatial unit.", ours("epsilon of formula 19 is open"))
    ] = 3
    maps: Annotated[_Count, about("Maps of the dilated spatial unit.", ours("D of formula 19 is open"))] = 1
    residual: Annotated[bool, about("Shortcut of the dilated spatial unit.", in_paper("formula 24"))] = True
    shared: Annotated[
        bool, about("One dilated spatial unit for all maps of a block.", in_paper("formula 18: one W"))
    ] = True
    dropout: Annotated[Dropout, about("At the end of each layer.", in_paper("Table 1; its place is ours"))] = 0.1


@checked("CLDCNN")
class CLDCNNOptions(LDCNNOptions):
    """The same switches with squeeze and excitation as the default."""

    attention: Annotated[Gate, about("The gate after each block.", in_paper("section 3.2, formulas 10-12"))] = "se"


@checked("SLDCNN")
class SLDCNNOptions(LDCNNOptions):
    """The same switches with the dilated spatial unit as the default."""

    attention: Annotated[Gate, about("The gate after each block.", in_paper("section 4.3, formulas 17-24"))] = (
        "dilated_spatial"
    )


class DenseLayer(nn.Sequential):
    """BN-ReLU-1x1, BN-ReLU-3x3, BN-ReLU-1x1, dropout: (B, c, H, W) to the new map (B, growth, H, W)."""

    def __init__(self, channels: int, options: LDCNNOptions):
        width = options.bottleneck
        plan = [(1, channels, width), (3, width, width), (1, width, options.growth)]
        layers: list[nn.Module] = []
        for kernel, a, b in plan:
            layers += [nn.BatchNorm2d(a), nn.ReLU(), nn.Conv2d(a, b, kernel, padding=kernel // 2, bias=False)]
        super().__init__(*layers, nn.Dropout(options.dropout))


class DenseBlock(nn.Module):
    """L dense layers, each reading all maps before it, oldest first, and the gate on their concatenation."""

    def __init__(self, channels: int, count: int, options: LDCNNOptions):
        super().__init__()
        k = options.growth
        self.layers = nn.ModuleList(DenseLayer(channels + i * k, options) for i in range(count))
        self.channels = channels + count * k
        if options.attention == "dilated_spatial":
            self.attention: nn.Module = DilatedSpatial(
                (channels, *[k] * count),
                options.kernel,
                options.dilation,
                options.maps,
                residual=options.residual,
                shared=options.shared,
            )
        else:
            self.attention = make_gate(options.attention, self.channels, GateSettings(options.ratio))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return self.attention(x)


@ARCHITECTURES.register("ldcnn")
class LDCNN(FERNetwork):
    r"""LDCNN, the dense network without attention: 1,779,578 trainable parameters at depth 32, 3 channels, 7 classes.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 32 up (224 in the paper), scaled to [0, 1] in the paper.
        - Feature map :math:`(B, 531, H/32, W/32)` at depth 32; with ``stem="3x3"`` an eighth.
    """

    title = "LDCNN"
    paper = PAPERS["sldcnn"].citation
    summary = "Four dense blocks of bottleneck layers with compression between them; no attention."
    size_origin = _WIDTHS
    parts: ClassVar[dict[str, Origin]] = {
        "every layer reads all maps before it": in_paper("section 4.3, formula 16"),
        "layer of 1x1, 3x3 and 1x1 convolutions": in_paper("section 4.3; named there for the attention's main branch"),
        "BN-ReLU before each convolution, no biases": ours("as in DenseNet; the paper does not say"),
        "four blocks of equal depth": ours("the paper does not say how many"),
        "transition: BN, ReLU, 1x1, pool": in_paper("section 4.3; that it averages is ours"),
        "norm and ReLU after the last block, global average": ours("as in DenseNet; the paper does not say"),
        "linear layer, softmax": in_paper("formula 26"),
        "He weights": ours("the paper does not say"),
    }
    Options: ClassVar[type[Any]] = LDCNNOptions
    native_input = (3, 224, 224)
    min_size = 32
    variants: ClassVar[dict[str, dict[str, Any]]] = {f"depth {depth}": {"depth": depth} for depth in (12, 20, 44)}

    def __init__(self, num_classes: int, in_channels: int, options: LDCNNOptions):
        super().__init__(num_classes, in_channels, options)
        channels = options.stem_channels
        large = options.stem == "7x7"
        kernel, step = (7, 2) if large else (3, 1)
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, channels, kernel, step, kernel // 2, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, padding=1) if large else nn.Identity(),
        )
        blocks: list[nn.Module] = []
        transitions: list[nn.Module] = []
        for i in range(4):
            block = DenseBlock(channels, (options.depth - 4) // 4, options)
            blocks.append(block)
            channels = block.channels
            if i < 3:
                reduced = max(1, int(channels * options.theta))
                transitions.append(
                    nn.Sequential(
                        nn.BatchNorm2d(channels),
                        nn.ReLU(),
                        nn.Conv2d(channels, reduced, 1, bias=False),
                        nn.AvgPool2d(2),
                    )
                )
                channels = reduced
        self.blocks = nn.ModuleList(blocks)
        self.transitions = nn.ModuleList([*transitions, nn.Identity()])
        self.last = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU())
        self.num_features = channels
        self.head = nn.Linear(channels, num_classes)
        init_he(self)

    def forward_features(self, x: Tensor) -> Tensor:
        x = self.stem(x)  # (B, 48, H/4, W/4)
        for block, transition in zip(self.blocks, self.transitions, strict=True):
            x = transition(block(x))
        return self.last(x)  # (B, 531, H/32, W/32) at depth 32

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = features.mean((2, 3))  # (B, 531) at depth 32
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """The last maps, then each block's after the next norm and ReLU (not negative) and before."""
        layers: dict[str, nn.Module] = {"last norm": self.last}
        for i in range(len(self.blocks), 0, -1):
            if i < len(self.blocks):
                layers[f"block {i} norm"] = self.transitions[i - 1].get_submodule("1")
            layers[f"block {i}"] = self.blocks[i - 1]
        return layers


@ARCHITECTURES.register("cldcnn")
class CLDCNN(LDCNN):
    """LDCNN with squeeze and excitation after each block: 1,882,844 trainable parameters at depth 32.

    Shape:
        - As :class:`LDCNN`; each block's gate is (B, C, 1, 1), in (0, 1).

    Source:
        Li et al. 2025, eq. 10-12; no biases and no residual in the gate.
    """

    title = "CLDCNN"
    summary = "The light dense network with a channel gate (squeeze and excitation) after each block."
    Options: ClassVar[type[Any]] = CLDCNNOptions


@ARCHITECTURES.register("sldcnn")
class SLDCNN(LDCNN):
    """LDCNN with the dilated spatial unit after each block: 1,779,682 trainable parameters at depth 32.

    Shape:
        - As :class:`LDCNN`; each block's gate is (B, 1, H, W) of the block, in (0, 1).

    Source:
        Li et al. 2025, eq. 16-24.
    """

    title = "SLDCNN"
    summary = "The light dense network with a spatial gate after each block that reads every map of the block."
    Options: ClassVar[type[Any]] = SLDCNNOptions
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        **LDCNN.variants,
        "attention 7x7": {"kernel": 7, "dilation": 1},
        "theta 1": {"theta": 1.0},
    }
