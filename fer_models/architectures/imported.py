"""A network of another package as one of ours: its body, then its last linear layer."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.architectures.builder import build
from fer_models.architectures.switches import about
from fer_models.errors import UserError
from fer_models.layer_names import module_words
from fer_models.settings import checked


@checked("Imported network")
class ImportedOptions:
    """What builds the network, and what was found out about it when it was imported."""

    source: Annotated[str, about("timm:NAME, torchvision:NAME or module:function.")]
    size: Annotated[int, about("Side of its input, in pixels.", ge=8, le=1024)]
    arguments: Annotated[dict[str, Any], about("Passed on to what builds it.")] = Field(default_factory=dict)
    head: Annotated[str, about("Its last linear layer; empty where scores come from something else.")] = ""
    ends: Annotated[tuple[str, ...], Field(strict=False), about("Layers after it that are left out: softmax.")] = ()
    layers: Annotated[tuple[str, ...], Field(strict=False), about("Layers for heatmaps, the deepest first.")] = ()
    relu_modules: Annotated[bool, about("Whether every ReLU is a module.")] = True


class ImportedNetwork(FERNetwork):
    r"""Any ``torch.nn.Module`` from images to scores.

    Its last linear layer becomes ``head``, and what comes before it ``body``, whose output is the embedding. Without
    such a layer ``head`` passes the scores on and the embedding is the scores. Layers that work in place no longer do.

    Shape:
        - Input :math:`(B, C, S, S)` of one size. :meth:`forward_features` passes it on; the body runs in
          :meth:`forward_head`.

    Raises:
        UserError: If the network cannot be built, or has no such layers.
    """

    title = "Imported network"
    paper = "see its package"
    summary = "A network of another package."
    Options: ClassVar[type[Any]] = ImportedOptions
    native_input = (3, 224, 224)
    min_size = 8
    fixed_size = True

    def __init__(self, num_classes: int, in_channels: int, options: ImportedOptions):
        super().__init__(num_classes, in_channels, options)
        self.title = options.source.partition(":")[2]  # type: ignore[misc]
        self.native_input = (in_channels, options.size, options.size)  # type: ignore[misc]
        self.relu_modules = options.relu_modules  # type: ignore[misc]
        module = build(options.source, num_classes, in_channels, options.arguments)
        self.body, self.head = split(module, options, num_classes)
        if self.head.out_features != num_classes:
            raise UserError(f"{options.source} gives {self.head.out_features} scores, not one for each class.")
        self.num_features = self.head.in_features

    def forward_features(self, x: Tensor) -> Tensor:
        return x

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = self.body(features)
        return embedding if pre_logits else self.head(embedding)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        names = {path: module_words(path) for path in self.options.layers}
        alike = Counter(names.values())
        return {path if alike[name] > 1 else name: self.body.get_submodule(path) for path, name in names.items()}


def split(module: nn.Module, options: ImportedOptions, num_classes: int) -> tuple[nn.Module, nn.Linear]:
    """The network without its last linear layer, and that layer; the network is changed, not copied.

    Raises:
        UserError: If it has no such layer.
    """
    for part in module.modules():
        if getattr(part, "inplace", False):
            part.inplace = False  # type: ignore[assignment]
    if not options.head:
        head = nn.Linear(num_classes, num_classes)
        with torch.no_grad():
            head.weight.copy_(torch.eye(num_classes))
            head.bias.zero_()
        return module, head
    try:
        head = module.get_submodule(options.head)  # type: ignore[assignment]
        for name in (options.head, *options.ends):
            parent, _, leaf = name.rpartition(".")
            module.get_submodule(name)
            setattr(module.get_submodule(parent), leaf, nn.Identity())
    except AttributeError:
        raise UserError(f"{options.source} has no layer {options.head}; its package has changed.") from None
    if not isinstance(head, nn.Linear):
        raise UserError(f"{options.head} of {options.source} is not a linear layer; its package has changed.")
    return module, head
