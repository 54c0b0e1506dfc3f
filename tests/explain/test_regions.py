"""Parts of a face: a template that covers the crop once, and relevance counted in it."""

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.explain import Attribution
from fer_models.explain.face_parts.action_units import unit_agreement, unit_areas
from fer_models.explain.face_parts.regions import (
    EYES,
    MOUTH_CORNERS,
    NOSE,
    REGIONS,
    background_alarm,
    region_areas,
    region_masks,
    region_relevance,
    turned_away,
)
from fer_models.faces.detect import detect_faces
from fer_models.faces.image import read_image
from fer_models.labels import EMOTION_ACTION_UNITS, FER7, FER8
from fer_models.preprocess import Preprocess
from workbench.face.model.crop import frame


def attribution(values, target=3):
    values = np.asarray(values, np.float32)
    return Attribution(values, "grad_cam", None, None, "logit", np.full(len(values), target), 0.0)


def at(mask, point):
    height, width = mask.shape
    return mask[int(point[1] * height), int(point[0] * width)]


@pytest.mark.parametrize("size", [48, 100, (64, 48)])
def test_every_pixel_belongs_to_exactly_one_region(size):
    masks = region_masks(size)
    assert tuple(masks) == REGIONS
    assert (np.sum(list(masks.values()), axis=0) == 1).all()
    assert min(mask.sum() for mask in masks.values()) > 10
    assert sum(region_areas(masks).values()) == pytest.approx(1)


def test_landmarks_lie_in_their_regions():
    masks = region_masks(96)
    assert all(at(masks["eyes"], eye) for eye in EYES)
    assert at(masks["nose"], NOSE)
    assert all(at(masks["mouth"], corner) for corner in MOUTH_CORNERS)
    assert at(masks["brows"], (EYES[0][0], EYES[0][1] - 0.12))
    assert at(masks["forehead"], (0.49, 0.12))
    assert at(masks["cheeks"], (0.2, 0.6))
    assert at(masks["chin"], (0.48, 0.93))
    assert at(masks["background"], (0.01, 0.01))


def test_the_template_follows_the_eyes():
    same = region_masks(60, EYES)
    assert all((mask == same[name]).all() for name, mask in region_masks(60).items())
    moved = region_masks(100, points=((0.415, 0.485), (0.772, 0.493)))  # ten pixels right and down
    still = region_masks(100)
    assert (moved["eyes"][10:, 10:] == still["eyes"][:-10, :-10]).all()
    upright, turned = region_masks(100), region_masks(100, points=((0.5, 0.4), (0.5, 0.7)))
    assert upright["eyes"].any(0).sum() > upright["eyes"].any(1).sum()
    assert turned["eyes"].any(0).sum() < turned["eyes"].any(1).sum()
    with pytest.raises(UserError, match="same place"):
        region_masks(48, points=((0.4, 0.4), (0.4, 0.4)))


def test_relevance_is_counted_where_it_lies():
    masks = region_masks(48)
    values = np.stack([masks["mouth"] * 2.0 - masks["eyes"], -np.ones((48, 48)), np.ones((48, 48))])
    shares = region_relevance(attribution(values), masks)
    assert shares["mouth"][0] == 1  # negative relevance at the eyes does not count
    assert shares["eyes"][0] == 0
    assert np.isnan(shares["mouth"][1])
    assert {name: pytest.approx(share[2]) for name, share in shares.items()} == region_areas(masks)
    per_picture = {name: np.stack([mask] * 3) for name, mask in masks.items()}
    np.testing.assert_allclose(region_relevance(attribution(values), per_picture)["mouth"], shares["mouth"])
    with pytest.raises(UserError, match="fit"):
        region_relevance(attribution(values), region_masks(50))


def test_alarm_rings_when_the_background_holds_more_than_its_share():
    masks = region_masks(48)
    values = np.stack([masks["background"] + 0.5, masks["mouth"] + 0.0, np.zeros((48, 48))])
    shares = region_relevance(attribution(values), masks)
    assert background_alarm(shares, masks).tolist() == [True, False, False]


def test_units_lie_where_they_move_the_face():
    areas, masks = unit_areas(96), region_masks(96)
    assert {unit for units in EMOTION_ACTION_UNITS.values() for unit in units} <= set(areas)
    assert set(EMOTION_ACTION_UNITS) == set(FER8)
    assert not (areas["AU01"] & areas["AU02"]).any()
    assert (areas["AU12"] & masks["mouth"] == masks["mouth"]).all() and not at(areas["AU12"], (0.2, 0.5))
    assert (areas["AU26"] == masks["mouth"]).all()
    assert at(areas["AU06"], (0.2, 0.5))
    assert not at(areas["AU06"], (0.2, 0.7))
    assert at(areas["R14"], MOUTH_CORNERS[0])
    assert not at(areas["R14"], MOUTH_CORNERS[1])


