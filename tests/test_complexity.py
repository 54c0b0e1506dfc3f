"""The cost counter against counts by hand, and every network against the published and the specified figures."""

import pytest
import torch
from torch import Tensor, nn

from fer_models import create_model
from fer_models.architectures import ARCHITECTURES
from fer_models.attention.dot import DotAttention
from fer_models.complexity import count, count_new, layers, model_table
from fer_models.errors import UserError


class Tokens(nn.Module):
    """Pixels as tokens through any module of sequences."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        sequence = x.flatten(2).transpose(1, 2)
        out = self.inner(sequence, sequence) if isinstance(self.inner, DotAttention) else self.inner(sequence)
        return out[0] if isinstance(out, tuple) else out


BY_HAND = [
    # Each of 8 * 8 outputs: 3 * 3 * 2 products for each of 4 channels.
    ("convolution", nn.Conv2d(2, 4, 3, padding=1), (2, 8, 8), 4 * 2 * 9 + 4, 64 * 4 * 2 * 9),
    ("depthwise", nn.Conv2d(6, 6, 3, stride=2, groups=6, bias=False), (6, 9, 9), 54, 16 * 54),
    ("linear", nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), (3, 2, 2), 65, 60),
    # 6 steps, two directions, 4 gates of 3 units, each with 5 inputs and 3 hidden values.
    ("lstm", Tokens(nn.LSTM(5, 3, batch_first=True, bidirectional=True)), (5, 2, 3), 2 * (12 * 8 + 24), 6 * 2 * 12 * 8),
    ("attention", Tokens(DotAttention()), (4, 3, 3), 0, 2 * 9 * 9 * 4),  # QK and the weighted sum
    ("norm and activation", nn.Sequential(nn.BatchNorm2d(4), nn.ReLU()), (4, 5, 5), 8, 0),
]


@pytest.mark.parametrize(
    ("model", "shape", "parameters", "macs"), [c[1:] for c in BY_HAND], ids=[c[0] for c in BY_HAND]
)
def test_counts_by_hand(model, shape, parameters, macs):
    cost = count(model, shape)
    assert (cost.parameters, cost.macs) == (parameters, macs)
    rows = layers(model, shape)
    assert sum(row.parameters for row in rows) == parameters
    assert sum(row.macs for row in rows) == macs


def test_frozen_weights_and_statistics_are_in_the_total_only():
    model = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.BatchNorm2d(2))
    model[0].weight.requires_grad_(False)
    cost = count(model, (1, 4, 4))
    assert (cost.parameters, cost.total) == (4, 2 + 4 + 4)


def test_the_model_is_not_touched():
    model = create_model("mini_xception").train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    count(model, (1, 48, 48))
    assert model.training
    assert all(torch.equal(before[k], v) and v.device.type == "cpu" for k, v in model.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_layer_rows_name_shapes_and_attention():
    rows = {row.name: row for row in layers(create_model("fcsdnet"), (3, 100, 100))}
    stem = rows["stem"]
    assert (stem.kind, stem.output_shape, stem.parameters, stem.attention) == ("Conv2d", (64, 50, 50), 9_472, False)
    assert stem.macs == 23_520_000
    assert rows["stages.0.attention.channel.reduce"].attention
    assert rows["stages.2.attention.spatial.conv"].attention
    assert not rows["stages.2.transition"].attention
    assert next(iter(rows)) == "stem_pad"


def test_a_shape_that_does_not_fit_is_refused():
    with pytest.raises(UserError, match="channels, height, width"):
        count(create_model("mini_xception"), (48, 48))
    with pytest.raises(UserError, match="48"):
        count(create_model("mini_xception"), (3, 48, 48))


@pytest.fixture(scope="module")
def table():
    return {(row["name"], row["variant"]): row for row in model_table()}


# Trainable parameters and millions of MACs as printed; None where no source prints one.
PUBLISHED = [
    ("fcsdnet", "", [3, 100, 100], 4_284_105, "314.15"),
    ("fcsdnet", "no attention", [3, 100, 100], 4_196_775, None),
    ("multibranch", "", [1, 48, 48], 3_772_253, "302.4"),
    ("multibranch", "first convolution 64", [1, 48, 48], 3_791_069, "345.5"),
    ("multibranch", "single branch, plain convolutions", [1, 48, 48], 19_887_943, "3611"),
    ("optimised_cnn", "", [1, 48, 48], 4_678_983, "3534"),
    ("optimised_cnn", "valid padding", [1, 48, 48], 4_384_071, "3042"),
    ("resnet18", "", [1, 48, 48], 11_171_271, "1247"),
    ("resnet18", "7x7 stem", [1, 48, 48], 11_173_831, "94"),
    ("resnet18", "50 layers, 7x7 stem", [1, 48, 48], 23_516_103, "209"),
    ("resnet18_cbam", "", [3, 224, 224], 11_269_983, "1815"),
    ("ldcnn", "depth 12", [3, 224, 224], 362_003, None),
    ("ldcnn", "depth 20", [3, 224, 224], 837_353, None),
    ("ldcnn", "", [3, 224, 224], 1_779_578, None),
    ("ldcnn", "depth 44", [3, 224, 224], 2_996_843, None),
    ("cldcnn", "depth 12", [3, 224, 224], 372_187, None),
    ("cldcnn", "depth 20", [3, 224, 224], 873_349, None),
    ("cldcnn", "", [3, 224, 224], 1_882_844, None),
    ("cldcnn", "depth 44", [3, 224, 224], 3_204_323, None),
    ("sldcnn", "depth 12", [3, 224, 224], 362_087, "451"),
    ("sldcnn", "depth 20", [3, 224, 224], 837_445, "896"),
    ("sldcnn", "", [3, 224, 224], 1_779_682, "1725"),
    ("sldcnn", "depth 44", [3, 224, 224], 2_996_959, "2748"),
    ("efficientnet_b2", "", [3, 224, 224], 7_710_857, "658"),
    ("separable_attention", "", [1, 48, 48], 316_103, "51.1"),
    ("dcnn_bilstm", "", [1, 64, 64], 1_186_256, "249.4"),
    ("dcnn_bilstm", "grey input", [1, 64, 64], 1_185_456, "246.6"),
    ("dcnn_bilstm", "interleaved pools", [1, 64, 64], 1_186_256, "100.1"),
    ("dcnn_bilstm_teacher", "", [1, 64, 64], 1_429_616, "928.4"),
    ("dcnn_bilstm_student", "", [1, 64, 64], 310_688, "65.9"),
    ("vgg_fer", "", [1, 40, 40], 29_890_759, "351"),
    ("vgg_fer", "19 layers", [3, 44, 44], 20_038_983, "676"),
    ("ensemble", "", [1, 48, 48], 3_772_253 + 4_678_983 + 11_171_271, "5084"),
]


@pytest.mark.parametrize(
    ("name", "variant", "shape", "parameters", "macs"), PUBLISHED, ids=[f"{p[0]} {p[1]}".strip() for p in PUBLISHED]
)
def test_published_counts(table, name, variant, shape, parameters, macs):
    row = table[name, variant]
    assert row["input"] == shape
    assert row["parameters"] == parameters
    if macs is not None:
        digits = len(macs.partition(".")[2])
        assert f"{row['macs'] / 1e6:.{digits}f}" == macs
    assert row["source"]


def test_totals_with_moving_statistics(table):
    """As Keras' summaries print them."""
    assert table["fcsdnet", ""]["total"] == 4_293_845
    assert table["multibranch", ""]["total"] == 3_790_749
    assert table["multibranch", "single branch, plain convolutions"]["total"] == 19_895_815
    mini = table["mini_xception", ""]
    assert (mini["total"], mini["parameters"], f"{mini['macs'] / 1e6:.1f}") == (58_423, 56_951, "5.5")


