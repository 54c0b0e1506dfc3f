"""FCSDNet against reference numbers computed by an independent implementation of its released graph."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fer_models import create_model
from fer_models.architectures.fcsdnet import load_reference
from fer_models.attention.base import record_attention
from fer_models.attention.channel_spatial_fusion import ChannelSpatialFusion

RESOURCES = Path(__file__).parents[1] / "resources"
sys.path.insert(0, str(RESOURCES))
import seeded_weights  # noqa: E402


@pytest.fixture(scope="module")
def reference():
    with np.load(RESOURCES / "fcsdnet_48_reference.npz", allow_pickle=False) as data:
        return dict(data)


@pytest.fixture()
def model(reference):
    network = create_model("fcsdnet", in_channels=3)
    load_reference(network, seeded_weights.weights(reference))
    return network


@pytest.fixture(scope="module")
def images(reference):
    return torch.from_numpy(seeded_weights.images(reference)).permute(0, 3, 1, 2).contiguous()


def test_logits_and_gates_equal_the_reference(model, images, reference):
    model.eval()
    with torch.no_grad(), record_attention(model) as records:
        logits = model(images)
    assert torch.allclose(logits, torch.from_numpy(reference["logits"]), atol=1e-5, rtol=0)
    gates = {(r.kind, r.name.split(".")[1]): r.weights for r in records}
    assert len(gates) == 6
    for stage in range(3):
        for kind, tap in (("channel", "casig"), ("spatial", "sconv")):
            ours = gates[kind, str(stage)].numpy()
            expected = reference[f"a/att{stage + 1}_{tap}"]
            if kind == "channel":
                ours, expected = ours.reshape(4, -1), expected.reshape(4, -1)
            else:
                ours, expected = ours[:, 0], expected.reshape(4, *ours.shape[2:])
            np.testing.assert_allclose(ours, expected, atol=1e-5, rtol=0)


def test_training_step_equals_the_reference(model, images, reference):
    model.train()
    logits = model(images)
    loss = F.cross_entropy(logits, torch.from_numpy(reference["y"]).long())
    loss.backward()
    norm = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
    np.testing.assert_allclose(logits.detach().numpy(), reference["train_logits"], atol=1e-5, rtol=0)
    assert loss.item() == pytest.approx(float(reference["train_loss"]), abs=1e-5)
    assert norm.item() == pytest.approx(float(reference["train_grad_norm"]), rel=1e-4)


@pytest.mark.parametrize(("case", "channels", "weight"), [("a", 16, 0.5), ("b", 32, 0.3)])
def test_attention_module_equals_the_reference(case, channels, weight):
    with np.load(RESOURCES / "fcsa_module_reference.npz", allow_pickle=False) as data:
        arrays = {k.removeprefix(f"{case}/"): v for k, v in data.items() if k.startswith(f"{case}/")}
    module = ChannelSpatialFusion(channels, weight=weight).eval()
    state = {
        "channel.reduce.weight": arrays["w/mlp1/kernel"].T,
        "channel.reduce.bias": arrays["w/mlp1/bias"],
        "channel.expand.weight": arrays["w/mlp2/kernel"].T,
        "channel.expand.bias": arrays["w/mlp2/bias"],
        "spatial.conv.weight": arrays["w/sconv/kernel"].transpose(3, 2, 0, 1),
        "spatial.norm_before.weight": arrays["w/sbn/gamma"],
        "spatial.norm_before.bias": arrays["w/sbn/beta"],
        "spatial.norm_before.running_mean": arrays["w/sbn/moving_mean"],
        "spatial.norm_before.running_var": arrays["w/sbn/moving_variance"],
    }
    state = {k: torch.from_numpy(np.ascontiguousarray(v, dtype=np.float32)) for k, v in state.items()}
    missing, unexpected = module.load_state_dict(state, strict=False)
    assert not unexpected
    assert not missing
    x = torch.from_numpy(arrays["x"]).permute(0, 3, 1, 2).float()
    assert float(arrays["w_f"]) == pytest.approx(weight)
    with torch.no_grad():
        y = module(x).permute(0, 2, 3, 1).numpy()
        np.testing.assert_allclose(y, arrays["y"], atol=1e-5, rtol=0)
        np.testing.assert_allclose(module.channel.gate(x).flatten(1).numpy(), arrays["ca"], atol=1e-5, rtol=0)
        gate = module.spatial.gate(x).permute(0, 2, 3, 1).numpy()
        np.testing.assert_allclose(gate, arrays["sa"], atol=1e-5, rtol=0)


def test_published_parameter_counts():
    model = create_model("fcsdnet", in_channels=3)
    trainable = sum(p.numel() for p in model.parameters())
    norms = sum(p.numel() for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d) for p in m.parameters())
    assert trainable == 4_284_105
    assert trainable - norms == 4_274_365
    assert sum(p.numel() for p in create_model("fcsdnet", in_channels=1).parameters()) == 4_277_833
    assert sum(p.numel() for p in create_model("fcsdnet", attention="none").parameters()) == 4_196_775