def test_agreement_with_the_units_of_the_class():
    areas = unit_areas(48)
    happy = areas["AU06"].astype(float) + areas["AU12"]
    away = 1.0 * ~(happy > 0)
    agreement = unit_agreement(attribution(np.stack([happy, away, -happy])), FER7)
    assert agreement["mass"][:2].tolist() == [1, 0]
    assert agreement["rank"][:2].tolist() == [1, 0]
    assert agreement["cosine"][0] == pytest.approx(1)
    assert agreement["cosine"][1] == 0
    assert agreement["area"][0] == pytest.approx((happy > 0).mean())
    assert all(np.isnan(values[2]) for values in agreement.values())
    neutral = unit_agreement(attribution(happy[None], target=6), FER7)
    assert np.isnan(neutral["mass"][0])
    even = unit_agreement(attribution(np.ones((1, 48, 48))), FER7)
    assert even["mass"] == pytest.approx(even["area"])
    assert even["rank"][0] == pytest.approx(even["area"][0], abs=0.06)


def test_known_units_of_a_picture_count_before_those_of_the_class():
    areas = unit_areas(48)
    result = attribution(areas["AU09"][None] * 1.0)
    assert unit_agreement(result, FER7)["mass"][0] < 0.5
    assert unit_agreement(result, FER7, units=[("AU09",)])["mass"].tolist() == [1]
    with pytest.raises(UserError, match="AU99"):
        unit_agreement(result, FER7, units=[("AU99",)])
    with pytest.raises(UserError, match="units of 0 images"):
        unit_agreement(result, FER7, units=[])
    with pytest.raises(UserError, match="fit"):
        unit_agreement(result, FER7, areas=unit_areas(50))


def test_one_table_of_units_for_drawn_faces_and_photographs():
    from fer_models.data.synthetic import AU_REGIONS

    areas, masks = unit_areas(96), region_masks(96)
    assert set(areas) == set(AU_REGIONS)
    for unit, names in AU_REGIONS.items():
        if not unit.startswith("R"):  # one corner of the mouth
            assert not (areas[unit] & ~np.any([masks[name] for name in names], axis=0)).any(), unit


FRONT = np.array((*EYES, NOSE, *MOUTH_CORNERS))


def test_five_points_place_the_template():
    same, there = region_masks(60), region_masks(60, FRONT)
    assert all((mask == there[name]).mean() > 0.99 for name, mask in same.items())
    # A head turned to the side: narrower, as high as before. Two eyes alone shrink the template both ways.
    turned = FRONT * (0.6, 1) + (0.2, 0)
    five, two = region_masks(100, turned), region_masks(100, turned[:2])
    for name, share in (("mouth", 0.6), ("nose", 0.6), ("background", None)):
        area = five[name].mean()
        if share is not None:
            assert area == pytest.approx(share * region_masks(100)[name].mean(), rel=0.1)
    assert not five["background"][90, 50] and two["background"][90, 50]
    assert five["mouth"][75, 49] and not two["mouth"][75, 49]
    with pytest.raises(UserError, match="five points"):
        region_masks(48, [(0.5, 0.5)] * 5)


def test_an_open_mouth_is_no_chin():
    masks = region_masks(100)
    assert masks["mouth"][88, 48] and masks["chin"][93, 48]


def test_a_head_that_is_turned_or_tilted_too_far_is_not_measured():
    assert turned_away(FRONT) is None
    corner = FRONT - FRONT.mean(0)

    def tilted(degrees):
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return corner @ turn + FRONT.mean(0)

    assert turned_away(tilted(20)) is None and turned_away(tilted(-20)) is None
    assert "tilted by 5" in turned_away(tilted(50))
    aside = FRONT.copy()
    aside[2, 0] = 0.30  # the nose beyond the left eye
    assert "turned too far" in turned_away(aside)
    aside[1] = aside[0]
    assert "profile" in turned_away(aside)


def test_eyes_beyond_the_edge_are_not_measured():
    above = [(x, y - 0.45) for x, y in (*EYES, NOSE, *MOUTH_CORNERS)]
    assert "beyond the edge" in turned_away(above)


def test_the_template_lies_on_the_faces_of_photographs(shared, monkeypatch):
    monkeypatch.setenv("FER_YUNET", str(shared / "detectors" / "face_detection_yunet_2023mar.onnx"))
    measured, refused = 0, 0
    for name in ("faces/pexels_angry.jpg", *(f"darwin/plate-{n}.jpg" for n in (2, 3, 5))):
        image = read_image(shared / "data" / name)
        for face in detect_faces(image, "yunet"):
            framed = frame(image, face, Preprocess(size=96))
            if framed.problem is not None:
                refused += 1
                continue
            left, right, nose, *corners = framed.geometry.landmarks
            assert at(framed.masks["eyes"], left) and at(framed.masks["eyes"], right) and at(framed.masks["nose"], nose)
            assert at(framed.masks["mouth"], np.mean(corners, axis=0))
            measured += 1
    assert (measured, refused) == (13, 3), "three heads are turned too far to the side"
