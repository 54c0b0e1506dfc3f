"""How windows that the cascades accept become faces, by hand."""

import math

import numpy as np
import pytest

from fer_models.faces import haar

STAGE = haar._STAGES[0]


def merged(*rows: tuple[float, float, float, int]) -> list[tuple[haar.Box, float]]:
    return haar._merge(np.array(rows, float).reshape(-1, 4), STAGE)


def frontal(x: float = 50, y: float = 50, side: float = 20, times: int = 1) -> list[tuple[float, float, float, int]]:
    """As many votes of both frontal cascades at one place."""
    return [(x, y, side, voter) for voter in (0, 1) for _ in range(times)]


def test_both_frontal_cascades_must_agree() -> None:
    assert merged() == [] and merged((50, 50, 20, 0)) == [] and merged((50, 50, 20, 1)) == []
    ((box, score),) = merged(*frontal(times=3))
    strength = 3 / STAGE.frontal
    assert box == (40, 40, 60, 60) and score == pytest.approx(strength / (strength + 1))
    ((_, uneven),) = merged(*frontal(times=2), (50, 50, 20, 0), (50, 50, 20, 0))
    strength = math.sqrt(4 * 2) / STAGE.frontal
    assert uneven == pytest.approx(strength / (strength + 1))


def test_one_profile_cascade_is_enough_and_its_window_is_wider_than_the_face() -> None:
    for voter in (2, 3):
        ((box, score),) = merged(*[(50, 50, 20, voter)] * 3)
        half = 20 * haar._PROFILE_SCALE / 2
        assert box == pytest.approx((50 - half, 50 - half, 50 + half, 50 + half))
        assert score == pytest.approx(3 / STAGE.profile / (3 / STAGE.profile + 1))


def test_windows_vote_together_that_lie_near_and_are_alike() -> None:
    near = haar._NEAR * 20
    for distance, faces in ((near - 0.01, 1), (near + 0.01, 0)):
        assert len(merged((50, 50, 20, 0), (50 + distance, 50, 20, 1))) == faces
        assert len(merged((50, 50, 20, 0), (50, 50 - distance, 20, 1))) == faces
    for side, faces in ((20 * haar._RATIO - 0.01, 1), (20 * haar._RATIO + 0.01, 0)):
        assert len(merged((50, 50, 20, 0), (50, 50, side, 1))) == faces
    ((box, _),) = merged((48, 50, 20, 0), (50, 52, 22, 1), (52, 54, 24, 1))
    assert box == (50 - 11, 52 - 11, 50 + 11, 52 + 11), "medians"


def test_a_second_face_lies_apart() -> None:
    apart = 20 * haar._APART
    for distance, faces in ((apart + 0.01, 2), (apart - 0.01, 1)):
        found = merged(*frontal(times=3), *frontal(50 + distance, times=2))
        assert len(found) == faces and found[0][0] == (40, 40, 60, 60), "the strongest first"
    large = (20 + 60) / 2 * haar._APART
    assert len(merged(*frontal(times=3), *frontal(50 + large - 0.01, side=60, times=2))) == 1
    assert len(merged(*frontal(times=3), *frontal(50 + large + 0.01, side=60, times=2))) == 2


def test_a_box_is_brought_back_to_the_image() -> None:
    assert haar._unscaled((10, 20, 30, 40), 10, 2.0) == (0, 5, 10, 15)
