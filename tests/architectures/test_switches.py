"""Every ablation switch is real: another value changes the parameter count or, with equal weights, the output."""

import dataclasses

import pytest
import torch

from fer_models import create_model, list_models
from fer_models.architectures import ARCHITECTURES
from fer_models.errors import UserError

DENSE = {
    "attention": ["none", "se", "dilated_spatial", "cbam"],
    "depth": [12, 20, 44],
    "growth": [12],
    "bottleneck": [48],
    "stem_channels": [24],
    "theta": [0.75],
    "stem": ["3x3"],
    "ratio": [4],
    "kernel": [5],
    "dilation": [2],
    "maps": [2],
    "residual": [False],
    "shared": [False],
    "dropout": [0.4],
}
BILSTM = {
    "input": ["gray", "hog"],
    "orientation": ["paper"],
    "conv": ["separable", "full"],
    "order": ["interleaved"],
    "width": [0.25],
    "bilstm": [False],
    "dam": ["none", "spatial", "channel"],
    "cross": [False],
    "distill_kv": [False],
    "window": [5],
    "groups": [4],
    "activation": ["relu", "gelu"],
    "interaction": ["sum", "concat"],
    "attention": ["se"],
    "ratio": [4],
    "dropout": [0.1],
    "template_mask": [True],
    "conv_activation": ["pcp"],
}
RESNET = {
    "stem": ["3x3", "7x7"],
    "depth": [50],
    "width": [32],
    "attention": ["none", "cbam"],
    "ratio": [4],
    "dropout": [0.3],
}
SWITCHES = {
    "fcsdnet": {
        "attention": ["none", "cam", "sam", "cbam_seq", "se"],
        "fusion_weight": [0.2],
        "ratio": [4],
        "spatial_norm": [False],
        "spatial_sigmoid": [False],
        "stem_pool": ["avg"],
        "growth": [[16, 64, 128]],
        "repeats": [[2, 2, 4]],
    },
    "multibranch": {
        "branches": [1, 2],
        "conv_type": ["conv"],
        "attention": ["none", "se", "fusion"],
        "ratio": [16],
        "conv1": [64],
        "conv2_double_relu": [False],
        "dropout": [0.5],
        "pre_gap_pool": [False],
    },
    "optimised_cnn": {
        "padding": ["valid"],
        "attention": ["cbam"],
        "ratio": [4],
        "dropout": [0.1],
        "head_dropout": [0.1],
    },
    "resnet18": RESNET,
    "resnet18_cbam": RESNET,
    "ldcnn": DENSE,
    "cldcnn": DENSE,
    "sldcnn": DENSE,
    "efficientnet_b2": {
        "attention": ["none", "spatial"],
        "stem_stride": [1],
        "dropout": [0.0],
        "drop_path": [0.5],
    },
    "separable_attention": {
        "conv": ["normal", "separable"],
        "separable": ["spatial"],
        "residual": [False],
        "attention": ["none", "additive", "dot", "se"],
        "scale": [False],
        "direct": [True],
        "mlp": [False],
        "dropout": [0.5],
        "ratio": [4],
    },
    "mini_xception": {"attention": ["se"], "ratio": [4]},
    "dcnn_bilstm": BILSTM,
    "dcnn_bilstm_teacher": {"conv": ["separable"]},
    "dcnn_bilstm_student": {"width": [1.0]},
    "vgg_fer": {
        "form": ["vgg19"],
        "width": [32],
        "hidden": [512],
        "attention": ["cbam"],
        "ratio": [8],
        "dropout": [0.6],
    },
    "ensemble": {"members": [["mini_xception"]], "combine": ["vote"], "weights": [[3.0, 1.0]], "sizes": [[48, 32]]},
}
# What must stand beside a switch for it to have a meaning, and what keeps the comparison small.
BESIDE = {
    ("optimised_cnn", "ratio"): {"attention": "se"},
    ("resnet18", "ratio"): {"attention": "se"},
    ("mini_xception", "ratio"): {"attention": "se"},
    ("vgg_fer", "ratio"): {"attention": "se"},
    ("dcnn_bilstm", "ratio"): {"attention": "se"},
    ("separable_attention", "ratio"): {"attention": "se"},
    **{(n, "ratio"): {"attention": "se"} for n in ("ldcnn", "sldcnn")},
    **{
        (n, f): {"attention": "dilated_spatial"}
        for n in ("ldcnn", "cldcnn")
        for f in ("kernel", "dilation", "maps", "residual", "shared")
    },
}
SMALL = {"ensemble": {"members": ["mini_xception", "separable_attention"]}}
SMALL |= {n: {"depth": 32} for n in ("ldcnn", "cldcnn", "sldcnn")}

