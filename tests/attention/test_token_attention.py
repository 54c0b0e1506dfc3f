"""Attention between tokens and between channels: numbers worked out by hand, and compilation without a graph break."""

import math

import pytest
import torch
from torch import nn

from fer_models.attention.additive import AdditiveAttention
from fer_models.attention.base import AttentionTap, record_attention
from fer_models.attention.dot import DotAttention
from fer_models.attention.dual import DualAttentionLayer
from fer_models.attention.grouped_channel import GroupedChannelAttention
from fer_models.attention.self_attention_distillation import ChannelDistillation, SpatialDistillation
from fer_models.attention.window_self_attention import WindowSelfAttention
from fer_models.errors import UserError


def seen(module, *inputs):
    with record_attention(module) as records:
        out = module(*inputs)
    return out, records


def compiles(module, *inputs):
    torch._dynamo.reset()
    expected = module(*inputs)
    compiled = torch.compile(module, fullgraph=True, backend="eager")(*inputs)
    pairs = zip(expected, compiled, strict=True) if isinstance(expected, tuple) else [(expected, compiled)]
    return all(torch.allclose(a, b, atol=1e-6) for a, b in pairs)


def test_dot_attention_by_hand():
    """One query (2, 0), keys (log 2, 0) and (0, 1): scores 2 log 2 and 0, divided by sqrt(2) with the scale."""
    h, s = torch.tensor([[[2.0, 0.0]]]), torch.tensor([[[math.log(2), 0.0], [0.0, 1.0]]])
    out, (record,) = seen(DotAttention(scale=False), h, s)
    assert record.weights.flatten().tolist() == pytest.approx([4 / 5, 1 / 5])
    assert out.flatten().tolist() == pytest.approx([4 / 5 * math.log(2), 1 / 5])
    _, (scaled,) = seen(DotAttention(), h, s)
    odds = 2 ** math.sqrt(2)
    assert scaled.weights.flatten().tolist() == pytest.approx([odds / (1 + odds), 1 / (1 + odds)])
    assert compiles(DotAttention(), h, s)


def test_additive_attention_by_hand():
    """Weights 1 and bias 0 with one feature and one hidden unit: e = tanh(h + s)."""
    module = AdditiveAttention(1, 1)
    for parameter in module.parameters():
        nn.init.constant_(parameter, 1.0)
    nn.init.zeros_(module.key.bias)
    h, s = torch.tensor([[[1.0]]]), torch.tensor([[[0.0], [-1.0]]])
    out, (record,) = seen(module, h, s)
    odds = math.exp(math.tanh(1.0))  # against exp(tanh 0) = 1
    assert record.kind == "tokens"
    assert record.weights.flatten().tolist() == pytest.approx([odds / (1 + odds), 1 / (1 + odds)])
    assert out.item() == pytest.approx(-1 / (1 + odds))
    assert sum(p.numel() for p in AdditiveAttention(128, 64).parameters()) == 16_512
    assert compiles(module, h, s)


def test_window_attention_by_hand():
    """A 1x3 map in windows of 2: zero queries attend evenly to all four cells, of which the padded ones hold 0."""
    module = WindowSelfAttention(1, window=2, distill=False)
    zero, v = torch.zeros(1, 1, 1, 3), torch.tensor([[[[4.0, 8.0, 12.0]]]])
    out, (record,) = seen(module, zero, zero, v)
    assert record.weights.shape == (1, 2, 4, 4)
    assert torch.allclose(record.weights, torch.full((1, 2, 4, 4), 0.25))
    assert out.flatten().tolist() == [3, 3, 3]  # (4 + 8) / 4 in the first window, 12 / 4 in the second


