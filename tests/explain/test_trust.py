"""The trust card: red for a network that knows nothing, not red for one that learned."""

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from fer_models import create_model
from fer_models.classifier import Classifier
from fer_models.complexity import count
from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.baselines import scramble
from fer_models.explain.faithfulness import REFERENCES, Trial, measure
from fer_models.explain.faithfulness.parameter_randomisation import shuffled_copy
from fer_models.explain.faithfulness.references import random_maps
from fer_models.explain.faithfulness.removal import removal_curve
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.explain.per_network import PerNetwork
from fer_models.explain.trust import passes
from fer_models.explain.trust.card import (
    LEAST_EVIDENCE,
    MOST_CHANCE,
    QUICK_MAPS,
    SAME_MAP,
    _problem,
    _verdict,
    continued,
    trust_card,
)
from fer_models.explain.trust.passes import fast_pass, images_at_once
from fer_models.explain.trust.standing import RANDOM_MAPS, Standing
from fer_models.explain.trust.standing import standing as where_it_stands
from fer_models.inference.winograd import WinogradConv2d
from fer_models.preprocess import Preprocess

PATTERNS = ("left", "right", "top")
GOOD = {"evidence": 0.5, "chance": 0.001, "likeness": 0.1}


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
        assert all(standing.gap > 0 for standing in card.standings.values())
        assert card.figures["evidence"] > LEAST_EVIDENCE


@pytest.mark.parametrize("baseline", ["blurred", "mean"])
def test_a_standing_measures_in_batches_what_the_curves_say_one_by_one(baseline, classifier, batch):
    result = explain(classifier, batch[:1], "layer_cam")
    trial = Trial(classifier, batch[:1], result)
    standing = where_it_stands(trial, baseline, 10)

    def gap(maps):
        of = trial.with_values(maps, "layer_cam")
        return removal_curve(of, 5, baseline, insert=True).area[0] - removal_curve(of, 5, baseline).area[0]

    assert standing.gap == pytest.approx(gap(result.values), abs=1e-5)
    for name in ("centred Gaussian", "edge detector"):
        assert standing.references[name] == pytest.approx(gap(REFERENCES[name](trial, 0)), abs=1e-5)
    drawn = random_maps(trial, 10)[:, None]
    gaps = [gap(maps) for maps in drawn]
    # A map and its reverse: what one inserts the other deletes, so random maps have no gap on average.
    assert [gap(-maps) for maps in drawn] == pytest.approx([-value for value in gaps], abs=1e-5)
    assert standing.rank.of == 20 and standing.rank.median == pytest.approx(0, abs=1e-9)
    assert standing.rank.as_good == sum(abs(value) >= abs(standing.gap) for value in gaps) + (
        0 if standing.gap > 0 else sum(abs(value) < abs(standing.gap) for value in gaps) * 2
    )
    by_hand = removal_curve(trial.with_values(-drawn[3], "layer_cam"), 5, baseline).score[:, 0]
    assert standing.random_curves("deletion")[13] == pytest.approx(by_hand, abs=1e-5)


def test_the_figures_of_the_network_are_those_of_the_metrics(classifier, batch):
    result = explain(classifier, batch[:1], "layer_cam")
    figures, trial = trust_card(classifier, batch[:1], result, maps=10).figures, Trial(classifier, batch[:1], result)
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


def test_a_card_takes_as_long_as_a_few_passes_of_64_images(classifier, batch):
    """A pass takes 0.1 s of one core. Time is told in passes, since a busy machine slows both."""

    def seconds(work):
        start = time.process_time()  # of this process: other work on the machine does not count
        work()
        return time.process_time() - start

    def one_pass():
        with torch.no_grad(), classifier.exclusive() as model:
            model(x.repeat(64, 1, 1, 1))

    x = batch[:1]
    result = explain(classifier, x)
    for maps, most in ((QUICK_MAPS, 5), (RANDOM_MAPS, 25)):
        unit = min(seconds(one_pass) for _ in range(2))
        assert min(seconds(lambda m=maps: trust_card(classifier, x, result, maps=m)) for _ in range(2)) < most * unit


def planted(gap=0.5, blob=0.1, edges=0.1, spread=0.02, maps=50):
    """A standing with these gaps, and random maps with gaps up to ``maps`` times ``spread``."""
    gaps = np.array([gap, blob, edges, *(spread * np.arange(maps))])
    return Standing("any", np.array([0.0, 1.0]), np.stack([gaps, gaps], 1), np.zeros((len(gaps), 2)))


