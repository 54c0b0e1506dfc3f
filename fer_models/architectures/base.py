"""The base class of networks: common methods, options that are saved with the weights, metadata for pages."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from fer_models.errors import UserError
from fer_models.registry import Registry
from fer_models.settings import Origin, from_values, ours

ARCHITECTURES: Registry[type[FERNetwork]] = Registry("network")


class FERNetwork(nn.Module, ABC):
    r"""A facial-expression classifier.

    Subclasses set the class attributes, build their layers in ``__init__(num_classes, in_channels, options)`` and are
    registered with ``@ARCHITECTURES.register(key)``.

    Class attributes:
        title: name on a screen.
        paper: citation in one line.
        summary: one sentence for a table.
        size_origin: where the default widths and depths come from.
        parts: where each fixed part of the network comes from, by a few words; options name their own origin.
        Options: the ablation switches, a :func:`fer_models.settings.checked` class of JSON-friendly values.
        native_input: (C, H, W) of the paper.
        min_size: smallest side that it takes.
        fixed_size: ``True`` if the weights fit ``native_input``'s size only.
        variants: further rows of the model table, name -> options.
        variant_inputs: (C, H, W) of those whose native input differs.
        differentiable: ``False`` if no gradient flows through it.
        relu_modules: ``False`` if it applies ReLU as a function, where no hook sees it.

    Shape:
        - :meth:`forward`: :math:`(B, C_{in}, H, W)` to logits :math:`(B, K)`.
        - :meth:`forward_features`: to a feature map :math:`(B, C, h, w)`.
        - :meth:`forward_head`: feature map to logits, or with ``pre_logits=True`` to the embedding
          :math:`(B, \mathrm{num\_features})` that the last linear layer reads.
    """

    title: ClassVar[str]
    paper: ClassVar[str]
    summary: ClassVar[str]
    size_origin: ClassVar[Origin] = ours("no paper gives them")
    parts: ClassVar[dict[str, Origin]] = {}
    Options: ClassVar[type[Any]]
    native_input: ClassVar[tuple[int, int, int]]
    min_size: ClassVar[int]
    fixed_size: ClassVar[bool] = False
    variants: ClassVar[dict[str, dict[str, Any]]] = {}
    variant_inputs: ClassVar[dict[str, tuple[int, int, int]]] = {}
    differentiable: ClassVar[bool] = True
    relu_modules: ClassVar[bool] = True

    key: str  # set by create_model
    num_features: int
    head: nn.Linear

    def __init__(self, num_classes: int, in_channels: int, options: Any):
        super().__init__()
        if not 1 <= in_channels <= 3:
            raise UserError(f"{self.title} takes 1 to 3 input channels, not {in_channels}.")
        if num_classes < 2:
            raise UserError(f"A classifier needs at least 2 classes, not {num_classes}.")
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.options = options

    @abstractmethod
    def forward_features(self, x: Tensor) -> Tensor: ...

    @abstractmethod
    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor: ...

    @property
    def classifier(self) -> nn.Linear:
        """The last linear layer, ``head`` unless a network says otherwise: what :meth:`reset_classifier` replaces."""
        return self.head

    def _set_classifier(self, layer: nn.Linear) -> None:
        self.head = layer

    @property
    @abstractmethod
    def cam_layers(self) -> dict[str, nn.Module]:
        """Layers whose output is a map (B, C, h, w), the deepest first: the choices for class activation maps."""

    @property
    def target_layer(self) -> nn.Module:
        """The deepest of :attr:`cam_layers`, the field's default for Grad-CAM."""
        return next(iter(self.cam_layers.values()))

    def forward(self, x: Tensor) -> Tensor:
        return self.forward_head(self.forward_features(self.check_input(x)))

    def check_input(self, x: Tensor) -> Tensor:
        """Return ``x`` if this network can take it.

        Raises:
            UserError: If ``x`` is not (B, in_channels, H, W) or is smaller than ``min_size``.
        """
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise UserError(f"{self.title} was built for input (B, {self.in_channels}, H, W), not {tuple(x.shape)}.")
        if min(x.shape[2:]) < self.min_size:
            raise UserError(f"{self.title} needs images of at least {self.min_size} pixels, not {min(x.shape[2:])}.")
        if self.fixed_size and tuple(x.shape[2:]) != self.native_input[1:]:
            raise UserError(f"{self.title} takes {self.native_input[1:]} pixels only, not {tuple(x.shape[2:])}.")
        return x

    def place(self, device: torch.device | str) -> Self:
        """Move the weights to a device, channels last: the layout in which convolutions are fastest. Returns itself."""
        self.to(device)
        for p in self.parameters():
            if p.ndim == 4:
                p.data = p.data.contiguous(memory_format=torch.channels_last)
        return self

    def reset_classifier(self, num_classes: int) -> None:
        """Replace the last linear layer by a fresh one with ``num_classes`` outputs."""
        old = self.classifier
        layer = nn.Linear(old.in_features, num_classes).to(old.weight)
        self.num_classes = num_classes
        self._set_classifier(layer)

    @classmethod
    def parse_options(cls, values: dict[str, Any]) -> Any:
        """Options from plain values (JSON lists become tuples).

        Raises:
            UserError: If a name is unknown or a value is not possible.
        """
        return from_values(cls.Options, values)

    def options_dict(self) -> dict[str, Any]:
        """The options as JSON-friendly values."""
        return dataclasses.asdict(self.options)
