"""FCSDNet: a densely connected network with fused channel and spatial attention.

Source: Long, "FCSDNet", 2024, and its released code. Where both differ the code is followed, since the
reference numbers in the tests come from it: a max-pool in the stem (the paper's table prints average), a batch norm in
the spatial gate (absent from the paper), a sigmoid after it (absent from eq. 2), and the fusion weight 0.5 (no number
in the paper).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.same_padding import SameAvgPool, SamePad
from fer_models.architectures.switches import Ratio
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.papers import PAPERS
from fer_models.settings import Origin, about, checked, in_code, in_paper

_EPS, _MOMENTUM = 1e-3, 0.01  # Keras: epsilon 1e-3, momentum 0.99
# The paper's names of gates that the library names as CBAM's paper does.
_GATE_NAMES = {"cam": "channel", "sam": "spatial", "cbam_seq": "cbam"}


_Counts = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False, min_length=1)]


@checked("FCSDNet")
class FCSDNetOptions:
    """Ablation switches; the defaults are the released code.

    The paper's own words for ``attention`` are ``fusion``, its two branches ``cam`` and ``sam`` (the gates ``channel``
    and ``spatial``) and ``cbam_seq`` (``cbam``, CBAM's order); any other gate fits too.
    """

    attention: Annotated[
        Literal["none", "cam", "sam", "cbam_seq", "fusion", "se", "channel", "spatial", "cbam", "dilated_spatial"],
        about("What follows each transition.", in_paper("section 3.1, eq. 1-3, Fig. 3")),
    ] = "fusion"
    fusion_weight: Annotated[
        float, about("Share of the channel branch in the fusion.", in_code("0.5; eq. 3 leaves w_f open"), ge=0, le=1)
    ] = 0.5
    ratio: Annotated[Ratio, about("Reduction of the channel branch's perceptron.", in_paper("Table 1, D(8)"))] = 8
    spatial_norm: Annotated[
        bool, about("Batch norm in the spatial gate.", in_code("before the 7x7 convolution; eq. 2 has none"))
    ] = True
    spatial_sigmoid: Annotated[
        bool, about("Sigmoid of the spatial gate and of the fusion's.", in_code("eq. 2 has none"))
    ] = True
    stem_pool: Annotated[
        Literal["max", "avg"], about("Pool of the stem.", in_code("max; Table 1 prints an average"))
    ] = "max"
    growth: Annotated[_Counts, about("Growth rate of each dense block, one number a block.", in_paper("Table 1"))] = (
        32,
        64,
        128,
    )
    repeats: Annotated[_Counts, about("Layers of each dense block, one number a block.", in_paper("Table 1"))] = (
        1,
        2,
        4,
    )

    def __post_init__(self) -> None:
        if len(self.growth) != len(self.repeats):
            raise ValueError(
                f"growth and repeats must be lists of the same length, not {len(self.growth)} and {len(self.repeats)}."
            )


class DenseComponent(nn.Module):
    """BN-ReLU-1x1 (to 4f) - BN-ReLU-3x3 (to f), put in front of its input: (B, C, H, W) to (B, f + C, H, W)."""

    def __init__(self, channels: int, growth: int):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels, _EPS, _MOMENTUM)
        self.relu1 = nn.ReLU()
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1)
        self.bn2 = nn.BatchNorm2d(4 * growth, _EPS, _MOMENTUM)
        self.relu2 = nn.ReLU()
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv2(self.relu2(self.bn2(self.conv1(self.relu1(self.bn1(x))))))
        return torch.cat([new, x], 1)  # new first, as the released code concatenates


def _attention(options: FCSDNetOptions, channels: int) -> nn.Module:
    norm = "before" if options.spatial_norm else "none"
    settings = GateSettings(options.ratio, options.fusion_weight, norm, _EPS, _MOMENTUM, options.spatial_sigmoid)
    return make_gate(_GATE_NAMES.get(options.attention, options.attention), channels, settings)


class Stage(nn.Module):
    """Dense block, transition (1x1 convolution, ReLU, halving average pool), attention: (B, 4f, H/2, W/2)."""

    def __init__(self, channels: int, growth: int, repeats: int, options: FCSDNetOptions):
        super().__init__()
        self.dense = nn.Sequential(*(DenseComponent(channels + i * growth, growth) for i in range(repeats)))
        self.transition = nn.Conv2d(channels + repeats * growth, 4 * growth, 1)
        self.relu = nn.ReLU()
        self.pool = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)
        self.attention = _attention(options, 4 * growth)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(self.pool(self.relu(self.transition(self.dense(x)))))


@ARCHITECTURES.register("fcsdnet")
class FCSDNet(FERNetwork):
    r"""FCSDNet, exact to the released graph: 4,284,105 trainable parameters at 3 channels and 7 classes.

    Shape:
        - Input :math:`(B, 1..3, H, W)`, sides from 32 up (100 in the paper), scaled to [-1, 1].
        - Feature map :math:`(B, 512, \lceil H/32 \rceil, \lceil W/32 \rceil)`: 2 x 2 at 48 px, 4 x 4 at 100 px.
    """

    title = "FCSDNet"
    paper = PAPERS["fcsdnet"].citation
    summary = "Three dense blocks; after each, channel and spatial attention in parallel, averaged."
    size_origin = in_paper("Table 1")
    parts: ClassVar[dict[str, Origin]] = {
        "7x7 stem, step 2, 64 channels, no norm, no activation": in_paper("Table 1"),
        "dense layer: BN-ReLU-1x1 to 4f, BN-ReLU-3x3 to f": in_paper("section 3.2, Fig. 4"),
        "new maps before the old ones": in_code("its concatenation; section 3.2 gives no order"),
        "transition: 1x1, ReLU, 2x2 average": in_paper("section 3.2"),
        "channel gate: one perceptron with biases for average and maximum": in_paper("section 3.1, eq. 1"),
        "7x7 convolution of the spatial gate": in_paper("Table 1"),
        "no bias in the spatial gate": in_code("as in its parameter count, and that of Table 1"),
        "global average, linear layer, softmax": in_paper("section 3.3, eq. 5"),
        "Glorot uniform weights, batch norm of Keras": in_code("Keras' defaults"),
    }
    Options = FCSDNetOptions
    native_input = (3, 100, 100)
    min_size = 32
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "no attention": {"attention": "none"},
        "channel attention": {"attention": "cam"},
        "spatial attention": {"attention": "sam"},
        "CBAM order": {"attention": "cbam_seq"},
        "eq. 2 as printed": {"spatial_sigmoid": False, "spatial_norm": False},
    }

    def __init__(self, num_classes: int, in_channels: int, options: FCSDNetOptions):
        super().__init__(num_classes, in_channels, options)
        self.stem_pad = SamePad(7, 2)
        self.stem = nn.Conv2d(in_channels, 64, 7, stride=2)  # no norm and no activation follow, in paper and code
        self.stem_pool: nn.Module
        if options.stem_pool == "max":
            self.stem_pool = nn.Sequential(SamePad(3, 2, float("-inf")), nn.MaxPool2d(3, 2))
        else:
            self.stem_pool = SameAvgPool(3, 2)
        stages, channels = [], 64
        for growth, repeats in zip(options.growth, options.repeats, strict=True):
            stages.append(Stage(channels, growth, repeats, options))
            channels = 4 * growth
        self.stages = nn.Sequential(*stages)
        self.num_features = channels
        self.head = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.xavier_uniform_(module.weight)  # Keras' default
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward_features(self, x: Tensor) -> Tensor:
        x = self.stem_pool(self.stem(self.stem_pad(x)))  # (B, 64, H/4, W/4)
        return self.stages(x)  # (B, 512, H/32, W/32)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = features.mean((2, 3))  # (B, 512)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        layers: dict[str, nn.Module] = {}
        for i, stage in reversed(list(enumerate(self.stages, 1))):
            assert isinstance(stage, Stage)
            layers[f"stage {i} attention"] = stage
            layers[f"stage {i} transition"] = stage.relu
        return layers


def load_reference(model: FCSDNet, arrays: Mapping[str, np.ndarray]) -> None:
    """Load weights given under the names and layouts of the reference implementation (Keras) into ``model``.

    Args:
        arrays: ``layer/parameter`` to array: kernels (h, w, in, out), dense kernels (in, out), batch-norm vectors.

    Raises:
        KeyError: If an array is missing or left over.
        RuntimeError: If a shape does not fit.
    """
    left = dict(arrays)

    def take(layer: str, parameter: str) -> Tensor:
        value = torch.from_numpy(np.asarray(left.pop(f"{layer}/{parameter}"), dtype=np.float32))
        if parameter == "kernel":
            value = value.permute(3, 2, 0, 1) if value.ndim == 4 else value.T
        return value.contiguous()

    state: dict[str, Tensor] = {}

    def linear(layer: str, reference: str, bias: bool = True) -> None:
        state[f"{layer}.weight"] = take(reference, "kernel")
        if bias:
            state[f"{layer}.bias"] = take(reference, "bias")

    def norm(layer: str, reference: str) -> None:
        names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
        for parameter, name in names.items():
            state[f"{layer}.{parameter}"] = take(reference, name)

    linear("stem", "stem_conv")
    for b, repeats in enumerate(model.options.repeats):
        for c in range(repeats):
            layer, reference = f"stages.{b}.dense.{c}", f"db{b + 1}_c{c + 1}"
            norm(f"{layer}.bn1", f"{reference}_bn1")
            linear(f"{layer}.conv1", f"{reference}_conv1")
            norm(f"{layer}.bn2", f"{reference}_bn2")
            linear(f"{layer}.conv2", f"{reference}_conv2")
        linear(f"stages.{b}.transition", f"tl{b + 1}_conv")
        attention = f"stages.{b}.attention"
        linear(f"{attention}.channel.reduce", f"att{b + 1}_mlp1")
        linear(f"{attention}.channel.expand", f"att{b + 1}_mlp2")
        norm(f"{attention}.spatial.norm_before", f"att{b + 1}_sbn")
        linear(f"{attention}.spatial.conv", f"att{b + 1}_sconv", bias=False)
    linear("head", "FER")
    if left:
        raise KeyError(f"arrays without a place in the network: {sorted(left)}")
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise KeyError(f"missing {missing}, unexpected {unexpected}")