def test_the_verdict_follows_the_figures():
    """``spread`` 0.02: of the 100 random values 4 lie at 0.92 or above, 5 at 0.9 or above."""

    def level(likeness=0.1, **changes):
        return _verdict({"blurred": planted(**{"gap": 0.95} | changes), "mean": planted(0.95)}, likeness, "happy")[0]

    assert level() == "good"
    assert level(likeness=float("nan")) == "good"
    assert level(likeness=0.6) == "doubtful"
    assert level(gap=0.91) == "good"  # 4 of 100 do as well
    assert level(gap=0.89) == "doubtful"  # 5 of 100: above the mean of random maps, but not by more than chance
    assert level(gap=-0.5) == "doubtful"
    assert level(gap=-0.95) == "doubtful"  # less at one baseline, more at the other
    assert level(blob=0.96) == "doubtful"
    words = _verdict({"blurred": planted(0.95, blob=0.96), "mean": planted(0.95)}, 0, "happy")[1]
    assert "a blob in the middle" in words
    assert _verdict({"blurred": planted(-0.95), "mean": planted(0.3)}, 0, "happy")[0] == "bad"
    words = _verdict({"blurred": planted(0.3), "mean": planted(0.95)}, 0, "happy")[1]
    assert "35 of 100 do as well with the blurred baseline; at most 4 of 100 may" in words
    words = _verdict({"blurred": planted(0.1, maps=10)}, 0, "happy")[1]
    assert "; at most 0 of 20 may" in words  # a quick verdict said 4 of 100


def test_a_network_that_knows_nothing_is_red_whatever_its_map_carries():
    def problem(positive=True, **changes):
        return _problem(GOOD | changes, "happy", positive=positive)

    assert problem() is None and problem(chance=float("nan")) is None and problem(likeness=float("nan")) is None
    # just at a limit a map still passes
    assert problem(evidence=LEAST_EVIDENCE, chance=MOST_CHANCE, likeness=SAME_MAP) is None
    assert "no positive evidence" in problem(positive=False)
    assert "hardly higher" in problem(evidence=0.01)
    assert "class names" in problem(chance=0.2)
    assert "weights are shuffled" in problem(likeness=0.9)


def test_a_quick_card_says_when_more_random_maps_may_change_it(learned, classifier, batch):
    x, _, _ = patterned(1, seed=3)
    result = explain(learned, x, "hires_cam")
    quick, full = trust_card(learned, x, result, maps=QUICK_MAPS), trust_card(learned, x, result)
    assert quick.provisional and quick.maps == 10 and not full.provisional and full.maps == 50
    assert quick.full_seconds == pytest.approx(quick.seconds * 2 * 53 / (13 * len(quick.standings)))
    untrained = trust_card(classifier, batch[:1], explain(classifier, batch[:1]), maps=QUICK_MAPS)
    assert untrained.level == "bad" and not untrained.provisional


def test_a_quick_card_tests_the_mean_baseline_only_where_the_map_passes_at_the_blurred_one(learned):
    """A large network would take twice as long for a verdict that is amber or red all the same."""
    x, _, _ = patterned(12, seed=999)
    result, passed = explain(learned, x, "hires_cam"), 0
    for position in range(len(x)):
        card = trust_card(learned, x, result, position, maps=QUICK_MAPS)
        passes = card.standings["blurred"].passes and card.figures["likeness"] <= SAME_MAP
        assert list(card.standings) == (["blurred", "mean"] if passes else ["blurred"])
        assert card.level != "good" or passes
        passed += passes
    assert 0 < passed < len(x)


def test_in_a_very_large_network_a_quick_card_takes_one_step_and_leaves_the_mean_baseline(learned, monkeypatch):
    """The optimised CNN would take eight seconds of a processor for five steps, and 4.8 for both baselines."""
    x, _, _ = patterned(12, seed=999)
    result, more = explain(learned, x, "hires_cam"), 0
    small = trust_card(learned, x, result, maps=QUICK_MAPS)
    monkeypatch.setattr("fer_models.explain.trust.card.LARGE", 1.0)
    monkeypatch.setattr("fer_models.explain.trust.card.AT_ONCE", 1.0)
    for position in range(len(x)):
        one, face = result.one(position), x[position : position + 1]
        quick = trust_card(learned, face, one, maps=QUICK_MAPS)
        assert list(quick.standings) == ["blurred"] and tuple(quick.standings["blurred"].share) == (0.0, 0.5, 1.0)
        assert quick.full_seconds == pytest.approx(quick.seconds * 2 * 53 * 4 / 13)
        card = continued(learned, face, one, quick)
        assert (card is not quick) == quick.unfinished == (quick.provisional and quick.standings["blurred"].passes)
        if quick.unfinished:
            assert list(card.standings) == ["blurred", "mean"] and card.provisional and not card.unfinished
            assert card.full_seconds == pytest.approx(card.seconds * 2 * 53 * 4 / 26)
            assert (card.level == "good") == all(each.passes for each in card.standings.values())
            more += 1
    assert more and continued(learned, x[:1], result.one(0), small) is small, "small networks have both at once"
    assert all(len(each.share) == 6 for each in trust_card(learned, x, result).standings.values())