@pytest.mark.parametrize(
    ("name", "variant", "windows", "one_window"),
    [
        ("dcnn_bilstm", "", 4, 162.7),
        ("dcnn_bilstm", "grey input", 4, 159.9),
        ("dcnn_bilstm", "interleaved pools", 9, 57.6),
        ("dcnn_bilstm_teacher", "", 4, 841.7),
        ("dcnn_bilstm_student", "", 4, 44.3),
    ],
)
def test_distillation_runs_in_every_window(table, name, variant, windows, one_window):
    """Figures of 162.7, 841.7 and 44.3 million are in use for these networks: they count the two convolutions that
    distil keys and values for a single window, as a counter does that leaves out the batch axis, where windows lie.
    """
    row = table[name, variant]
    channels = 64 if name.endswith("student") else 128
    side = 3 if variant == "interleaved pools" else 7
    pair = 2 * 9 * channels * channels // 2 * side**2  # to half the channels and back, one window
    spare = 2 * 2 * pair * (windows - 1)  # two layers, keys and values
    assert (row["macs"] - spare) / 1e6 == pytest.approx(one_window, abs=0.06)


def test_the_table_lists_every_network_and_variant(table):
    assert set(table) == {(n, v) for n, network in ARCHITECTURES.items() for v in ("", *network.variants)}


@pytest.mark.parametrize(("size", "macs"), [(100, "314.15"), (64, "111.5"), (48, "62.81")])
def test_fcsdnet_at_other_sizes(size, macs):
    digits = len(macs.partition(".")[2])
    assert f"{count(create_model('fcsdnet'), (3, size, size)).macs / 1e6:.{digits}f}" == macs


@pytest.mark.parametrize(("size", "macs"), [(112, 430), (96, 317), (64, 141), (48, 79)])
def test_sldcnn_at_other_sizes(size, macs):
    assert round(count(create_model("sldcnn"), (3, size, size)).macs / 1e6) == macs


@pytest.mark.parametrize("name", ["fcsdnet", "dcnn_bilstm"])
def test_a_network_made_to_be_counted_costs_the_same(name: str) -> None:
    shape = ARCHITECTURES[name].native_input
    assert count_new(name, 7, shape) == count(create_model(name, in_channels=shape[0]), shape)
    with pytest.raises(UserError):
        count_new("no such network", 7, shape)
