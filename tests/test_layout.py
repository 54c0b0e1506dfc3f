"""Grey pictures too are computed with their channels innermost, and the values do not change."""

import pytest
import torch
from torch import nn

from fer_models import create_model
from fer_models.layout import channels_last


@pytest.mark.parametrize("channels", [1, 3])
def test_the_whole_network_computes_with_channels_innermost(channels):
    network = create_model("fcsdnet", in_channels=channels).place("cpu").eval()
    other = []

    def look(_module, _inputs, output):
        if output.ndim == 4 and not output.is_contiguous(memory_format=torch.channels_last):
            other.append(tuple(output.shape))

    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.AvgPool2d)):
            module.register_forward_hook(look)
    x = torch.randn(2, channels, 48, 48)
    with torch.no_grad():
        logits = network(channels_last(x))
    assert not other
    torch.testing.assert_close(logits, network(x))


@pytest.mark.parametrize("shape", [(2, 1, 5, 7), (1, 1, 48, 48), (3, 3, 4, 4)])
def test_values_and_shape_stay(shape):
    x = torch.randn(shape)
    turned = channels_last(x)
    assert turned.shape == shape
    assert torch.equal(turned, x)
    assert turned.stride()[1] == 1
    cut = torch.randn(4, shape[1], shape[2], shape[3])[1::2]  # a part of a batch, as each process takes
    assert torch.equal(channels_last(cut), cut)