def test_in_a_large_network_a_quick_card_has_both_baselines_at_once(learned, monkeypatch):
    """ResNet-18's green verdicts came in two steps, although both take less than a second of a processor."""
    x, _, _ = patterned(12, seed=999)
    result, passed = explain(learned, x, "hires_cam"), 0
    monkeypatch.setattr("fer_models.explain.trust.card.LARGE", 1.0)
    for position in range(len(x)):
        card = trust_card(learned, x, result, position, maps=QUICK_MAPS)
        assert not card.unfinished and all(len(each.share) == 3 for each in card.standings.values())
        passed += list(card.standings) == ["blurred", "mean"]
    assert passed


@pytest.mark.parametrize(
    ("macs", "together"), [(3.0e8, True), (4.7e8, False), (7.0e8, True), (1.2e9, True), (3.5e9, False)]
)
def test_both_baselines_come_at_once_where_their_work_is_small(learned, monkeypatch, macs, together):
    """VGG's five steps are more work than ResNet-18's one, although a pass of it is less."""
    x, _, _ = patterned(12, seed=999)
    result = explain(learned, x, "hires_cam")
    monkeypatch.setattr("fer_models.explain.trust.card.multiply_adds", lambda _: macs)
    cards = [trust_card(learned, x, result, position, maps=QUICK_MAPS) for position in range(4)]
    passed = [card for card in cards if card.provisional and card.standings["blurred"].passes]
    assert passed and all((list(card.standings) == ["blurred", "mean"]) == together for card in passed)


def test_in_a_very_large_network_few_images_go_through_a_pass(learned, monkeypatch):
    x, _, _ = patterned(1, seed=3)
    trial = Trial(learned, x, explain(learned, x, "hires_cam"))
    assert images_at_once(trial) == 16
    for macs, images in ((0, 16), (1e9, 16), (1.8e9, 8), (3.5e9, 4), (1e12, 4)):
        monkeypatch.setattr(passes, "multiply_adds", lambda _, macs=macs: macs)
        assert images_at_once(trial) == images


def test_the_images_of_a_card_go_through_the_fast_pass(learned, monkeypatch):
    """The optimised CNN takes two thirds of the time so."""
    x, _, _ = patterned(1, seed=3)
    result, counted = explain(learned, x, "hires_cam"), []
    plain = trust_card(learned, x, result, maps=QUICK_MAPS)

    def counting(batch):
        counted.append(len(batch))
        return learned.model(batch)

    for module in ("card", "standing"):
        monkeypatch.setattr(f"fer_models.explain.trust.{module}.fast_pass", lambda _: counting)
    card = trust_card(learned, x, result, maps=QUICK_MAPS)
    assert sum(counted) == 5 + len(card.standings) * (2 + 13 * 8)
    assert card.sentence == plain.sentence and card.figures == plain.figures


def test_a_fast_pass_has_the_logits_and_is_made_anew_when_the_weights_change():
    torch.manual_seed(0)
    model = create_model("optimised_cnn", 7, 1).eval()
    classifier = Classifier(SimpleNamespace(identity="x", preprocess=Preprocess(48, 1)), model=model.place("cpu"))
    batch = torch.rand(3, 1, 48, 48)
    for _ in range(2):
        with classifier.exclusive(), torch.no_grad():
            fast = fast_pass(classifier)
            assert fast is not classifier.model
            assert not any(isinstance(m, WinogradConv2d) for m in classifier.model.modules())
            torch.testing.assert_close(fast(batch), classifier.model(batch), atol=1e-4, rtol=0)
            classifier.model.head.weight.mul_(-2)


def test_a_network_is_counted_while_no_other_thread_explains_with_it(classifier, batch, monkeypatch):
    free = []

    def look():
        free.append(classifier.lock.acquire(blocking=False))
        if free[-1]:
            classifier.lock.release()

    def counted(model, shape):
        with ThreadPoolExecutor(1) as other:
            other.submit(look).result()
        return count(model, shape)

    monkeypatch.setattr("fer_models.explain.trust.passes.count", counted)
    monkeypatch.setattr("fer_models.explain.trust.passes._MACS", PerNetwork())
    trust_card(classifier, batch, explain(classifier, batch), maps=10)
    assert free == [False]


def test_no_pass_of_a_card_holds_more_images_than_a_processor_keeps_at_hand(learned, monkeypatch):
    x, _, _ = patterned(1, seed=3)
    result, sizes = explain(learned, x, "hires_cam"), []
    forward = type(learned.model).forward

    def counted(model, images, *args, **kwargs):
        sizes.append(len(images))
        return forward(model, images, *args, **kwargs)

    trust_card(learned, x, result, maps=QUICK_MAPS)  # what is kept of the network is found
    monkeypatch.setattr(type(learned.model), "forward", counted)
    trust_card(learned, x, result, maps=QUICK_MAPS)
    assert max(sizes) <= 16 and sum(sizes) <= 8 + 2 * (2 + 13 * 8)


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
