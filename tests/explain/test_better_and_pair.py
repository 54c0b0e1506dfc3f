"""Other ways to explain a face are tried in the time given; two maps are compared; the nearer to the truth is right."""

import numpy as np
import pytest
import torch

from fer_models.architectures import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.explain.pair import compare
from fer_models.explain.trust import better
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from workbench.features.explain.model.versus import OnTruth, correlation_words, verdict


def a_map(values):
    return Attribution(np.asarray(values, np.float32)[None], "saliency", None, None, "logit", np.zeros(1, int), 0.0)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network") / "small"
    torch.manual_seed(0)  # some weights give no positive map
    network = create_model("fcsdnet", 7, 1, growth=(4, 4, 4), repeats=(1, 1, 1), ratio=2)
    save_checkpoint(folder, network, FER7, Preprocess(48, 1))
    return load_checkpoint(folder)


def test_usual_methods_at_every_layer_are_tried_first_and_the_best_comes_first(classifier, monkeypatch):
    batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
    ways = better.ways(classifier, 48)
    layers = [layer for method, layer in ways if method == "layer_cam"]
    assert [way[0] for way in ways[: len(layers)]] == ["layer_cam"] * len(layers) and ("saliency", None) in ways
    seen = []
    real = better.trust_card

    def graded(*arguments, **options):
        card = real(*arguments, **options) if not seen else seen[0]
        seen.append(card)
        levels = ("bad", "good", "doubtful")
        return type(card)(levels[(len(seen) - 1) % 3], "", card.figures, card.standings, True, 0.0)

    monkeypatch.setattr(better, "trust_card", graded)
    monkeypatch.setattr(better, "ways", lambda *_: ways[:3])
    tried = better.try_ways(classifier, batch, seconds=1e9)
    assert [way.card.level for way in tried] == ["good", "doubtful", "bad"] and tried[0].layer == ways[1][1]
    monkeypatch.setattr(better, "LEAST", 1)
    (first,) = better.try_ways(classifier, batch, known=ways[0], seconds=0)
    assert (first.method, first.layer) == ways[1]
    with pytest.raises(UserError, match="One image"):
        better.try_ways(classifier, batch.repeat(2, 1, 1, 1))


def test_maps_of_different_sizes_are_compared_at_the_finer_one():
    coarse, fine = np.zeros((4, 4)), np.zeros((8, 8))
    coarse[:, :2], fine[:, :4] = 1, 5
    pair = compare(a_map(coarse), a_map(fine))
    assert pair.difference.shape == (8, 8) and np.abs(pair.difference).max() <= 1
    assert pair.correlation > 0.8
    opposite = compare(a_map(fine), a_map(5 - fine))
    assert opposite.correlation == pytest.approx(-1) and opposite.shared == 0
    with pytest.raises(UserError, match="no positive"):
        compare(a_map(coarse), a_map(-fine))


def test_the_map_nearer_to_the_true_units_is_right():
    near, far, even = OnTruth(0.5, 0.1), OnTruth(0.2, 0.1), OnTruth(0.1, 0.1)
    assert verdict(near, far).startswith("A is nearer") and verdict(far, near).startswith("B is nearer")
    assert verdict(even, even).startswith("Neither") and verdict(near, near).startswith("Both")
    assert "Not known on this face" in verdict(None, near)
    assert [correlation_words(v) for v in (0.95, 0.7, 0.4, 0, -0.8)][-2:] == ["unrelated", "opposite"]