def test_window_attention_stays_inside_its_window():
    """Large scores: each pixel picks the brightest key of its own window, also where the other has brighter ones."""
    module = WindowSelfAttention(1, window=2, distill=False)
    q = torch.full((1, 1, 2, 4), 100.0)
    k = torch.tensor([[[[0.0, 1.0, 5.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]])
    out, _ = seen(module, q, k, 10 * k)
    assert out[0, 0].tolist() == [[10, 10, 50, 50]] * 2


def test_window_attention_equals_the_plain_formula():
    torch.manual_seed(1)
    module = WindowSelfAttention(6, window=3).eval()
    q, k, v = torch.randn(3, 2, 6, 3, 3)
    out, (record,) = seen(module, q, k, v)
    keys, values = module.distill_keys(k).flatten(2), module.distill_values(v).flatten(2)
    weights = torch.softmax(q.flatten(2).transpose(1, 2) @ keys / math.sqrt(6), -1)
    assert record.weights.shape == (2, 1, 9, 4)
    assert torch.allclose(record.weights[:, 0], weights, atol=1e-6)
    assert torch.allclose(out.flatten(2), values @ weights.transpose(1, 2), atol=1e-6)
    assert compiles(module, q, k, v)
    with pytest.raises(UserError, match="window"):
        WindowSelfAttention(4, window=0)


def test_grouped_channel_attention_by_hand():
    """Two groups of two channels, one position: scores are products of values; softmax over the group's own keys."""
    module = GroupedChannelAttention(4, groups=2, distill=False)
    q = torch.tensor([1.0, 0.0, 2.0, 0.0]).reshape(1, 4, 1, 1)
    k = torch.tensor([math.log(3), 0.0, 0.0, 0.0]).reshape(1, 4, 1, 1)
    v = torch.tensor([4.0, 8.0, 1.0, 3.0]).reshape(1, 4, 1, 1)
    out, (record,) = seen(module, q, k, v)
    assert record.kind == "channels"
    assert record.weights.shape == (1, 2, 2, 2)
    assert record.weights[0, 0].flatten().tolist() == pytest.approx([0.75, 0.25, 0.5, 0.5])
    assert out.flatten().tolist() == pytest.approx([5, 6, 2, 2])
    with pytest.raises(UserError, match="groups"):
        GroupedChannelAttention(12, groups=8)


def test_distillation_shapes_and_counts():
    spatial, channel = SpatialDistillation(128), ChannelDistillation(128, 8)
    assert sum(p.numel() for p in spatial.parameters()) == 147_648
    assert sum(p.numel() for p in channel.parameters()) == 2_688
    assert spatial(torch.zeros(4, 128, 7, 7)).shape == (4, 128, 4, 4)
    assert channel(torch.zeros(2, 128, 169)).shape == (2, 64, 169)
    x = torch.randn(1, 128, 10)
    y = x.clone()
    y[:, 16:] += 1  # another group cannot reach the first eight channels
    assert torch.equal(channel(x)[:, :8], channel(y)[:, :8])
    module = GroupedChannelAttention(128)
    maps = torch.randn(3, 1, 128, 3, 3)
    _, (record,) = seen(module, *maps)
    assert record.weights.shape == (1, 8, 16, 8)
    assert compiles(module, *maps)


def test_spatial_distillation_by_hand():
    """Centre taps of 1 into one narrow channel and out again: the sum of both channels, then the larger of each 2x2."""
    module = SpatialDistillation(2)
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    with torch.no_grad():
        module.narrow.weight[:, :, 1, 1] = 1
        module.widen.weight[:, :, 1, 1] = 1
    x = torch.arange(9.0).reshape(1, 1, 3, 3).repeat(1, 2, 1, 1)
    assert module(x)[0, 1].tolist() == [[8, 10], [14, 16]]


def test_cross_fusion_swaps_the_keys():
    """Change the channel branch's key alone: with the swap the spatial map moves, without it it stays."""
    torch.manual_seed(0)
    a, b = torch.randn(2, 2, 8, 4, 4)
    for cross in (True, False):
        layer = DualAttentionLayer(8, window=3, groups=2, cross=cross).eval()
        before, _ = layer(a, b)
        with torch.no_grad():
            layer.channel.key.weight.mul_(-3)
        after, _ = layer(a, b)
        assert torch.equal(before, after) is not cross


def test_dual_attention_closes_the_loop():
    """With zero attention and values only the layer's input is left, and batch norm at its first statistics."""
    layer = DualAttentionLayer(8, window=2, groups=2).eval()
    for name, parameter in layer.named_parameters():
        if "norm" not in name:
            nn.init.zeros_(parameter)
    a, b = torch.randn(2, 1, 8, 4, 4)
    next_a, next_b = layer(a, b)
    assert torch.allclose(next_a, a, atol=1e-4)
    assert torch.allclose(next_b, b, atol=1e-4)


@pytest.mark.parametrize("branches", ["both", "spatial", "channel"])
def test_dual_attention_compiles_and_shows_itself(branches):
    layer = DualAttentionLayer(8, window=3, groups=2, branches=branches, cross=True).eval()
    a, b = torch.randn(2, 1, 8, 4, 5)
    (next_a, next_b), records = seen(layer, a, b)
    assert next_a.shape == next_b.shape == a.shape
    assert len(records) == (2 if branches == "both" else 1)
    for record in records:
        assert torch.allclose(record.weights.sum(-1), torch.ones(()), atol=1e-5)
    if branches == "spatial":
        assert next_b is b
    assert compiles(layer, a, b)


def test_recording_leaves_no_hook_behind_after_an_error():
    module = nn.Sequential(AttentionTap("channel", "gate"))
    with pytest.raises(RuntimeError), record_attention(module):
        raise RuntimeError
    assert not module[0]._forward_hooks
