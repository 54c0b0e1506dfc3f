"""First weights: Keras' defaults for the networks that come from Keras, He's for the others."""

import math

from torch import nn

from fer_models.attention.channel import ChannelAttention
from fer_models.attention.dilated_spatial import DilatedSpatial
from fer_models.attention.se import SqueezeExcite
from fer_models.attention.spatial import SpatialAttention

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
_GATES = (ChannelAttention, SpatialAttention, SqueezeExcite, DilatedSpatial)


def _fan_out(layer: nn.Conv1d | nn.Conv2d) -> int:
    # Per group: torch's own rule would make a depthwise convolution's weights too small by the square root of C.
    return layer.out_channels * math.prod(layer.kernel_size) // layer.groups


def init_keras(network: nn.Module) -> None:
    """Glorot-uniform convolutions and linear layers, biases 0, attention gates He-normal (fan in)."""
    gates = {id(m) for gate in network.modules() if isinstance(gate, _GATES) for m in gate.modules()}
    for module in network.modules():
        if isinstance(module, (*_CONVOLUTIONS, nn.Linear)) and not module.weight.is_meta:
            if id(module) in gates:
                nn.init.kaiming_normal_(module.weight)
            else:
                nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def init_he(network: nn.Module) -> None:
    """He-normal convolutions (fan out), their biases 0; linear and recurrent layers keep torch's defaults."""
    for module in network.modules():
        if isinstance(module, _CONVOLUTIONS) and not module.weight.is_meta:
            nn.init.normal_(module.weight, std=math.sqrt(2 / _fan_out(module)))
            if module.bias is not None:
                nn.init.zeros_(module.bias)
