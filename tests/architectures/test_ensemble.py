"""Ensembles: probabilities combined by hand, options that rebuild them, members taken over."""

import math

import numpy as np
import pytest
import torch

from fer_models import create_model
from fer_models.architectures.ensemble import Ensemble
from fer_models.errors import UserError
from fer_models.preprocess import Preprocess

MEMBERS = ["mini_xception", 'separable_attention {"mlp": false}', "mini_xception"]


def build(**options):
    torch.manual_seed(0)
    return create_model("ensemble", num_classes=3, members=MEMBERS, **options).eval()


def answers(model, logits):
    """Make each member answer fixed logits, whatever it sees."""
    for member, row in zip(model.members, logits, strict=True):
        torch.nn.init.zeros_(member.classifier.weight)
        with torch.no_grad():
            member.classifier.bias.copy_(torch.tensor(row))
    with torch.no_grad():
        return model(torch.zeros(1, 1, 48, 48)).exp()[0].tolist()


LOGITS = [[math.log(8), 0, 0], [0, 0, 0], [0, 0, math.log(2)]]  # p = .8 .1 .1, 1/3 each, .25 .25 .5


def test_mean_of_probabilities():
    expected = [(0.8 + 1 / 3 + 0.25) / 3, (0.1 + 1 / 3 + 0.25) / 3, (0.1 + 1 / 3 + 0.5) / 3]
    assert answers(build(), LOGITS) == pytest.approx(expected, abs=1e-6)


def test_weighted_mean():
    expected = [0.75 * 0.8 + 0.25 * 0.25, 0.75 * 0.1 + 0.25 * 0.25, 0.75 * 0.1 + 0.25 * 0.5]
    assert answers(build(weights=[3, 0, 1]), LOGITS) == pytest.approx(expected, abs=1e-6)


def test_vote():
    tie_free = [LOGITS[0], [0, 0, 5.0], LOGITS[2]]
    assert answers(build(combine="vote"), tie_free) == pytest.approx([1 / 3, 0, 2 / 3], abs=1e-5)
    assert answers(build(combine="vote", weights=[3, 1, 1]), tie_free) == pytest.approx([0.6, 0, 0.4], abs=1e-5)


def test_a_vote_can_be_explained():
    model, x = build(combine="vote"), torch.randn(1, 1, 48, 48, requires_grad=True)
    model(x)[0, 0].backward()
    assert x.grad.abs().sum() > 0


def test_members_are_built_from_the_options_and_weights_fit():
    model = build()
    assert [m.key for m in model.members] == ["mini_xception", "separable_attention", "mini_xception"]
    assert model.members[1].options.mlp is False
    assert model.num_features == 1152 + 256 + 1152
    twin = create_model("ensemble", num_classes=3, in_channels=1, **model.options_dict()).eval()
    twin.load_state_dict(model.state_dict())
    x = torch.randn(2, 1, 48, 48)
    with torch.no_grad():
        assert torch.equal(model(x), twin(x))


def test_trained_networks_can_be_taken_over():
    members = [create_model("mini_xception"), create_model("resnet18", stem="7x7")]
    model = Ensemble.of(members, weights=[1, 2]).eval()
    assert model.members[1] is members[1]
    assert model.options.members == ("mini_xception", 'resnet18 {"stem": "7x7"}')
    x = torch.randn(2, 1, 48, 48)
    with torch.no_grad():
        expected = (members[0](x).softmax(1) + 2 * members[1](x).softmax(1)) / 3
        assert torch.allclose(model(x).exp(), expected, atol=1e-6)
        twin = create_model("ensemble", **model.options_dict()).eval()
        twin.load_state_dict(model.state_dict())
        assert torch.equal(twin(x), model(x))
    with pytest.raises(UserError, match="same classes"):
        Ensemble.of([create_model("mini_xception"), create_model("mini_xception", 5)])


def test_it_needs_what_its_neediest_member_needs():
    model = create_model("ensemble", members=["mini_xception", "optimised_cnn"])
    assert model.min_size == 46
    with pytest.raises(UserError, match="46"):
        model(torch.zeros(1, 1, 32, 32))


def test_maps_are_the_members_own():
    model = build()
    assert model.target_layer is model.members[0].target_layer
    assert any(label.startswith("2 Separable attention network") for label in model.cam_layers)


def test_members_read_their_own_size_as_preprocessing_gives_it():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (2, 48, 48, 1), dtype=np.uint8)
    members = [create_model("mini_xception").eval() for _ in range(3)]
    sizes = (48, 64, 24)
    model = Ensemble.of(members, sizes=sizes).eval()
    with torch.no_grad():
        alone = [m(Preprocess(size, 1)(pictures)).softmax(1) for m, size in zip(members, sizes, strict=True)]
        together = model(Preprocess(48, 1)(pictures)).exp()
    # Preprocessing rounds to whole grey levels after it resized, the ensemble does not.
    assert torch.allclose(together, sum(alone) / 3, atol=2e-3)
    assert model.min_size == 8
    with pytest.raises(UserError, match="sizes"):
        Ensemble.of(members, sizes=(48,))
