"""Where a map stands among random maps: the rank, the smoothness of random maps, and maps of other faces."""

import dataclasses

import numpy as np
import pytest
import torch

from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.faithfulness import Trial
from fer_models.explain.faithfulness.references import random_maps
from fer_models.explain.trust.other_faces import OTHER_FACES, gaps_of_other_faces
from fer_models.explain.trust.standing import rank, standing


def test_the_band_and_p_say_the_same():
    """Over all places that a value can have: outside the band exactly where p is at most 0.05 or at least 0.95."""
    draw = np.random.default_rng(0)
    for count in (20, 38, 50, 100):
        values = np.round(draw.normal(size=count), 2)
        for value in np.concatenate([values, values + 0.003, [-9, 9]]):
            found = rank(value, values)
            assert found.as_good == (values >= value).sum()
            assert found.p == (1 + found.as_good) / (count + 1)
            expected = "more" if found.p <= 0.05 else "less" if found.p >= 0.95 else "no different"
            assert found.verdict == expected and (expected == "more") == (found.as_good <= found.may)
            assert (value > found.high) == (expected == "more") and (value <= found.low) == (expected == "less")
            mirrored = rank(-value, -values, "lower")
            assert mirrored.verdict == expected and mirrored.p == found.p
            assert (mirrored.low, mirrored.high) == (-found.high, -found.low)
    with pytest.raises(UserError, match="at least 19"):
        rank(0.0, np.zeros(18))


def test_a_random_map_passes_in_five_of_a_hundred():
    """Five of a hundred, not the 16 to 18 that passed a test against the spread of five maps."""
    draw = np.random.default_rng(1)
    passed = []
    for _ in range(2000):
        drawn = draw.normal(size=51)
        passed.append(rank(drawn[0], np.concatenate([drawn[1:], -drawn[1:]])).verdict == "more")
    assert 0.035 < np.mean(passed) < 0.06


def test_random_maps_are_as_smooth_as_the_map(classifier, batch):
    def grain(maps):
        return np.mean([np.sqrt((np.diff(m, axis=0) ** 2).mean()) / m.std() for m in maps])

    layered = explain(classifier, batch[:1], "grad_cam")
    assert np.ptp(random_maps(Trial(classifier, batch[:1], layered), 5)) > 0
    wide = explain(classifier, batch[:1], "occlusion")  # patches of 8 pixels
    fine = explain(classifier, batch[:1], "input_x_gradient")
    for result in (wide, fine):
        drawn = random_maps(Trial(classifier, batch[:1], result), 20)
        assert grain(drawn) < 2 * grain(result.values)  # noise on single pixels has five times that of occlusion
        spectrum = [np.abs(np.fft.rfft2(m - m.mean())) for m in (result.values[0].astype(float), drawn[7])]
        assert np.allclose(*spectrum, atol=1e-6 * spectrum[0].max())
    # Guided Grad-CAM takes a layer, but its maps have the grain of pixels.
    guided = Trial(classifier, batch[:1], dataclasses.replace(fine, method="guided_grad_cam", layer_size=(6, 6)))
    assert grain(random_maps(guided, 20)) == pytest.approx(grain(fine.values), rel=0.5)
    constant = dataclasses.replace(fine, values=np.ones_like(fine.values))
    assert np.ptp(random_maps(Trial(classifier, batch[:1], constant), 1)) > 0.5


def test_a_standing_needs_ten_random_maps(classifier, batch):
    trial = Trial(classifier, batch[:1], explain(classifier, batch[:1]))
    with pytest.raises(UserError, match="at least 10"):
        standing(trial, count=9)
    with torch.random.fork_rng():
        before = torch.random.get_rng_state()
        standing(trial, count=10)
        assert torch.equal(before, torch.random.get_rng_state())


def test_maps_of_other_faces_are_tested_on_this_one(classifier, batch):
    trial = Trial(classifier, batch[:1], explain(classifier, batch[:1]))
    gaps = gaps_of_other_faces(trial, "mean")
    assert gaps.shape == (OTHER_FACES,) and len(np.unique(gaps)) > 10
    assert np.array_equal(gaps, gaps_of_other_faces(trial, "mean"))
    with pytest.raises(UserError, match="no explanation method"):
        gaps_of_other_faces(trial.with_values(trial.attribution.values, "by hand"), "mean")


def test_ranks_by_hand():
    """Nineteen random values are the fewest; the place counts those that are as good, ties included."""
    values = np.arange(19) / 20
    with pytest.raises(UserError, match="at least 19 random values, not 18"):
        rank(0.5, values[:18])
    for value, as_good in ((1.0, 0), (0.9, 1), (0.45, 10), (0.0, 19), (-1.0, 19)):
        found = rank(value, values)
        assert found.as_good == as_good and found.p == pytest.approx((as_good + 1) / 20)
        mirrored = rank(-value, -values, "lower")
        assert mirrored.as_good == as_good
        # The band leaves out the first and the last of the nineteen; a value on its upper end is not above it.
        assert (found.low, found.median, found.high) == (0.05, 0.45, 0.9)
        assert (mirrored.low, mirrored.high) == (-0.9, -0.05)
    assert [rank(v, values).verdict for v in (0.91, 0.9, 0.05, 0.06)] == [
        "more",
        "no different",
        "less",
        "no different",
    ]
