"""What is particular to one network: its graph, its head, its widths."""

import subprocess
import sys

import pytest
import torch
import torch.nn.functional as F

from fer_models import create_model
from fer_models.architectures.efficientnet import DropPath
from fer_models.attention.base import record_attention


def seen(model, x):
    with torch.no_grad(), record_attention(model.eval()) as records:
        model(x)
    return records


def test_multibranch_gates_and_branches():
    """CBAM with 128, 256 and 512 channels; stages 2 and 3 read the pooled map from before the gate."""
    records = seen(create_model("multibranch"), torch.zeros(1, 1, 48, 48))
    assert [(r.kind, *r.weights.shape[1:]) for r in records] == [
        ("channel", 512, 1, 1),
        ("spatial", 1, 6, 6),
        ("channel", 256, 1, 1),
        ("spatial", 1, 12, 12),
        ("channel", 128, 1, 1),
        ("spatial", 1, 24, 24),
    ]
    assert sum(p.numel() for p in create_model("multibranch", num_classes=8).parameters()) == 3_773_278


def test_single_branch_ablation_has_no_attention_unless_asked():
    assert not seen(create_model("multibranch", branches=1, conv_type="conv"), torch.zeros(1, 1, 48, 48))
    assert seen(create_model("multibranch", branches=1, attention="se"), torch.zeros(1, 1, 48, 48))


def test_multibranch_parts_count_as_in_the_source():
    model = create_model("multibranch")
    count = {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
    assert count["stem"] == 320 + 64 + 18_496 + 128
    assert count["stage1"] == 27_648
    assert [count[f"gate{i}"] for i in (1, 2, 3)] == [4_338, 16_770, 66_210]
    assert count["hidden"] == 1_049_600


def test_mini_xception_head_is_the_mean_of_a_convolution():
    model = create_model("mini_xception").eval()
    features = torch.randn(2, 128, 3, 4)
    weight = model.head.weight.unflatten(1, (128, 3, 3))
    expected = F.conv2d(features, weight, model.head.bias, padding=1).mean((2, 3))
    with torch.no_grad():
        assert torch.allclose(model.forward_head(features), expected, atol=1e-5)


def test_dense_widths_of_depth_32():
    model = create_model("sldcnn").eval()
    sizes = {}
    for name, layer in model.cam_layers.items():
        layer.register_forward_hook(lambda _m, _i, out, name=name: sizes.update({name: tuple(out.shape[1:])}))
    records = seen(model, torch.zeros(1, 3, 224, 224))
    assert [sizes[f"block {i}"] for i in range(1, 5)] == [(328, 56, 56), (444, 28, 28), (502, 14, 14), (531, 7, 7)]
    assert model.num_features == 531
    assert [tuple(r.weights.shape) for r in records] == [(1, 1, s, s) for s in (56, 28, 14, 7)]
    parts = [sum(p.numel() for p in block.parameters()) for block in model.blocks]
    assert [n - 26 for n in parts] == [318_192, 368_536, 393_708, 406_294]


def test_separable_attention_shows_its_tokens():
    records = seen(create_model("separable_attention"), torch.zeros(1, 1, 48, 48))
    assert {r.label: tuple(r.weights.shape) for r in records} == {
        "additive attention": (1, 36, 36),
        "dot-product attention": (1, 36, 36),
    }


def test_bilstm_shapes():
    model = create_model("dcnn_bilstm").eval()
    records = seen(model, torch.rand(1, 1, 64, 64))
    shapes = [tuple(r.weights.shape) for r in records]
    assert shapes == [(1, 4, 49, 16), (1, 8, 16, 8)] * 2  # windows, channel groups; two layers
    assert model.forward_features(torch.rand(1, 1, 64, 64)).shape == (1, 128, 13, 13)
    near = create_model("dcnn_bilstm", order="interleaved").eval()
    assert near.forward_features(torch.rand(1, 1, 64, 64)).shape == (1, 128, 9, 9)


def test_bilstm_sums_both_directions():
    layer = create_model("dcnn_bilstm_student").recurrent
    x = torch.randn(1, 64, 2, 3)
    sequence, _ = layer.lstm(x.flatten(2).transpose(1, 2))
    with torch.no_grad():
        third = sequence[0, 3, :64] + sequence[0, 3, 64:]  # row 1, column 0
        assert torch.allclose(layer(x)[0, :, 1, 0], third, atol=1e-6)


def test_bilstm_parts_count_as_specified():
    model = create_model("dcnn_bilstm")
    count = {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
    assert [count[f"conv{i}"] for i in (1, 2, 3)] == [1_664, 2_976, 10_048]
    assert count["recurrent"] == 264_192
    assert count["dual"] == 866_566
    assert sum(p.numel() for p in model.dual.layers.parameters()) == 800_512
    assert count["hidden"] + count["activation"] == 38_703


@pytest.mark.parametrize(("name", "size"), [("vgg_fer", 40), ("optimised_cnn", 48)])
def test_flattening_heads_pool_only_where_they_must(name, size):
    """At the native size the head reads the map itself."""
    model = create_model(name).eval()
    features = torch.randn(1, model.forward_features(torch.zeros(1, 1, size, size)).shape[1], 2, 2)
    with torch.no_grad():
        assert torch.allclose(
            model.forward_head(features), model.forward_head(features.repeat_interleave(2, 2)), atol=1e-5
        )


def test_stochastic_depth_keeps_the_mean():
    torch.manual_seed(0)
    drop, x = DropPath(0.25).train(), torch.ones(4000, 1, 1, 1)
    y = drop(x)
    assert y.unique().tolist() == pytest.approx([0, 4 / 3])
    assert y.mean().item() == pytest.approx(1, abs=0.05)
    assert drop.eval()(x) is x


def test_mini_xception_learns_from_odd_batches_in_two_threads():
    """In a process of its own: where this fails, it is the process that ends."""
    code = """
import torch
from fer_models import create_model
torch.set_num_threads(2)
network = create_model("mini_xception").to(memory_format=torch.channels_last).train()
for batch in (3, 5, 7, 9):
    images = torch.rand(batch, 1, 48, 48).contiguous(memory_format=torch.channels_last)
    for _ in range(3):
        network(images).sum().backward()
print("learned")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "learned", f"the process ended with {done.returncode}"
