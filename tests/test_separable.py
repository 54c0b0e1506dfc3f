"""Separable convolutions beside standard ones: counted as torch's modules are, and drawn."""

from xml.etree import ElementTree

import torch
from torch import nn

from fer_models import create_model
from fer_models.complexity import count
from fer_models.separable import draw_scales, separable_scales


def test_every_scale_is_counted_as_the_convolutions_are():
    with torch.device("meta"):
        model = create_model("multibranch", in_channels=1)
    scales = separable_scales(model, (1, 48, 48))
    assert [(s.c_in, s.c_out, s.side) for s in scales][:4] == [
        (64, 128, 48), (128, 128, 48), (128, 256, 24), (256, 256, 24)
    ]  # fmt: skip
    for scale in scales[:3]:
        standard = nn.Conv2d(scale.c_in, scale.c_out, scale.kernel, padding=1)
        cost = count(standard, (scale.c_in, scale.side, scale.side))
        assert (cost.parameters, cost.macs) == (scale.standard_parameters, scale.standard_macs)
        depthwise = nn.Conv2d(scale.c_in, scale.c_in, scale.kernel, padding=1, groups=scale.c_in)
        pair = nn.Sequential(depthwise, nn.Conv2d(scale.c_in, scale.c_out, 1))
        cost = count(pair, (scale.c_in, scale.side, scale.side))
        assert (cost.parameters, cost.macs) == (scale.parameters, scale.macs)
    drawing = draw_scales(scales, "Convolutions")
    assert ElementTree.fromstring(drawing).tag.endswith("svg") and "73,856 weights, 169.9 M products" in drawing


def test_a_convolution_with_a_step_is_counted_at_its_own_map():
    pair = nn.Sequential(nn.Conv2d(8, 8, 3, stride=2, padding=1, groups=8, bias=False), nn.Conv2d(8, 16, 1, bias=False))
    scale = separable_scales(pair, (8, 12, 12))[0]
    assert (scale.side, scale.standard_macs, scale.macs) == (6, 9 * 8 * 16 * 36, (9 * 8 + 8 * 16) * 36)
    assert scale.standard_parameters == 9 * 8 * 16


def test_a_network_without_them_has_none():
    assert separable_scales(create_model("vgg_fer", in_channels=1), (1, 48, 48)) == []
