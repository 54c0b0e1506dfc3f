"""The gates by name: the values of the option ``attention`` of the convolutional networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import nn

from fer_models.attention.cbam import CBAM
from fer_models.attention.channel import ChannelAttention
from fer_models.attention.channel_spatial_fusion import ChannelSpatialFusion
from fer_models.attention.dilated_spatial import DilatedSpatial
from fer_models.attention.se import SqueezeExcite
from fer_models.attention.spatial import SpatialAttention
from fer_models.registry import Registry

#: The names below, for the annotation of an option; a test holds the two equal.
GateName = Literal["none", "se", "channel", "spatial", "cbam", "fusion", "dilated_spatial"]


@dataclass(frozen=True)
class GateSettings:
    """Settings of all gates; each gate reads those that apply to it.

    Args:
        ratio: reduction of a channel perceptron.
        weight: share of the channel branch in the fusion.
        norm: batch norm of a spatial gate: ``"none"``, ``"before"`` or ``"after"`` its convolution.
        eps, momentum: of that batch norm.
        sigmoid: whether a spatial gate and that of the fusion end in one.
    """

    ratio: int = 8
    weight: float = 0.5
    norm: str = "none"
    eps: float = 1e-5
    momentum: float = 0.1
    sigmoid: bool = True


#: Name to a function of the number of channels and the settings.
GATES: Registry[Callable[[int, GateSettings], nn.Module]] = Registry("attention gate")


@GATES.register("none")
def _none(channels: int, settings: GateSettings) -> nn.Module:
    return nn.Identity()


@GATES.register("se")
def _se(channels: int, settings: GateSettings) -> nn.Module:
    return SqueezeExcite(channels, settings.ratio)


@GATES.register("channel")
def _channel(channels: int, settings: GateSettings) -> nn.Module:
    return ChannelAttention(channels, settings.ratio)


@GATES.register("spatial")
def _spatial(channels: int, settings: GateSettings) -> nn.Module:
    return SpatialAttention(norm=settings.norm, eps=settings.eps, momentum=settings.momentum, sigmoid=settings.sigmoid)


@GATES.register("cbam")
def _cbam(channels: int, settings: GateSettings) -> nn.Module:
    return CBAM(channels, settings.ratio, settings.norm, settings.eps, settings.momentum)


@GATES.register("fusion")
def _fusion(channels: int, settings: GateSettings) -> nn.Module:
    return ChannelSpatialFusion(
        channels, settings.ratio, settings.weight, settings.norm != "none", spatial_sigmoid=settings.sigmoid
    )


@GATES.register("dilated_spatial")
def _dilated_spatial(channels: int, settings: GateSettings) -> nn.Module:
    return DilatedSpatial((channels,))


def make_gate(name: str, channels: int, settings: GateSettings | None = None) -> nn.Module:
    """A gate for maps (B, channels, H, W) that keeps their shape; ``"none"`` is the identity.

    Raises:
        UserError: If the name is unknown; the message lists the valid ones.

    Example:
        >>> make_gate("cbam", 8)(torch.rand(2, 8, 12, 12)).shape
        torch.Size([2, 8, 12, 12])
    """
    return GATES[name](channels, settings or GateSettings())
