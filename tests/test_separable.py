"""Separable convolutions beside standard ones: counted as torch's modules are, and drawn."""

from xml.etree import ElementTree

import torch
from torch import nn

from fer_models import create_model
from fer_models.complexity import count
from fer_models.separable import Scale, draw_scales, separable_scales


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


def test_a_drawing_shows_filters_and_products_in_their_proportion():
    """Bars are as long as the products, filters as wide as their kernels, and rows do not meet."""
    scales = [Scale(64, 128, 3, 48, 1, 8768, 20_000_000, 73728, 160_000_000), Scale(8, 16, 5, 6, 3, 10, 1, 20, 400_000)]
    root = ElementTree.fromstring(draw_scales(scales, "Two", ground="#ffffff"))
    space = "{http://www.w3.org/2000/svg}"
    boxes = [
        {k: float(v) for k, v in r.attrib.items() if k in ("x", "y", "width", "height")}
        for r in root.iter(space + "rect")
    ]
    bars = [box for box in boxes if box["height"] == 9]
    assert [bar["width"] for bar in bars] == [250, 31.2, 1, 1]
    assert bars[0]["y"] == bars[1]["y"] and bars[2]["y"] - bars[0]["y"] == 104 and bars[0]["x"] < bars[1]["x"]
    words = [(float(t.get("x")), float(t.get("y")), t.text) for t in root.iter(space + "text")]
    heights = {word: y for _, y, word in words}
    assert heights["48 x 48 cells"] + 16 == heights["64 to 128 channels"]
    assert heights["6 x 6 cells"] - heights["48 x 48 cells"] == 104
    assert heights["3 of them"] == heights["6 x 6 cells"] + 32 and "1 of them" not in heights
    assert "73,728 weights, 160.0 M products" in heights and any("8.0 times fewer" in word for _, _, word in words)
    cells = [box for box in boxes if box["width"] == box["height"] == 10]
    for top, bottom, kernel in ((34, 138, 3), (138, 242, 5)):
        row = [cell for cell in cells if top <= cell["y"] < bottom]
        assert len(row) == 2 * kernel**2 + 1, "a standard filter, one a channel, and one of a single cell"
        for left, side in ((160, kernel), (520, kernel), (640, 1)):
            own = [(cell["x"], cell["y"]) for cell in row if left <= cell["x"] < left + 60]
            assert {x for x, _ in own} == {left + 10 * i for i in range(side)}
            assert {y for _, y in own} == {top + 50 - 10 * (i + 1) for i in range(side)}, "all stand on one line"
    assert (root.get("width"), root.get("height")) == ("900", "242")
    paths = [path.get("d") for path in root.iter(space + "path")]
    deep = 3 + 3.4 * 7  # 64 has seven binary digits
    assert paths[0] == f"M160 54 l{deep:g} {-0.55 * deep:g} h30 l{-deep:g} {0.55 * deep:g} z"
    assert paths[1] == f"M190 54 l{deep:g} {-0.55 * deep:g} v30 l{-deep:g} {0.55 * deep:g} z"
