"""Gating modules: numbers worked out by hand, ranges, one registry, and compilation without a graph break."""

import math
import typing

import pytest
import torch

from fer_models.attention.base import record_attention
from fer_models.attention.cbam import CBAM
from fer_models.attention.channel import ChannelAttention
from fer_models.attention.channel_spatial_fusion import ChannelSpatialFusion
from fer_models.attention.dilated_spatial import DilatedSpatial
from fer_models.attention.gates import GATES, GateName, GateSettings, make_gate
from fer_models.attention.se import SqueezeExcite
from fer_models.attention.spatial import SpatialAttention
from fer_models.errors import UserError


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def fill(module, value):
    for parameter in module.parameters():
        torch.nn.init.constant_(parameter, value)
    return module.eval()


# Two channels of 2x2: means 2.5 and 0, maxima 4 and 0.
X = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]]])


def test_squeeze_excite_by_hand():
    """All weights 1, one hidden unit: it holds 2.5 + 0, both gates are sigmoid(2.5)."""
    gate = fill(SqueezeExcite(2, ratio=2), 1.0).gate(X)
    assert gate.shape == (1, 2, 1, 1)
    assert gate.flatten().tolist() == pytest.approx([sigmoid(2.5)] * 2)


def test_squeeze_excite_widths_and_biases():
    count = sum(p.numel() for p in SqueezeExcite(33, ratio=16).parameters())
    assert count == 2 * 33 * 2
    biased = sum(p.numel() for p in SqueezeExcite(8, hidden=3, bias=True, activation="silu").parameters())
    assert biased == 2 * 8 * 3 + 3 + 8
    with pytest.raises(UserError, match="silu"):
        SqueezeExcite(8, activation="tanh")


def test_channel_attention_by_hand():
    """All weights and biases 1: the hidden unit holds 3.5 (mean) and 5 (max), outputs 4.5 and 6, their sum is 10.5."""
    gate = fill(ChannelAttention(2, ratio=2), 1.0).gate(X)
    assert gate.flatten().tolist() == pytest.approx([sigmoid(10.5)] * 2)


def test_spatial_attention_by_hand():
    """A 3x3 window of ones sees the whole 2x2 map: sum of means 5 (half of 10) and of maxima 10."""
    gate = fill(SpatialAttention(3), 1.0).gate(X)
    assert gate.shape == (1, 1, 2, 2)
    assert gate.flatten().tolist() == pytest.approx([sigmoid(15.0)] * 4)


def test_fusion_is_the_weighted_mean_of_both():
    module = ChannelSpatialFusion(2, ratio=2, weight=0.25, spatial_norm=False).eval()
    expected = 0.25 * module.channel(X) + 0.75 * module.spatial(X)
    assert torch.allclose(module(X), expected)
    with pytest.raises(UserError, match="weight"):
        ChannelSpatialFusion(2, weight=1.5)


def test_cbam_gates_the_refined_map():
    module = CBAM(2, ratio=2).eval()
    assert torch.equal(module(X), module.spatial(module.channel(X)))


def test_dilated_spatial_by_hand():
    """Two maps of one channel, so mean = maximum = the map. Only the window's centre and the first map count: the gate
    is the sigmoid of twice the first map, and the output (1 + gate) times both.
    """
    module = fill(DilatedSpatial((1, 1)), 0.0)
    with torch.no_grad():
        module.conv.weight[:, :, 1, 1] = 1
        module.mix.weight[0, 0] = 1
    gate = module.gate(X)
    expected = torch.sigmoid(2 * X[:, :1])
    assert torch.allclose(gate, expected)
    assert torch.allclose(module(X), X * (1 + expected))
    assert sum(p.numel() for p in module.parameters()) == 18 + 2


def test_dilated_spatial_looks_three_pixels_away():
    module = fill(DilatedSpatial((1,)), 0.0)
    with torch.no_grad():
        module.conv.weight[:, 0, 1, 0] = 1  # left of the centre, from the mean map
        module.mix.weight.fill_(1)
    x = torch.zeros(1, 1, 1, 7)
    x[..., 1] = 5.0
    logits = torch.logit(module.gate(x)).flatten()
    assert logits.tolist() == pytest.approx([0, 0, 0, 0, 5, 0, 0], abs=1e-5)


def test_dilated_spatial_switches():
    x = torch.randn(2, 5, 9, 9)
    separate = DilatedSpatial((2, 3), shared=False, residual=False, maps=2)
    assert separate.conv.weight.shape == (4, 2, 3, 3)
    assert separate.mix.weight.shape == (1, 4, 1, 1)
    assert torch.allclose(separate(x), x * separate.gate(x))
    with pytest.raises(UserError, match="odd"):
        DilatedSpatial((2,), kernel_size=4)


def test_the_option_type_lists_every_gate():
    assert sorted(typing.get_args(GateName)) == list(GATES)
    with pytest.raises(UserError, match="cbam"):
        make_gate("triplet", 8)


@pytest.mark.parametrize("name", [n for n in GATES if n != "none"])
def test_every_gate_keeps_the_shape_shows_itself_and_compiles(name):
    torch.manual_seed(0)
    module = make_gate(name, 16, GateSettings(ratio=4, norm="after"))
    x = torch.randn(2, 16, 6, 5)
    module(x)  # moves the norms' statistics once
    module.eval()
    with record_attention(module) as records:
        y = module(x)
    assert y.shape == x.shape
    assert records
    for record in records:
        shapes = {"channel": (2, 16, 1, 1), "spatial": (2, 1, 6, 5)}
        assert record.weights.shape == shapes[record.kind]
        assert record.weights.min() > 0 and record.weights.max() < 1
    torch._dynamo.reset()
    compiled = torch.compile(module, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(x), y)


def test_no_gate_is_the_identity():
    assert make_gate("none", 4)(X) is X


@pytest.mark.parametrize("bad", [4, 1])
def test_even_or_tiny_windows_are_refused(bad):
    with pytest.raises(UserError, match="odd"):
        SpatialAttention(bad)
