"""The figures of the Datasets page hold the numbers that they were given."""

from __future__ import annotations

import numpy as np
import pytest

from fer_models import labels
from workbench.features.datasets import figures


def test_class_balance_shows_shares_and_names_numbers() -> None:
    figure = figures.class_balance(np.asarray([[30, 10], [1, 3]]), ("happy", "sad"), ("train", "test"))
    assert [list(bar.x) for bar in figure.data] == [[75, 25], [25, 75]]
    assert list(figure.data[0].text) == ["30", "10"]
    assert list(figure.data[0].marker.color) == [labels.colour("happy"), labels.colour("sad")]
    assert [note.text for note in figure.layout.annotations] == ["train, 40", "test, 4"]


def test_a_split_without_labels_has_empty_bars() -> None:
    figure = figures.class_balance(np.asarray([[3, 1], [0, 0]]), ("happy", "sad"), ("train", "test"))
    assert list(figure.data[1].x) == [0, 0]


def test_difference_is_symmetric_about_zero() -> None:
    (heatmap,) = figures.difference(np.asarray([[-3.0, 8.0]]), "happy", "sad").data
    assert (heatmap.zmin, heatmap.zmax) == (-8, 8)


def test_nearest_neighbour_bars_have_their_intervals() -> None:
    rows = [
        {"name": "folds", "accuracy": 0.98, "low": 0.97, "high": 0.99},
        {"name": "by subject", "accuracy": 0.6, "low": 0.55, "high": 0.65},
    ]
    (bars,) = figures.nearest_neighbour(rows).data
    assert list(bars.x) == [98, 60]
    assert list(bars.error_x.array) == pytest.approx([1, 5]) and list(bars.error_x.arrayminus) == pytest.approx([1, 5])


def test_spread_leaves_out_what_has_no_label() -> None:
    figure = figures.spread(np.asarray([1.0, 2, 3]), np.asarray([0, -1, 1]), ["happy", "sad"], "brightness")
    assert [list(box.x) for box in figure.data] == [[1], [3]]


def test_pixel_levels_skip_an_empty_split() -> None:
    figure = figures.pixel_levels(np.asarray([[0.25, 0.75], [0, 0]]), ("train", "test"))
    assert [line.name for line in figure.data] == ["train"] and list(figure.data[0].y) == [25, 75]


def test_the_scale_of_a_tensor_is_that_of_its_preprocessing() -> None:
    (heatmap,) = figures.tensor_heatmap(np.zeros((4, 4)), -1, 1).data
    assert (heatmap.zmin, heatmap.zmax) == (-1, 1) and heatmap.zsmooth is False
