"""The drawn video moves its action units as it says: closed forms, no frame is drawn."""

import numpy as np
import pytest

from fer_models.data.synthetic import EMOTION_ACTION_UNITS
from fer_models.video.drawn import DrawnVideo

VIDEO = DrawnVideo(("happy", "neutral", "angry"), hold=2.0, change=0.5, fps=10.0, intensity=0.8)


def of(emotion: str, share: float) -> dict[str, float]:
    return {unit: pytest.approx(0.8 * share) for unit in EMOTION_ACTION_UNITS[emotion]}


def shown(seconds: float) -> dict[str, float]:
    return {unit: value for unit, value in VIDEO.intensities(seconds).items() if value > 1e-9}


def test_changes_and_length() -> None:
    assert VIDEO.changes == [2.0, 4.0]
    assert VIDEO.count == 60


@pytest.mark.parametrize(
    ("seconds", "happy", "angry"),
    [
        (0.0, 1, 0),
        (1.0, 1, 0),
        (1.75, 1, 0),  # the change begins a quarter of a second before the moment
        (1.875, 0.75, 0),
        (2.0, 0.5, 0),
        (2.125, 0.25, 0),
        (2.25, 0, 0),
        (3.0, 0, 0),
        (3.875, 0, 0.25),
        (4.125, 0, 0.75),
        (5.0, 0, 1),
        (6.0, 0, 1),  # the last expression stays
    ],
)
def test_half_of_each_change_lies_before_its_moment(seconds: float, happy: float, angry: float) -> None:
    expected = (of("happy", happy) if happy else {}) | (of("angry", angry) if angry else {})
    assert shown(seconds) == expected


def test_units_move_without_jumps() -> None:
    units = sorted({unit for emotion in VIDEO.expressions for unit in EMOTION_ACTION_UNITS[emotion]})
    times = np.linspace(0, 6, 1201)
    values = np.array([[VIDEO.intensities(time).get(unit, 0.0) for unit in units] for time in times])
    assert values.min() >= 0 and values.max() <= 0.8 + 1e-9
    # A whole change within half a second, so a step of 5 ms is a hundredth of it.
    assert np.abs(np.diff(values, axis=0)).max() == pytest.approx(0.8 * 0.005 / 0.5, rel=1e-6)


def test_doubts_that_a_tenth_of_the_readings_share_are_said() -> None:
    from types import SimpleNamespace

    from fer_models.video.reading import _notes

    def people(*doubts: tuple[str, ...]) -> list[SimpleNamespace]:
        return [SimpleNamespace(quality=[SimpleNamespace(doubts=said) for said in doubts])]

    clear = ((),) * 6
    many = people(("blurred",), ("blurred", "small: 20 pixels"), ("small: 21 pixels",), ("too dark",), *clear)
    assert _notes(many, "auto") == ["Hard to read: blurred in 20 %, small in 20 %, too dark in 10 % of 10 readings."]
    assert _notes(people(("too dark",), *clear, *clear), "auto") == []
    (sentence,) = _notes([], "auto")
    assert sentence.startswith("No face was found by ")
