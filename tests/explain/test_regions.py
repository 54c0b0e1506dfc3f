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
)
from fer_models.labels import EMOTION_ACTION_UNITS, FER7, FER8


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
    same = region_masks(60, eyes=EYES)
    assert all((mask == same[name]).all() for name, mask in region_masks(60).items())
    moved = region_masks(100, eyes=((0.415, 0.485), (0.772, 0.493)))  # ten pixels right and down
    still = region_masks(100)
    assert (moved["eyes"][10:, 10:] == still["eyes"][:-10, :-10]).all()
    upright, turned = region_masks(100), region_masks(100, eyes=((0.5, 0.4), (0.5, 0.7)))
    assert upright["eyes"].any(0).sum() > upright["eyes"].any(1).sum()
    assert turned["eyes"].any(0).sum() < turned["eyes"].any(1).sum()
    with pytest.raises(UserError, match="same place"):
        region_masks(48, eyes=((0.4, 0.4), (0.4, 0.4)))


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
    assert (areas["AU12"] == masks["mouth"]).all()
    assert at(areas["AU26"], (0.48, 0.93))
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
    with pytest.raises(UserError, match="one list"):
        unit_agreement(result, FER7, units=[])
    with pytest.raises(UserError, match="fit"):
        unit_agreement(result, FER7, areas=unit_areas(50))
