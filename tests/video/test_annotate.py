"""What is drawn on a frame: a heatmap over the square of a face, and a box with words inside the frame."""

from __future__ import annotations

import numpy as np
import pytest

from fer_models.colours import coloured
from fer_models.video.annotate import draw_face, lay_heatmap


def square(left: float, top: float, side: float) -> list[tuple[float, float]]:
    return [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]


def test_a_heatmap_is_mixed_in_over_its_square_alone() -> None:
    heat = np.array([[0.0, 1.0], [0.5, 2.0]])
    canvas = np.full((40, 60, 3), 100, np.uint8)
    lay_heatmap(canvas, square(10, 8, 20), heat, opacity=0.25)
    outside = np.ones((40, 60), bool)
    outside[8:29, 10:31] = False
    assert (canvas[outside] == 100).all()
    expected = 75 + 0.25 * coloured(np.array([[0.0, 1.0], [0.5, 1.0]])).astype(float)
    for (row, column), colour in zip([(9, 11), (9, 28), (26, 11), (26, 28)], expected.reshape(4, 3), strict=True):
        np.testing.assert_allclose(canvas[row, column], colour, atol=2)


@pytest.mark.parametrize(("left", "top", "seen"), [(-10, -6, (14, 10)), (50, 30, (10, 10)), (59, 5, (0, 0))])
def test_a_square_over_the_edge_is_cut(left: float, top: float, seen: tuple[int, int]) -> None:
    canvas = np.zeros((40, 60, 3), np.uint8)
    gradient = np.tile(np.linspace(0, 1, 24), (24, 1))
    whole = np.zeros((100, 120, 3), np.uint8)
    lay_heatmap(canvas, square(left, top, 24), np.maximum(gradient, 0.1), opacity=1.0)
    lay_heatmap(whole, square(left + 30, top + 30, 24), np.maximum(gradient, 0.1), opacity=1.0)
    if seen == (0, 0):  # a column of one pixel is left out
        assert not canvas.any()
        return
    np.testing.assert_array_equal(canvas, whole[30:70, 30:90])
    assert canvas.any(2).any(1).sum() >= seen[1] - 1


@pytest.mark.parametrize("corners", [square(100, 80, 60), square(-5, -5, 60), square(280, 180, 60)])
def test_words_stand_above_the_box_or_inside_the_frame(corners: list[tuple[float, float]]) -> None:
    canvas = np.full((240, 320, 3), 100, np.uint8)
    draw_face(canvas, corners, "happy", "happy 93 %")
    white = np.argwhere((canvas > 150).all(2))
    assert len(white) > 20, "letters"
    high, left = white[:, 0].max() - white[:, 0].min(), white[:, 1].min()
    assert 5 <= high <= 16 and white[:, 1].max() < 320 and white[:, 0].min() >= 2
    dark = (canvas < 40).all(2)
    assert dark[white[:, 0].min() - 1, white[:, 1].min() : white[:, 1].max()].mean() > 0.7, "on a dark ground"
    if corners[0] == (100, 80):
        assert white[:, 0].max() < 80 and abs(left - 100) < 4
        rows, columns = np.nonzero((canvas != 100).any(2))
        assert abs(rows.max() - 140) <= 4 and abs(columns.max() - white[:, 1].max()) <= 8
