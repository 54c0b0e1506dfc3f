"""Names beside points: near, inside the figure, and never over another name or a point."""

import itertools

import pytest

from workbench.features.compare.figures.networks import Offset, Spot, _box, _overlap, place_names

CROWD = [Spot(300, y, 6, 12, f"network-{y}") for y in (100, 112, 124, 140)] + [Spot(310, 118, 20, 12, "large")]


def test_a_lonely_point_has_its_name_at_its_right():
    assert place_names([Spot(100, 100, 10, 20, "alone")], 400, 200) == [Offset(12, 0, "left", False)]


def test_a_line_is_not_covered():
    offsets = place_names([Spot(100, 100, 10, 20, "alone")], 400, 200, [(100, 99, 400, 101)])
    assert offsets[0].anchor == "right"


def test_at_the_right_edge_it_goes_to_the_left():
    assert place_names([Spot(390, 100, 10, 20, "edge")], 400, 200)[0].anchor == "right"


def test_in_a_crowd_no_name_covers_a_point_or_another_name():
    offsets = place_names(CROWD, 600, 300)
    boxes = [_box(spot, offset) for spot, offset in zip(CROWD, offsets, strict=True)]
    for a, b in itertools.combinations(boxes, 2):
        assert _overlap(a, b) == 0
    for box, spot in itertools.product(boxes, CROWD):
        assert sum(_overlap(box, part) for part in spot.boxes) == 0
    assert any(offset.far for offset in offsets), "the crowd needs lines"


@pytest.mark.parametrize("width", [40, 120])
def test_without_room_every_name_still_has_a_place(width):
    assert len(place_names(CROWD, width, 60)) == len(CROWD)
