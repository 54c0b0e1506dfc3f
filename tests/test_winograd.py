"""Winograd's convolution against torch's, and the networks that use it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_models import create_model
from fer_models.inference import WINOGRAD, forwards
from fer_models.inference.winograd import WinogradConv2d, suits, use_winograd


@pytest.mark.parametrize(
    ("height", "width", "padding", "bias"), [(24, 24, 1, True), (23, 10, 1, False), (9, 14, 0, True)]
)
def test_it_is_the_convolution(height: int, width: int, padding: int, bias: bool) -> None:
    torch.manual_seed(0)
    conv = nn.Conv2d(96, 112, 3, padding=padding, bias=bias)
    fast = WinogradConv2d(conv)
    with torch.no_grad():
        for images in (1, 3, 40):  # 40 images of 36 tiles go through it in parts
            x = torch.randn(images, 96, height, width)
            torch.testing.assert_close(fast(x), conv(x), atol=3e-5, rtol=1e-4)
        assert fast(x).is_contiguous(memory_format=torch.channels_last)


def test_a_batch_of_few_tiles_goes_through_the_convolution() -> None:
    conv = nn.Conv2d(96, 96, 3, padding=1)
    fast = WinogradConv2d(conv)
    fast.products.zero_()
    with torch.no_grad():
        one, two = torch.rand(1, 96, 12, 12), torch.rand(2, 96, 12, 12)  # nine tiles an image
        assert torch.equal(fast(one), conv(one))
        assert not torch.allclose(fast(two), conv(two))


def test_only_plain_convolutions_with_many_channels_are_replaced() -> None:
    assert suits(nn.Conv2d(96, 96, 3)) and suits(nn.Conv2d(96, 200, 3, padding=1, bias=False))
    for options in ({"stride": 2}, {"dilation": 2}, {"groups": 2}, {"padding": "same"}, {"padding_mode": "reflect"}):
        assert not suits(nn.Conv2d(96, 96, 3, **options)), options
    assert not suits(nn.Conv2d(96, 96, 5)) and not suits(nn.Conv2d(95, 96, 3)) and not suits(nn.Conv2d(96, 95, 3))
    network = nn.Sequential(nn.Conv2d(1, 96, 3), nn.Conv2d(96, 96, 3), nn.MaxPool2d(4), nn.Conv2d(96, 96, 3, padding=1))
    assert use_winograd(network, torch.rand(1, 1, 32, 32)) == 1  # the last one's map has seven pixels a side
    assert [type(m) for m in network] == [nn.Conv2d, WinogradConv2d, nn.MaxPool2d, nn.Conv2d]
    assert not any(m._forward_hooks for m in network.modules())


@pytest.mark.parametrize("name", ["optimised_cnn", "vgg_fer", "resnet18"])
def test_a_large_network_has_a_variant_with_the_same_logits(name: str) -> None:
    torch.manual_seed(3)
    model = create_model(name, 7, 1).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.uniform_(0.7, 1.4)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    fast = forwards.winograd_forward(model.place("cpu"), forwards.example_batch(2, 1, 48))
    assert fast is not None and fast.name == WINOGRAD
    batch = forwards.example_batch(5, 1, 48)
    assert forwards.difference(fast, forwards.plain(model), batch) <= forwards.TOLERANCE
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert not any(isinstance(module, WinogradConv2d) for module in model.modules())


def test_no_variant_where_nothing_gains_or_a_logit_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    example = forwards.example_batch(2, 1, 48)
    assert forwards.winograd_forward(create_model("mini_xception", 7, 1).eval(), example) is None
    model = create_model("optimised_cnn", 7, 1).eval()
    monkeypatch.setattr(forwards, "TOLERANCE", -1.0)
    assert forwards.winograd_forward(model, example) is None