CASES = [
    pytest.param(name, field, value, id=f"{name} {field}={value}")
    for name, switches in SWITCHES.items()
    for field, values in switches.items()
    for value in values
    if getattr(ARCHITECTURES[name].Options(), field) != value
]


def shapes(name, options):
    with torch.device("meta"):
        return {k: v.shape for k, v in create_model(name, in_channels=1, **options).state_dict().items()}


def train_logits(model):
    torch.manual_seed(7)
    return model.train()(torch.randn(3, 1, 48, 48, generator=torch.Generator().manual_seed(2)))


@pytest.mark.parametrize(("name", "field", "value"), CASES)
def test_switch_changes_the_network(name, field, value):
    base = {**SMALL.get(name, {}), **BESIDE.get((name, field), {})}
    changed = {**base, field: value}
    before, after = shapes(name, base), shapes(name, changed)
    if sum(s.numel() for s in before.values()) != sum(s.numel() for s in after.values()):
        return
    torch.manual_seed(0)
    default, other = create_model(name, in_channels=1, **base), create_model(name, in_channels=1, **changed)
    if before == after:
        other.load_state_dict(default.state_dict())
    with torch.no_grad():
        assert not torch.allclose(train_logits(default), train_logits(other), atol=1e-6)


STRUCTURAL = [case for case in CASES if case.values[0] in ("dcnn_bilstm", "multibranch", "separable_attention")]


@pytest.mark.parametrize(("name", "field", "value"), STRUCTURAL)
def test_no_switch_leaves_weights_unused(name, field, value):
    """On shapes alone: every parameter that is built takes part."""
    options = {**BESIDE.get((name, field), {}), field: value}
    if name == "dcnn_bilstm":
        options = {"bilstm": False, **options}  # its steps take long on shapes alone
    with torch.device("meta"):
        model = create_model(name, in_channels=1, **options)
        model(torch.zeros(2, 1, 48, 48)).sum().backward()
    assert [path for path, parameter in model.named_parameters() if parameter.grad is None] == []


def test_every_option_of_every_network_is_tried():
    assert set(SWITCHES) == set(list_models())
    for name, switches in SWITCHES.items():
        fields = {f.name for f in dataclasses.fields(ARCHITECTURES[name].Options)}
        if name in ("dcnn_bilstm_teacher", "dcnn_bilstm_student"):  # the options of dcnn_bilstm with other defaults
            fields = set(switches)
        assert fields == set(switches), name


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("fcsdnet", {"fusion_weight": 1.5}),
        ("fcsdnet", {"growth": [32, 64]}),
        ("fcsdnet", {"growth": 32}),
        ("fcsdnet", {"ratio": 0}),
        ("multibranch", {"branches": 4}),
        ("multibranch", {"branches": True}),
        ("multibranch", {"dropout": 1.0}),
        ("multibranch", {"conv1": 0}),
        ("sldcnn", {"depth": 16}),
        ("sldcnn", {"theta": 0.0}),
        ("sldcnn", {"kernel": 2}),
        ("dcnn_bilstm", {"groups": 7}),
        ("dcnn_bilstm", {"width": 0.0}),
        ("dcnn_bilstm", {"cross": "yes"}),
        ("separable_attention", {"conv": "dilated"}),
        ("resnet18", {"depth": 34}),
        ("vgg_fer", {"dropout": -0.1}),
        ("ensemble", {"members": []}),
        ("ensemble", {"members": ["no_such_network"]}),
        ("ensemble", {"members": ["ensemble"]}),
        ("ensemble", {"members": ["resnet18 {stem}"]}),
        ("ensemble", {"members": ['resnet18 {"steam": "7x7"}']}),
        ("ensemble", {"weights": [1.0]}),
        ("ensemble", {"sizes": [48]}),
        ("ensemble", {"weights": [0.0, 0.0, 0.0]}),
    ],
)
def test_impossible_values_are_refused(name, options):
    with pytest.raises(UserError):
        create_model(name, **options)
