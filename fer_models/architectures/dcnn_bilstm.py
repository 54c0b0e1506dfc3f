"""HOG, separable convolutions, a bidirectional LSTM over the map and dual attention; with its teacher and its student.

Source: Jayaraman and Mahendran 2025; no code is known. The layers, their widths and the map of 52 x 52 are the paper's;
how the HOG enters (a second channel here), separable second and third convolutions, the hidden layer after the global
average, and all that the attention's text leaves open are our choice, named in the modules. The HOG channel is computed
inside the network, so that the preprocessing is that of all others.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from fer_models.architectures.base import ARCHITECTURES, FERNetwork
from fer_models.architectures.dcnn_bilstm_options import (
    PARTS,
    SIZES,
    TITLE,
    DCNNBiLSTMOptions,
    StudentOptions,
    TeacherOptions,
)
from fer_models.architectures.hog import HOG, to_grey
from fer_models.architectures.initialise import init_he
from fer_models.architectures.pcp import PCP
from fer_models.attention.dual import Branches, DualAttentionLayer
from fer_models.attention.gates import GateSettings, make_gate
from fer_models.errors import UserError
from fer_models.papers import PAPERS
from fer_models.settings import Origin, ours

_HIDDEN = 300


def _activation(name: str) -> nn.Module:
    return {"pcp": PCP, "relu": nn.ReLU, "gelu": nn.GELU}[name]()


def _convolution(kind: str, c_in: int, c_out: int, activation: str) -> nn.Sequential:
    """5x5 without padding, norm, activation: (B, C, H, W) to (B, D, H - 4, W - 4)."""
    if kind == "full":
        layers = [nn.Conv2d(c_in, c_out, 5, bias=False)]
    else:
        layers = [nn.Conv2d(c_in, c_in, 5, groups=c_in, bias=False), nn.Conv2d(c_in, c_out, 1, bias=False)]
    return nn.Sequential(*layers, nn.BatchNorm2d(c_out), _activation(activation))


class RasterBiLSTM(nn.Module):
    """A bidirectional LSTM over the pixels in raster order, both directions summed: (B, C, H, W) to the same shape."""

    def __init__(self, channels: int):
        super().__init__()
        self.lstm = nn.LSTM(channels, channels, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        sequence, _ = self.lstm(x.flatten(2).transpose(1, 2))  # (B, HW, 2C)
        forward, backward = sequence.chunk(2, -1)
        return (forward + backward).transpose(1, 2).reshape(x.shape)


class Interaction(nn.Module):
    """How the spatial map s and the channel map c become one (B, C, H, W): I(s, c) + I(c, s), their sum, or a 1x1
    convolution.

    I(x, y) = (W x) * activation(U y) with 1x1 convolutions W and U (eq. 19 of the paper).
    """

    def __init__(self, channels: int, kind: str, activation: str):
        super().__init__()
        self.kind = kind
        if kind == "ilm":
            self.linear = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(2))
            self.gated = nn.ModuleList(
                nn.Sequential(nn.Conv2d(channels, channels, 1), _activation(activation)) for _ in range(2)
            )
        elif kind == "concat":
            self.mix = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, s: Tensor, c: Tensor) -> Tensor:
        if self.kind == "sum":
            return s + c
        if self.kind == "concat":
            return self.mix(torch.cat([s, c], 1))
        return self.linear[0](s) * self.gated[0](c) + self.linear[1](c) * self.gated[1](s)


class DualAttention(nn.Module):
    """Two layers of dual attention and the interaction of their branches: (B, C, H, W) to the same shape."""

    def __init__(self, channels: int, options: DCNNBiLSTMOptions):
        super().__init__()
        window = options.window or (7 if options.order == "stacked" else 3)
        branches: Branches = "both" if options.dam == "none" else options.dam
        self.branches = branches
        self.layers = nn.ModuleList(
            DualAttentionLayer(channels, window, options.groups, branches, cross=cross, distill=options.distill_kv)
            for cross in (False, options.cross)  # the first layer keeps its own keys
        )
        self.interaction = (
            Interaction(channels, options.interaction, options.activation) if branches == "both" else None
        )

    def forward(self, x: Tensor) -> Tensor:
        a = b = x
        for layer in self.layers:
            a, b = layer(a, b)
        if self.interaction is not None:
            return self.interaction(a, b)
        return a if self.branches == "spatial" else b


def _face_template(height: int, width: int, like: Tensor) -> Tensor:
    """Weights (1, 1, H, W) in [0.5, 1] that are high on brows, eyes, nose and mouth of a framed, upright face."""
    spots = ((0.32, 0.3, 0.08, 0.14), (0.32, 0.7, 0.08, 0.14), (0.55, 0.5, 0.12, 0.1), (0.76, 0.5, 0.09, 0.18))
    rows = (torch.arange(height, device=like.device, dtype=like.dtype) + 0.5) / height
    columns = (torch.arange(width, device=like.device, dtype=like.dtype) + 0.5) / width
    mask = torch.zeros(height, width, device=like.device, dtype=like.dtype)
    for row, column, tall, wide in spots:  # centre and spread, as parts of the sides
        distance = ((rows - row) / tall)[:, None] ** 2 + ((columns - column) / wide)[None, :] ** 2
        mask = torch.maximum(mask, torch.exp(-0.5 * distance))
    return (0.5 + 0.5 * mask)[None, None]


@ARCHITECTURES.register("dcnn_bilstm")
class DCNNBiLSTM(FERNetwork):
    r"""HOG + DCNN-BiLSTM with dual attention: 1,186,256 trainable parameters with the grey and the HOG channel.

    Shape:
        - Input :math:`(B, 1, H, W)` or :math:`(B, 3, H, W)`, which is turned to grey; sides from 32 up (64 in the
          paper).
        - Feature map :math:`(B, 128, h, w)`: 13 x 13 at 64 px, 9 x 9 at 48 px; 9 x 9 at 64 px interleaved.

    Raises:
        UserError: For 2 input channels, or a width and groups that do not fit.
    """

    title = TITLE
    paper = PAPERS["dcnn-bilstm"].citation
    summary = "Grey and HOG image, three 5x5 convolutions, a BiLSTM over the map and two layers of dual attention."
    size_origin = SIZES
    parts: ClassVar[dict[str, Origin]] = PARTS
    Options: ClassVar[type[Any]] = DCNNBiLSTMOptions
    native_input = (1, 64, 64)
    min_size = 32
    variants: ClassVar[dict[str, dict[str, Any]]] = {
        "grey input": {"input": "gray"},
        "interleaved pools": {"order": "interleaved"},
        "no attention": {"dam": "none"},
        "no BiLSTM": {"bilstm": False},
        "PCP in the convolutions": {"conv_activation": "pcp"},
        "landmark weights": {"template_mask": True},
    }

    def __init__(self, num_classes: int, in_channels: int, options: DCNNBiLSTMOptions):
        super().__init__(num_classes, in_channels, options)
        if in_channels == 2:
            raise UserError(f"{self.title} takes 1 or 3 input channels (it makes its HOG channel itself), not 2.")
        w1, w2, w3 = (round(c * options.width) for c in (32, 64, 128))
        self.hog = HOG(orientation=options.orientation)
        way = options.conv_activation
        self.conv1 = _convolution("full", 2 if options.input == "gray+hog" else 1, w1, way)
        self.conv2 = _convolution(options.conv, w1, w2, way)
        self.conv3 = _convolution(options.conv, w2, w3, way)
        self.pool1 = nn.MaxPool2d(2)
        self.pool2 = nn.MaxPool2d(2)
        self.gate = make_gate(options.attention, w3, GateSettings(options.ratio))
        self.recurrent = RasterBiLSTM(w3) if options.bilstm else nn.Identity()
        self.dual = DualAttention(w3, options) if options.dam != "none" else nn.Identity()
        self.hidden = nn.Linear(w3, _HIDDEN)
        self.activation = _activation(options.activation)
        self.dropout = nn.Dropout(options.dropout)
        self.num_features = _HIDDEN
        self.head = nn.Linear(_HIDDEN, num_classes)
        init_he(self)

    def channels(self, x: Tensor) -> Tensor:
        """What the first convolution reads: grey as given, HOG in [0, 1], or both as (B, 2, H, W)."""
        grey = to_grey(x)
        if self.options.input == "gray":
            read = grey
        else:
            # The blocks' normalisation makes the HOG independent of the scale of the input.
            hog = self.hog(grey).to(grey.dtype)
            read = hog if self.options.input == "hog" else torch.cat([grey, hog], 1)
        if self.options.template_mask:
            read = read * _face_template(x.shape[2], x.shape[3], read)
        return read

    def forward_features(self, x: Tensor) -> Tensor:
        x = self.conv1(self.channels(x))  # (B, 32, 60, 60) at 64 px
        if self.options.order == "interleaved":
            x = self.conv3(self.pool2(self.conv2(self.pool1(x))))  # (B, 128, 9, 9)
        else:
            x = self.pool2(self.pool1(self.conv3(self.conv2(x))))  # (B, 128, 13, 13)
        return self.dual(self.recurrent(self.gate(x)))

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = self.dropout(self.activation(self.hidden(features.mean((2, 3)))))  # (B, 300)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        layers = {"dual attention": self.dual, "BiLSTM": self.recurrent, "gate": self.gate}
        return layers | {"convolution 3": self.conv3, "convolution 2": self.conv2, "convolution 1": self.conv1}


@ARCHITECTURES.register("dcnn_bilstm_teacher")
class DCNNBiLSTMTeacher(DCNNBiLSTM):
    """The teacher of the distillation, with full convolutions: 1,429,616 trainable parameters.

    Shape:
        - As :class:`DCNNBiLSTM`.

    Source:
        Jayaraman and Mahendran 2025, algorithm 3, which gives no sizes; full convolutions are our choice.
    """

    title = f"{TITLE}, teacher"
    summary = "The same network with full instead of separable convolutions; teaches the student."
    size_origin = ours("algorithm 3 gives none: the same network with full convolutions")
    Options: ClassVar[type[Any]] = TeacherOptions
    variants: ClassVar[dict[str, dict[str, Any]]] = {}


@ARCHITECTURES.register("dcnn_bilstm_student")
class DCNNBiLSTMStudent(DCNNBiLSTM):
    """The student of the distillation, half as wide: 310,688 trainable parameters.

    Shape:
        - As :class:`DCNNBiLSTM` with half of the channels.

    Source:
        Jayaraman and Mahendran 2025, algorithm 3, which gives no sizes; half the width is our choice.
    """

    title = f"{TITLE}, student"
    summary = "The same network at half the width, to be trained by distillation from the teacher."
    size_origin = ours("algorithm 3 gives none: the same network at half the width")
    Options: ClassVar[type[Any]] = StudentOptions
    variants: ClassVar[dict[str, dict[str, Any]]] = {}
