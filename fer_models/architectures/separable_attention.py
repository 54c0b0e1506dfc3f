"""A small residual network of plain and separable convolutions with additive and dot-product attention.

Source: Yengikand et al. 2023. The paper states three plain blocks with a pool and three separable ones, shortcuts, two
kinds of attention between two outputs of the extractor, a perceptron and the training. It states neither the order of
the blocks nor where the shortcuts lie, and no widths: those are ours. The text says "spatially separable", its
preliminaries describe depthwise separable convolutions: depthwise is the default here.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.initialise import init_he
from fer_models.architectures.switches import ADDED, Dropout, Ratio
from fer_models.attention.additive import AdditiveAttention
from fer_models.attention.dot import DotAttention
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.papers import PAPERS
from fer_models.settings import Origin, about, checked, in_paper, ours

# (kind in the paper's mixture, input, output channels); plain ones end in a pool, separable ones have a shortcut.
_BLOCKS = (
    ("normal", None, 32),
    ("separable", 32, 64),
    ("normal", 64, 64),
    ("separable", 64, 128),
    ("normal", 128, 128),
    ("separable", 128, 128),
)
_TOKENS = ("none", "additive", "dot", "both")


@checked("Separable attention network")
class SeparableAttentionOptions:
    """Ablation switches; the defaults are our reading of the paper."""

    conv: Annotated[
        Literal["mixed", "normal", "separable"],
        about("Three blocks of each, plain convolutions, or separable ones.", in_paper("section IV.A")),
    ] = "mixed"
    separable: Annotated[
        Literal["depthwise", "spatial"],
        about("Depthwise 3x3 and pointwise, or 3x1 and 1x3.", in_paper("section III.A.2; section IV.A says spatially")),
    ] = "depthwise"
    residual: Annotated[
        bool, about("Shortcuts of the separable blocks.", in_paper("section IV.A; where they lie is ours"))
    ] = True
    attention: Annotated[
        Literal["both", "additive", "dot", "none", "se", "channel", "spatial", "cbam", "fusion", "dilated_spatial"],
        about(
            "Between the extractor's two outputs (both, additive, dot), none, or any gate on the extractor's map.",
            in_paper("section IV.B, eq. 2"),
        ),
    ] = "both"
    direct: Annotated[
        bool,
        about(
            "The extractor's map goes into both attentions too, beside the second output.",
            ours("section IV.A says directly; what it meets there is lost with Fig. 4"),
        ),
    ] = False
    scale: Annotated[
        bool,
        about("Divide dot products by the square root of their length.", ours("section IV.B says multiplication only")),
    ] = True
    mlp: Annotated[
        bool, about("Two hidden layers, or the last layer alone.", in_paper("section IV.C; its layers are ours"))
    ] = True
    dropout: Annotated[
        Dropout, about("After each hidden layer.", ours("the middle of 0.1, 0.2, 0.3 that section V.B searches"))
    ] = 0.2
    ratio: Annotated[Ratio, about("Reduction of a gate.", ADDED)] = 8


def _convolution(kind: str, c_in: int, c_out: int) -> list[nn.Module]:
    if kind == "normal":
        return [nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)]
    if kind == "depthwise":
        first = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False)
        return [first, nn.Conv2d(c_in, c_out, 1, bias=False)]
    first = nn.Conv2d(c_in, c_out, (3, 1), padding=(1, 0), bias=False)
    return [first, nn.Conv2d(c_out, c_out, (1, 3), padding=(0, 1), bias=False)]


class SeparableBlock(nn.Module):
    """Convolution and norm, the shortcut added, ReLU: (B, C, H, W) to (B, D, H, W)."""

    def __init__(self, kind: str, c_in: int, c_out: int, residual: bool):
        super().__init__()
        self.body = nn.Sequential(*_convolution(kind, c_in, c_out), nn.BatchNorm2d(c_out))
        self.skip: nn.Module | None = None
        if residual and c_in == c_out:
            self.skip = nn.Identity()
        elif residual:
            self.skip = nn.Sequential(nn.Conv2d(c_in, c_out, 1, bias=False), nn.BatchNorm2d(c_out))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        out = self.body(x)
        return self.relu(out if self.skip is None else out + self.skip(x))


@ARCHITECTURES.register("separable_attention")
class SeparableAttention(FERNetwork):
    r"""Separable convolutions with attention: 316,103 trainable parameters at 48x48x1 and 7 classes.

    Two 1x1 convolutions turn the extractor's map into two lists of tokens h and s, one token a pixel; each kind of
    attention lets h look at s (with ``direct`` at s and the extractor's own tokens); the means over the tokens are
    concatenated. Without attention they are the means of h and s.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 16 up (48 in our reading). The attention weights have
          :math:`(HW/64)^2` entries.
        - Feature map :math:`(B, 128, \lfloor H/8 \rfloor, \lfloor W/8 \rfloor)`.
    """

    title = "Separable attention network"
    paper = PAPERS["separable-attention"].citation
    summary = "Six small blocks, then additive and dot-product attention between two views of the last map."
    size_origin = ours("the text gives no widths, and Fig. 4 is a drawing without them")
    parts: ClassVar[dict[str, Origin]] = {
        "plain block: convolution, norm, pool": in_paper("section IV.A"),
        "separable block: separable convolution, norm": in_paper("section IV.A"),
        "plain and separable blocks in turn": ours("the text gives no order"),
        "3x3 kernels, 32 to 128 channels": ours("the text gives none"),
        "two outputs, each by a 1x1 convolution": ours("section IV.A: two further layers that Fig. 4 defines"),
        "additive attention": in_paper("eq. 2"),
        "dot-product attention": in_paper("section IV.B: the multiplication of the features"),
        "mean over the pixels, both joined": ours("the text does not say"),
        "hidden layers of 128 and 64": ours("the text does not say"),
        "ReLU": in_paper("section V.B"),
    }
    Options = SeparableAttentionOptions
    native_input = (1, 48, 48)
    min_size = 16
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "additive attention": {"attention": "additive"},
        "dot attention": {"attention": "dot"},
        "no attention": {"attention": "none"},
        "plain convolutions": {"conv": "normal"},
        "separable convolutions": {"conv": "separable"},
        "features direct into attention": {"direct": True},
    }

    def __init__(self, num_classes: int, in_channels: int, options: SeparableAttentionOptions):
        super().__init__(num_classes, in_channels, options)
        blocks: list[nn.Module] = []
        for role, c_in, c_out in _BLOCKS:
            c_in = in_channels if c_in is None else c_in
            plain = options.conv == "normal" or (options.conv == "mixed" and role == "normal")
            kind = "normal" if plain else options.separable
            if role == "normal":
                layers = [*_convolution(kind, c_in, c_out), nn.BatchNorm2d(c_out), nn.ReLU(), nn.MaxPool2d(2)]
                blocks.append(nn.Sequential(*layers))
            else:
                blocks.append(SeparableBlock(kind, c_in, c_out, options.residual))
        self.blocks = nn.Sequential(*blocks)
        gate = "none" if options.attention in _TOKENS else options.attention
        self.gate = make_gate(gate, 128, GateSettings(options.ratio))
        self.first = nn.Sequential(nn.Conv2d(128, 128, 1), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(128, 128, 1), nn.ReLU())
        self.additive = AdditiveAttention(128, 64) if options.attention in ("additive", "both") else None
        self.dot = DotAttention(options.scale) if options.attention in ("dot", "both") else None
        width = 128 if options.attention in ("additive", "dot") else 256
        self.mlp = nn.Sequential()
        if options.mlp:
            for a, b in ((width, 128), (128, 64)):
                self.mlp.extend([nn.Linear(a, b), nn.ReLU(), nn.Dropout(options.dropout)])
            width = 64
        self.num_features = width
        self.head = nn.Linear(width, num_classes)
        init_he(self)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.gate(self.blocks(x))  # (B, 128, H/8, W/8)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        h = self.first(features).flatten(2).transpose(1, 2)  # (B, N, 128)
        s = self.second(features).flatten(2).transpose(1, 2)
        seen = torch.cat([s, features.flatten(2).transpose(1, 2)], 1) if self.options.direct else s
        contexts = [attention(h, seen) for attention in (self.additive, self.dot) if attention is not None]
        pooled = torch.cat([context.mean(1) for context in contexts or (h, s)], 1)  # (B, 256)
        embedding = self.mlp(pooled)  # (B, 64)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        # The logits depend on the shared map alone. The first output only decides where the second is read, so that a
        # map of it says little of the evidence for a class.
        *lower, last = ((f"block {i}", block) for i, block in enumerate(self.blocks, 1))
        gate = {} if isinstance(self.gate, nn.Identity) else {"gate": self.gate}
        sides = {"second output": self.second, "first output": self.first}
        return {**gate, last[0]: last[1], **sides, **dict(reversed(lower))}
