"""Smoothing, bands and stretches of probabilities in time."""

from __future__ import annotations

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.video.timeline import band, people_by_class, shares, smooth, stretches

_TIMES = np.arange(40) / 10
_CLASSES = ("happy", "sad")


def step(at: int, count: int = 40) -> np.ndarray:
    """(T, 2): certain of the first class before reading ``at``, of the second from there on."""
    second = (np.arange(count) >= at).astype(float)
    return np.stack([1 - second, second], 1)


def test_a_window_keeps_sums_means_and_the_moment_of_a_change() -> None:
    smoothed = smooth(step(20), _TIMES, "window", 0.5)
    assert np.allclose(smoothed.sum(1), 1)
    assert smoothed[19, 1] == pytest.approx(2 / 5) and smoothed[20, 1] == pytest.approx(3 / 5)
    (_, second) = stretches(smoothed, _TIMES, _CLASSES)
    assert (second.name, second.start) == ("sad", pytest.approx(1.95))


def test_a_window_at_the_ends_does_not_shift_a_change_there() -> None:
    smoothed = smooth(step(2), _TIMES, "window", 1.0)
    assert smoothed[:4].argmax(1).tolist() == [0, 0, 1, 1]


def test_an_exponential_lags_and_forgets_by_e_over_its_width() -> None:
    smoothed = smooth(step(20), _TIMES, "exponential", 0.3)
    assert smoothed[19, 1] == 0
    assert smoothed[22, 0] == pytest.approx(np.exp(-1), abs=1e-6)


def test_nothing_is_carried_over_a_gap() -> None:
    times = np.array([0, 0.1, 0.2, 5.0, 5.1])
    values = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1]], float)
    for how in ("window", "exponential"):
        assert np.array_equal(smooth(values, times, how, 20.0), values)
    parts = stretches(values, times, _CLASSES)
    assert [(p.name, p.start, p.end) for p in parts] == [("happy", 0, pytest.approx(0.2)), ("sad", 5.0, 5.1)]


def test_a_flicker_is_no_event() -> None:
    values = step(40)
    values[10] = [0, 1]
    (only,) = stretches(values, _TIMES, _CLASSES)
    assert (only.name, only.first, only.last) == ("happy", 0, 39)


def test_a_short_first_stretch_joins_the_next() -> None:
    (only,) = stretches(step(1), _TIMES, _CLASSES)
    assert (only.name, only.start, only.end) == ("sad", 0.0, pytest.approx(3.9))


def test_a_peak_is_the_reading_with_the_highest_probability() -> None:
    values = np.full((40, 2), 0.0)
    values[:, 0] = 0.6 + 0.3 * np.exp(-((_TIMES - 1.3) ** 2) / 0.1)
    values[:, 1] = 1 - values[:, 0]
    (only,) = stretches(values, _TIMES, _CLASSES)
    assert only.peak == pytest.approx(1.3) and only.at == 13 and only.probability == pytest.approx(0.9)


def test_a_band_holds_every_reading_near() -> None:
    values = np.random.default_rng(0).random(40)
    low, high = band(values, _TIMES, 0.4)
    assert np.all(low <= values + 1e-7) and np.all(values <= high + 1e-7)
    assert low[20] == pytest.approx(values[18:23].min()) and high[20] == pytest.approx(values[18:23].max())


def test_shares_are_shares_of_the_time() -> None:
    assert shares(stretches(step(10), _TIMES, _CLASSES)) == {
        "sad": pytest.approx(2.95 / 3.9),
        "happy": pytest.approx(0.95 / 3.9),
    }
    assert shares([]) == {}


def test_people_are_counted_by_the_class_that_leads_while_they_are_seen() -> None:
    one = np.array([0.0, 1.0, 2.0]), np.array([[0.9, 0.1], [0.2, 0.8], [0.2, 0.8]])
    two = np.array([1.5]), np.array([[0.6, 0.4]])
    moments = np.array([-0.5, 0.0, 0.9, 1.5, 2.4, 2.9, 3.5])
    counts = people_by_class([one, two], moments)
    assert counts.tolist() == [[0, 0], [1, 0], [1, 0], [1, 1], [1, 1], [0, 1], [0, 0]]


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(UserError, match="Smoothing is one of"):
        smooth(step(3), _TIMES, "median")
    with pytest.raises(UserError, match="above 0 seconds"):
        smooth(step(3), _TIMES, "window", 0)
