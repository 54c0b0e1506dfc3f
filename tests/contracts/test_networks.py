"""What every registered network promises. A new network is covered by being registered."""

import dataclasses
import json
import re
import typing
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from fer_models import create_model, list_models
from fer_models.architectures import ARCHITECTURES
from fer_models.architectures.efficientnet import DropPath
from fer_models.attention.base import AttentionRecord, record_attention
from fer_models.attention.gates import GateName
from fer_models.errors import UserError

NETWORKS = list_models()
ROOT = Path(__file__).parents[2] / "fer_models"
ACTIVATIONS = (nn.ReLU, nn.SiLU, nn.GELU)
DROPOUTS = (nn.Dropout, DropPath)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


# The ensemble's own members are networks that are tested here anyway, and large.
SMALL = {"ensemble": {"members": ["mini_xception", "separable_attention"]}}


def build(name, seed=0, num_classes=7, in_channels=1):
    torch.manual_seed(seed)
    return create_model(name, num_classes, in_channels, **SMALL.get(name, {}))


def pictures(model, count=2, extra=0, size=None):
    generator = torch.Generator().manual_seed(5)
    side = model.min_size + extra if size is None else size
    return torch.randn(count, model.in_channels, side, side + extra // 3, generator=generator)


@dataclasses.dataclass
class Probe:
    """One forward pass in evaluation mode, with everything that it showed."""

    model: nn.Module
    x: torch.Tensor
    logits: torch.Tensor
    maps: dict[str, torch.Tensor]
    records: list[AttentionRecord]
    calls: dict[str, int]
    fresh: dict[str, torch.Tensor]  # as built
    state: dict[str, torch.Tensor]  # with settled statistics


@pytest.fixture(scope="module")
def probes():
    kept: dict[str, Probe] = {}

    def probe(name):
        if name not in kept:
            kept.clear()  # one network at a time in memory
            kept[name] = _probe(name)
        return kept[name]

    return probe


def settle(model):
    """Give the norms the statistics of one batch: without them a deep network's logits vanish or explode."""
    norms = {m: m.momentum for m in model.modules() if isinstance(m, NORMS)}
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        model.train()(pictures(model, count=8, size=48))
    for norm, momentum in norms.items():
        norm.momentum = momentum
    return model.eval()


def _probe(name):
    model = build(name)
    fresh = {k: v.clone() for k, v in model.state_dict().items()}
    settle(model)
    x = pictures(model, extra=13)
    state = {k: v.clone() for k, v in model.state_dict().items()}
    maps, calls, handles = {}, {}, []
    for label, layer in model.cam_layers.items():
        handles.append(layer.register_forward_hook(lambda _m, _i, out, label=label: maps.update({label: out})))
    for path, module in model.named_modules():
        if isinstance(module, ACTIVATIONS):
            calls[path] = 0
            handles.append(
                module.register_forward_hook(lambda _m, _i, _o, path=path: calls.update({path: calls[path] + 1}))
            )
    with torch.no_grad(), record_attention(model) as records:
        logits = model(x)
    for handle in handles:
        handle.remove()
    return Probe(model, x, logits, maps, records, calls, fresh, state)


# All tests of one network stand together, so that its probe is made once.
@pytest.mark.parametrize("name", NETWORKS, scope="module")
class TestNetwork:
    def test_metadata_is_complete(self, name):
        network = ARCHITECTURES[name]
        assert network.title and network.paper and network.summary.endswith(".")
        assert dataclasses.is_dataclass(network.Options)
        assert network.__doc__ and network.Options.__doc__
        assert set(network.variant_inputs) <= set(network.variants)
        for options in network.variants.values():
            network.parse_options(options)

    def test_logits_are_finite_at_two_sizes_and_alone(self, probes, name):
        probe = probes(name)
        assert probe.logits.shape == (2, 7)
        assert probe.logits.isfinite().all()
        with torch.no_grad():
            small = probe.model(pictures(probe.model))
            alone = probe.model(probe.x[:1])
        assert small.shape == (2, 7)
        assert small.isfinite().all()
        assert torch.allclose(alone, probe.logits[:1], atol=1e-4)

    def test_evaluation_changes_nothing(self, probes, name):
        probe = probes(name)
        with torch.no_grad():
            assert torch.equal(probe.model(probe.x), probe.logits)
        assert all(torch.equal(v, probe.state[k]) for k, v in probe.model.state_dict().items())

    def test_head_reads_num_features(self, probes, name):
        model, x = probes(name).model, probes(name).x
        with torch.no_grad():
            features = model.forward_features(x)
            embedding = model.forward_head(features, pre_logits=True)
            logits = model.forward_head(features)
        assert features.ndim == 4
        assert embedding.shape == (2, model.num_features)
        assert torch.equal(logits, probes(name).logits)
        if name != "ensemble":  # its head is one linear layer a member
            assert model.classifier.in_features == model.num_features
            assert torch.allclose(model.classifier(embedding), logits, atol=1e-6)

    def test_cam_layers_give_maps(self, probes, name):
        probe = probes(name)
        assert probe.model.target_layer is next(iter(probe.model.cam_layers.values()))
        assert set(probe.maps) == set(probe.model.cam_layers)
        for label, feature_map in probe.maps.items():
            assert feature_map.ndim == 4, label
            assert feature_map.shape[0] == 2, label
        sides = [probe.maps[label].shape[2] for label in probe.model.cam_layers]
        assert sides == sorted(sides) or name == "ensemble"  # the deepest first

    def test_attention_is_in_range(self, probes, name):
        for record in probes(name).records:
            weights = record.weights
            assert weights.min() >= 0 and weights.max() <= 1, record.name
            assert weights.shape[0] == 2
            if record.kind == "channel":
                assert weights.shape[2:] == (1, 1)
            elif record.kind == "spatial":
                assert weights.ndim == 4 and weights.shape[1] == 1
            else:
                assert weights.ndim == (3 if record.kind == "tokens" and record.grid == "map" else 4)
                assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-5)

    def test_every_activation_runs_once(self, probes, name):
        """DeepLift and Guided Backprop need one activation module a use."""
        calls = probes(name).calls
        assert {path: n for path, n in calls.items() if n != 1} == {}
        assert not any(getattr(m, "inplace", False) for m in probes(name).model.modules())

    def test_bfloat16_autocast_is_finite(self, probes, name):
        probe = probes(name)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            logits = probe.model(probe.x)
        assert logits.isfinite().all()
        assert not torch.equal(logits.float(), probe.logits)  # half precision was in use

    def test_only_norm_and_dropout_know_training(self, probes, name):
        """In training mode with these put at rest the logits are those of evaluation."""
        probe = probes(name)
        probe.model.train()
        for module in probe.model.modules():
            if isinstance(module, (*NORMS, *DROPOUTS)):
                module.eval()
        with torch.no_grad():
            logits = probe.model(probe.x)
        probe.model.eval()
        assert torch.equal(logits, probe.logits)

    def test_checkpoint_is_bit_exact_and_seeded(self, probes, name):
        probe = probes(name)
        twin, other = build(name), build(name, seed=1)
        state = twin.state_dict()
        assert all(torch.equal(v, probe.fresh[k]) for k, v in state.items())
        assert any(not torch.equal(v, state[k]) for k, v in other.state_dict().items())
        other.load_state_dict(load(save(probe.model.state_dict())))
        with torch.no_grad():
            assert torch.equal(other.eval()(probe.x), probe.logits)
        saved = json.loads(json.dumps(probe.model.options_dict()))
        assert ARCHITECTURES[name].parse_options(saved) == probe.model.options

    def test_every_parameter_receives_a_gradient(self, probes, name):
        model = build(name).train()
        logits = model(pictures(model, count=4, size=max(36, model.min_size)))
        nn.functional.cross_entropy(logits, torch.arange(4)).backward()
        for path, parameter in model.named_parameters():
            assert parameter.grad is not None, path
            assert parameter.grad.isfinite().all(), path
            if parameter.ndim > 1:  # a bias before a norm has an honest 0
                assert parameter.grad.any(), path

    def test_classifier_is_replaced_alone(self, probes, name):
        model = build(name)
        before = {k: v.clone() for k, v in model.state_dict().items()}
        model.reset_classifier(5)
        assert model.num_classes == 5
        after = model.state_dict()
        changed = {k for k, v in after.items() if v.shape != before[k].shape or not torch.equal(v, before[k])}
        heads = len(model.members) if name == "ensemble" else 1
        assert len(changed) == 2 * heads
        with torch.no_grad():
            assert model.eval()(pictures(model, count=1)).shape == (1, 5)

    def test_channels(self, probes, name):
        for channels in (2, 3):
            if channels == 2 and name.startswith("dcnn_bilstm"):
                with pytest.raises(UserError, match="1 or 3"):
                    create_model(name, in_channels=2)
                continue
            model = build(name, in_channels=channels).eval()
            with torch.no_grad():
                assert model(pictures(model, count=1)).shape == (1, 7)
        with pytest.raises(UserError, match="channels"):
            create_model(name, in_channels=4)

    def test_input_that_cannot_be_taken_is_named(self, probes, name):
        model = probes(name).model
        with pytest.raises(UserError, match=f"at least {model.min_size}"):
            model(torch.zeros(1, 1, model.min_size - 1, 64))
        with pytest.raises(UserError, match="built for input"):
            model(torch.zeros(1, 3, 64, 64))
        with pytest.raises(UserError, match="2 classes"):
            create_model(name, 1)

    def test_unknown_options_name_the_valid_ones(self, probes, name):
        fields = {f.name for f in dataclasses.fields(ARCHITECTURES[name].Options)}
        with pytest.raises(UserError, match=next(iter(sorted(fields)))):
            create_model(name, no_such_option=1)
        for field, hint in typing.get_type_hints(ARCHITECTURES[name].Options).items():
            wrong = "no such value" if hint is not str else 1
            known = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
            with pytest.raises(UserError, match=re.escape(str(known[0])) if known else field):
                create_model(name, **{field: wrong})


