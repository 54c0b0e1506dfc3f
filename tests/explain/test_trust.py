"""The trust card: red for a network that knows nothing, not red for one that learned."""

import dataclasses
import time

import numpy as np
import pytest
import torch
from torch import nn

from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.baselines import scramble
from fer_models.explain.faithfulness import REFERENCES, Trial, measure
from fer_models.explain.faithfulness.parameter_randomisation import shuffled_copy
from fer_models.explain.faithfulness.removal import removal_curve
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.explain.per_network import PerNetwork
from fer_models.explain.trust.card import LEAST_EVIDENCE, _verdict, trust_card

PATTERNS = ("left", "right", "top")
GOOD = {
    "evidence": 0.5,
    "chance": 0.001,
    "gap": 0.3,
    "gap: random map": 0.0,
    "spread": 0.2,
    "gap: centred Gaussian": 0.1,
    "gap: edge detector": 0.1,
}


def patterned(count, seed):
    """Dim noise with a patch near one of the corners; the class is which half of the patch is bright."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % len(PATTERNS)
    half = torch.tensor([1.0] * 4 + [-1.0] * 4)
    patches = torch.stack([half.expand(8, 8), -half.expand(8, 8), half[:, None].expand(8, 8)])
    x = 0.3 * torch.randn(count, 1, 24, 24, generator=draw).clamp(-3, 3)
    masks = np.zeros((count, 24, 24), bool)
    for i, corner in enumerate(torch.randint(4, (count,), generator=draw).tolist()):
        top, left = 1 + 14 * (corner // 2), 1 + 14 * (corner % 2)
        x[i, 0, top : top + 8, left : left + 8] += patches[labels[i]]
        masks[i, top : top + 8, left : left + 8] = True
    return x, labels, masks


@pytest.fixture(scope="module")
def learned(hold):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        held = hold(PATTERNS)
        body = held.model.body  # wider windows, so that it sees a patch as a whole
        body[0], body[3] = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 5, 7, stride=2, padding=3)
        optimiser = torch.optim.Adam(held.model.parameters(), 1e-2)
        for step in range(150):
            x, labels, _ = patterned(48, seed=step)
            optimiser.zero_grad()
            nn.functional.cross_entropy(held.model(x), labels).backward()
            optimiser.step()
    for parameter in held.model.parameters():
        parameter.grad = None
    return held


def test_a_network_that_learned_is_not_red(learned):
    x, labels, masks = patterned(12, seed=999)
    with torch.no_grad():
        assert (learned.model(x).argmax(1) == labels).all()
    result = explain(learned, x, "hires_cam")
    assert measure(learned, x, result, "relevance_mass", masks).mean() > 0.5
    cards = [trust_card(learned, x, result, position) for position in range(len(x))]
    assert all(card.level != "bad" for card in cards), [card.sentence for card in cards]
    assert any(card.level == "good" for card in cards)
    for card in cards:
        assert card.figures["gap"] > card.figures["gap: random map"]
        assert card.figures["evidence"] > LEAST_EVIDENCE


def test_a_card_measures_in_one_batch_what_the_curves_say_one_by_one(classifier, batch):
    result = explain(classifier, batch[:1], "layer_cam")
    figures = trust_card(classifier, batch[:1], result).figures
    trial = Trial(classifier, batch[:1], result)

    def gap(maps):
        of = trial.with_values(maps, "any")
        return removal_curve(of, 10, "blurred", insert=True).area[0] - removal_curve(of, 10, "blurred").area[0]

    assert figures["gap"] == pytest.approx(gap(result.values), abs=1e-5)
    for name in ("centred Gaussian", "edge detector"):
        assert figures[f"gap: {name}"] == pytest.approx(gap(REFERENCES[name](trial, 0)), abs=1e-5)
    drawn = [REFERENCES["random map"](trial, seed) for seed in range(5)]
    gaps = [gap(maps) for maps in drawn]
    assert figures["spread"] == pytest.approx(np.sqrt(np.mean(np.square(gaps))), abs=1e-5)
    # A map and its reverse: what one inserts the other deletes, so random maps have no gap on average.
    assert [gap(-maps) for maps in drawn] == pytest.approx([-value for value in gaps], abs=1e-5)
    assert figures["gap: random map"] == 0
    alike = [
        rank_correlation(result.values, trial.again(classifier=shuffled_copy(classifier, seed)))[0] for seed in range(3)
    ]
    assert figures["likeness"] == pytest.approx(np.mean(alike), abs=1e-5)
    scores = trial.score(torch.cat([trial.batch, *(scramble(trial.batch, seed) for seed in range(4))]))[:, 0]
    assert figures["evidence"] == pytest.approx(scores[0] - scores[1:].mean(), abs=1e-6)


def test_what_is_kept_of_a_network_is_found_anew_when_its_weights_change(hold):
    held, calls = hold(PATTERNS), []
    cache = PerNetwork(most=1)

    def first_weight():
        calls.append(1)
        return next(held.model.parameters()).flatten()[0].item()

    before = cache.of(held, "weight", first_weight)
    assert cache.of(held, "weight", first_weight) == before and len(calls) == 1
    with torch.no_grad():
        next(held.model.parameters()).add_(1)
    assert cache.of(held, "weight", first_weight) == pytest.approx(before + 1)
    other = hold(PATTERNS)
    cache.of(other, "weight", lambda: 0.0)  # room for one network only
    cache.of(held, "weight", first_weight)
    assert len(calls) == 3


@pytest.mark.parametrize("method", ["grad_cam", "guided_backprop"])
def test_an_untrained_network_is_red(method, classifier, batch):
    result = explain(classifier, batch[:2], method)
    for position in range(2):
        card = trust_card(classifier, batch[:2], result, position)
        assert card.level == "bad", card
        assert card.sentence.endswith(".")


def test_it_takes_less_than_a_second(classifier, batch):
    x = batch[:1]
    result = explain(classifier, x)
    seconds = []
    for _ in range(3):
        start = time.process_time()  # of this process: other work on the machine does not count
        trust_card(classifier, x, result)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 1


def test_the_verdict_follows_the_figures():
    def level(positive=True, likeness=0.1, **changes):
        return _verdict(GOOD | {"likeness": likeness} | changes, positive, "happy")[0]

    assert level() == "good"
    assert level(likeness=float("nan")) == "good"
    assert level(positive=False) == "bad"
    assert level(evidence=0.01) == "bad"
    assert level(chance=0.2) == "bad"
    assert level(chance=float("nan")) == "good"
    assert level(likeness=0.9) == "bad"
    assert level(likeness=0.6) == "doubtful"
    assert level(gap=-0.01) == "bad"
    assert level(spread=0.35) == "doubtful"  # above the mean of random maps, but not by more than chance
    assert level(**{"gap: centred Gaussian": 0.4}) == "doubtful"
    assert "a blob in the middle" in _verdict(GOOD | {"likeness": 0, "gap: centred Gaussian": 0.4}, True, "happy")[1]


def test_a_contrast_and_a_map_without_a_method_are_judged_too(learned):
    x, _, _ = patterned(1, seed=2)
    contrast = explain(learned, x, "hires_cam", ("left", "right"))
    card = trust_card(learned, x, contrast)
    assert "left rather than right" in card.sentence
    assert card.level != "bad"
    drawn = dataclasses.replace(contrast, method="drawn by hand")
    assert np.isnan(trust_card(learned, x, drawn).figures["likeness"])


def test_pictures_and_maps_must_belong_together(learned):
    x, _, _ = patterned(2, seed=1)
    result = explain(learned, x)
    for pictures, position in ((x[:1], 0), (x, 2)):
        with pytest.raises(UserError):
            trust_card(learned, pictures, result, position)
