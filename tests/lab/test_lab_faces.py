"""The lab's faces: the same parameters give the same pixels, as JSON and as a line; truth lies where a unit moves."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from fer_models.data.synthetic.geometry import Units
from fer_models.errors import UserError
from fer_models.explain.attribution import Attribution
from fer_models.lab import (
    EXPRESSIONS,
    UNITS,
    FaceParameters,
    blend,
    draw,
    expression,
    face_image,
    from_json,
    from_words,
    moved_masks,
    surprise,
    to_json,
    to_words,
    unit_name,
    unit_shares,
)
from fer_models.labels import EMOTION_ACTION_UNITS
from fer_models.preprocess import Preprocess

RICH = FaceParameters(
    units={"AU04": 0.37, "AU12": 1.0, "L14": 1 / 3},
    identity=71,
    skin=6.5,
    age=0.8,
    glasses="square",
    beard="full",
    hair="part",
    hair_colour="grey",
    yaw=-12.5,
    pitch=4,
    roll=3,
    light_x=0.7,
    light_y=0.1,
    brightness=1.2,
    blur=0.6,
    noise=9.0,
)


@pytest.mark.parametrize("face", [FaceParameters(), RICH, *(surprise(seed) for seed in range(3))])
def test_json_and_line_draw_the_same_pixels_again(face: FaceParameters) -> None:
    for again in (from_json(json.dumps(to_json(face))), from_words(to_words(face))):
        assert to_json(again) == to_json(face)
        assert np.array_equal(draw(again, size=48).image, draw(face, size=48).image)
    assert from_json(json.dumps({"parameters": to_json(face), "networks": []})) == from_json(json.dumps(to_json(face)))


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(FaceParameters) if f.name != "units"])
def test_every_parameter_changes_the_picture(field: str) -> None:
    usual = FaceParameters(identity=82)  # without glasses and beard
    rich = dataclasses.replace(usual, **{field: getattr(RICH, field)})
    assert not np.array_equal(draw(usual, size=64).image, draw(rich, size=64).image)


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_moves_the_face_and_only_inside_its_mask(unit: str) -> None:
    face = FaceParameters(units={unit: 0.9})
    moved, still = (draw(f, size=48, colour=False).image[:, :, 0].astype(int) for f in (face, FaceParameters()))
    (mask,) = moved_masks(face, 48).values()
    assert 0.005 < mask.mean() < 0.4
    assert (np.abs(moved - still)[~mask] <= 3).all() and (np.abs(moved - still)[mask] > 3).any()


def test_the_units_of_one_side_mirror_each_other() -> None:
    for right, left in (("R12", "L12"), ("R14", "L14")):
        masks = [moved_masks(FaceParameters(units={unit: 1.0}), 96)[unit] for unit in (right, left)]
        # Most of it: a pulled corner widens the cheeks' outline a little on both sides.
        assert masks[0][:, :48].sum() > 0.65 * masks[0].sum() and masks[1][:, 48:].sum() > 0.65 * masks[1].sum()
        both = masks[0] & masks[1][:, ::-1]
        assert both.sum() > 0.7 * masks[0].sum()
    units = Units({"R12": 0.4, "L14": 0.6})
    assert (units.corner("right"), units.corner("left")) == (0.4, 0)
    assert (units.dimple("right"), units.dimple("left")) == (0, 0.6)


def test_a_hidden_unit_has_an_empty_mask() -> None:
    masks = moved_masks(FaceParameters(units={"AU12": 1.0, "R14": 0.5}, noise=20, blur=1), 48)
    assert masks["R14"].any()
    hidden = moved_masks(FaceParameters(units={"AU12": 0.9, "AU04": 0.0, "L12": 0.001}), 48)
    assert list(hidden) == ["AU12", "L12"] and not hidden["L12"].any()


def test_shares_of_a_map_are_those_of_its_pixels() -> None:
    left = np.zeros((4, 4), bool)
    left[:, :1] = True
    masks = {"a": left, "b": ~left, "none": np.zeros((4, 4), bool)}

    def shares(values: np.ndarray) -> dict[str, float]:
        attribution = Attribution(values[None], "", None, None, "", np.zeros(1, np.int64), 0.0)
        return {name: share.mass for name, share in unit_shares(attribution, masks).items()}

    assert shares(np.ones((4, 4), np.float32)) == {"a": 0.25, "b": 0.75, "none": 0}
    assert shares(left * 2.0 - 1.0 * ~left) == {"a": 1, "b": 0, "none": 0}  # negative values do not count
    assert np.isnan(shares(np.zeros((4, 4), np.float32))["a"])
    with pytest.raises(UserError, match="must fit"):
        unit_shares(Attribution(np.ones((1, 5, 5)), "", None, None, "", np.zeros(1, np.int64), 0.0), masks)


def test_presets_and_blends() -> None:
    assert len(EXPRESSIONS) == 7 and len(UNITS) == 17
    for emotion in EXPRESSIONS:
        assert expression(emotion, 0.4) == dict.fromkeys(EMOTION_ACTION_UNITS[emotion], 0.4)
        assert blend(emotion, "neutral", 0.0, 0.8) == pytest.approx(expression(emotion, 0.8))
        assert blend("neutral", emotion, 1.0, 0.8) == pytest.approx(expression(emotion, 0.8))
    mixed = blend("surprise", "fear", 0.25, 1.0)
    assert mixed["AU01"] == 1.0 and mixed["AU20"] == 0.25 and mixed["AU05"] == 1.0
    assert expression("happy", 0.0) == {}
    with pytest.raises(UserError, match="choose one of"):
        expression("bored")
    with pytest.raises(UserError, match="between 0 and 1"):
        blend("happy", "sad", 1.5)


def test_units_are_named_as_people_type_them() -> None:
    names = {"12": "AU12", "AU12": "AU12", "au4": "AU04", "04": "AU04", "R12": "R12", "12l": "L12", "l14": "L14"}
    assert {text: unit_name(text) for text in names} == names
    for wrong in ("", "3", "14", "R4", "R12L", "AU", "AU12R5", "1e1", "١٢"):
        with pytest.raises(UserError, match="no action unit"):
            unit_name(wrong)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("12", "NAME=VALUE"),
        ("12=", "NAME=VALUE"),
        ("12=1.1", "AU12 must be a number from 0 to 1"),
        ("12=nan", "AU12 must be"),
        ("12=0.1,AU12=0.2", "given twice"),
        ("yaw=90", "yaw must be a number from -45 to 45"),
        ("yaw=1,yaw=2", "given twice"),
        ("units=1", "no action unit"),
        ("glasses=pink", "glasses must be one of"),
        ("identity=-1", "identity must be a whole number"),
    ],
)
def test_a_bad_line_is_refused_in_a_sentence(line: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        from_words(line)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", '{"units": {"AU99": 1}}', '{"units": {"AU12": "much"}}', '{"yaw": NaN}', '{"smile": 1}', "\x00",
     '{"units": {"AU12": 7}}', '{"identity": true}'],
)  # fmt: skip
def test_a_bad_file_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        from_json(text)


def test_a_network_gets_its_own_size_and_colours() -> None:
    for size, channels in ((48, 1), (40, 3), (64, 1), (240, 3)):
        image = face_image(FaceParameters(), Preprocess(size=size, channels=channels))
        assert image.shape == (size, size, channels) and image.dtype == np.uint8