GATED = [n for n in NETWORKS if "attention" in {f.name for f in dataclasses.fields(ARCHITECTURES[n].Options)}]


@pytest.mark.parametrize("name", GATED)
def test_any_gate_fits_any_network(name):
    """Every gate by its name, on shapes alone: each shows itself, and none does not."""
    kinds = {"none": set(), "se": {"channel"}, "channel": {"channel"}, "spatial": {"spatial"}}
    # Without what takes long on shapes alone and has no gate.
    options = {"bilstm": False} if name.startswith("dcnn") else {"depth": 12} if name.endswith("ldcnn") else {}
    for gate in typing.get_args(GateName):
        with torch.device("meta"), torch.no_grad():
            model = create_model(name, in_channels=1, attention=gate, **options).eval()
            with record_attention(model) as records:
                model(torch.zeros(2, 1, 48, 48))
        expected = kinds.get(gate, {"spatial"} if gate == "dilated_spatial" else {"channel", "spatial"})
        assert {r.kind for r in records} - {"tokens", "channels"} == expected, gate


def test_every_network_but_the_ensemble_takes_gates():
    assert set(NETWORKS) - set(GATED) == {"ensemble"}


def test_no_functional_activation_and_nothing_in_place():
    """A functional ReLU makes Guided Backprop a plain gradient without a word; a layer in place breaks hooks."""
    for path in [*(ROOT / "architectures").glob("*.py"), *(ROOT / "attention").glob("*.py")]:
        forbidden = r"F\.relu|torch\.relu|F\.silu|F\.gelu|inplace=True|\.relu_\(|\.add_\(|\.mul_\("
        found = re.findall(forbidden, path.read_text())
        assert not found, path.name
