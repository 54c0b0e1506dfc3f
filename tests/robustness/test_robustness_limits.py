"""Corruptions of one face and stored stress tests at their limits, and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fer_models.classifier import Prediction
from fer_models.errors import UserError
from fer_models.faces.face import Face
from fer_models.preprocess import Preprocess
from fer_models.robustness import CORRUPTIONS, FaceGeometry
from fer_models.robustness.change import Change, changed, patches, position_fields, reduced, region_at, sweep
from fer_models.robustness.figures import _bootstrap, _ratio
from fer_models.robustness.quality import grain
from fer_models.robustness.stored import read_result, write_result
from fer_models.robustness.stress import Answers, StressResult, StressSettings, corrupt, stress

WHITE = np.full((48, 48, 3), 255, np.uint8)


class Corner:
    """A network that looks at the upper left corner of a face only."""

    classes = ("lit", "dark")

    class checkpoint:  # noqa: N801
        preprocess = Preprocess(24, 1)

    def predict(self, faces: list[np.ndarray], **_options: object) -> Prediction:
        lit = np.array([np.asarray(face)[:6, :6].mean() / 255 for face in faces], np.float32)
        chances = np.stack([lit, 1 - lit], 1)
        return Prediction(self.classes, chances, chances, chances)


def test_the_worst_patch_and_what_each_pixel_costs() -> None:
    found = patches(Corner(), WHITE, "lit", 0.4)  # type: ignore[arg-type]
    assert found.centre == pytest.approx((0.1, 0.1))
    small = patches(Corner(), WHITE, "lit", 0.2)  # type: ignore[arg-type]
    assert small.centre == pytest.approx((0.05 + 0.9 / 10,) * 2)  # the second of eleven, from size / 4 to its mirror
    assert small.after == pytest.approx(1 - 0.2**2 / 0.25**2, abs=0.1)
    assert (found.before, found.answer) == (1.0, "dark") and found.after == pytest.approx(0, abs=0.12)
    assert found.worst.shape == (24, 24, 1) and found.worst[:4, :4].max() < 40
    assert found.drop[3, 3] == pytest.approx(0.66, abs=0.08) and np.abs(found.drop[12:, 12:]).max() < 0.02
    assert np.isfinite(patches(Corner(), WHITE, "dark", 0.05).drop).all()  # type: ignore[arg-type]
    assert patches(Corner(), WHITE, "dark", 0.4).drop.min() < -0.5  # type: ignore[arg-type]


def test_a_sweep_takes_the_place_of_its_own_change() -> None:
    light, bar = Change("light", 3.0), Change("bar", 0.3, (("down", 0.0), ("length", 1.5)))
    strengths, found = sweep(Corner(), WHITE, (light, bar), bar, FaceGeometry(), steps=3)  # type: ignore[arg-type]
    assert strengths.tolist() == [0, 0.5, 1] and found.probabilities[:, 0] == pytest.approx([1, 0, 0], abs=0.05)
    assert [field.name for field in position_fields("bar")] == ["across", "down", "length", "angle"]
    assert position_fields("blur") == []
    grey = changed(np.full((4, 4, 3), (90, 30, 0), np.uint8), [Change("grey", 1.0), light], None)
    assert np.ptp(grey, axis=2).max() == 0


def test_a_crop_is_reduced_from_193_pixels() -> None:
    exact, larger = (np.zeros((side, side, 3), np.uint8) for side in (192, 193))
    assert reduced(exact) is exact and reduced(larger).shape == (192, 192, 3)


def test_a_region_at_the_edges_of_a_crop() -> None:
    masks = {"left": np.array([[1, 0, 0, 0]] * 2, bool), "low": np.array([[0, 0, 0, 0], [0, 1, 1, 1]], bool)}
    points = [(0.0, 0.0), (0.24, 1.0), (0.25, 0.5), (1.0, 1.0), (1.0, 0.49), (0.26, 0.0)]
    assert [region_at(masks, point) for point in points] == ["left", "left", "low", "low", "background", "background"]


@pytest.mark.parametrize(("side", "low"), [(48, 1), (96, 2)])
def test_noise_is_its_strength_times_the_grain(side: int, low: int) -> None:
    grey = np.full((side, side, 3), 128, np.uint8)
    drawn = grain((side, side), 3, 4)
    np.testing.assert_array_equal(drawn[::low, ::low], grain((48, 48), 3, 4))
    noisy = CORRUPTIONS.create("noise").apply(grey, 0.1, seed=4).astype(float)
    assert np.polyfit(drawn[np.abs(drawn) < 2].ravel(), noisy[np.abs(drawn) < 2], 1) == pytest.approx(
        [25.5, 128], abs=0.1
    )
    dark = CORRUPTIONS.create("low_light").apply(grey, 0.6, seed=4).astype(float)
    assert np.corrcoef(drawn.ravel(), dark.ravel())[0, 1] > 0.9  # more light where the grain is positive


def test_a_blur_is_a_part_of_the_longer_side() -> None:
    spot = np.zeros((60, 100, 3), np.uint8)
    spot[30, 50] = 255
    blurred = CORRUPTIONS.create("blur").apply(spot, 2.0)[..., 0].astype(float)
    columns = np.arange(100)
    assert (blurred.sum(0) * (columns - 50) ** 2).sum() / blurred.sum() == pytest.approx(4, rel=0.2)


def test_jpeg_leaves_a_flat_face_and_errs_less_than_it_leaves() -> None:
    rng = np.random.default_rng(0)
    for side in (40, 48, 96):
        flat = np.full((side, side, 3), 128, np.uint8)
        assert np.abs(CORRUPTIONS.create("jpeg").apply(flat, 6.0).astype(int) - 128).max() <= 2
    rough = np.clip(rng.normal(128, 50, (48, 48, 3)), 0, 255).astype(np.uint8)
    coarse = CORRUPTIONS.create("jpeg").apply(rough, 6.0)
    assert coarse.std() < 0.7 * rough.std()  # quantising takes detail away; its error taken off twice would add it


def test_eyes_on_one_point_and_a_crop_one_pixel_wide() -> None:
    corners = [(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]
    points = np.array([[0, 0], [2, 0], [1, 2], [0, 4], [2, 4]], np.float32)
    assert FaceGeometry.of(Face((0, 0, 9, 9), 1.0, points, "made"), corners).eyes is not None
    points[1, 0] = 1.9
    assert FaceGeometry.of(Face((0, 0, 9, 9), 1.0, points, "made"), corners).eyes is None
    x, y = FaceGeometry(((0.33, 0.4), (0.67, 0.4)), (0.5, 0.8)).grid(40, 1)
    assert x.shape == y.shape == (40, 1) and np.isfinite(y).all()


def test_two_faces_are_resampled_and_nothing_is_divided_by_no_error() -> None:
    assert np.isfinite(_bootstrap(np.eye(2), None)).all() and np.isnan(_bootstrap(np.eye(2), np.zeros(2, int))).all()
    assert np.isfinite(_bootstrap(np.eye(3), np.array([0, 1, 1]))).all() and np.isnan(_bootstrap(np.eye(1), None)).all()
    np.testing.assert_array_equal(_ratio(np.array([1.0, 1, 0]), np.array([2.0, 0, 0])), [0.5, np.nan, np.nan])


def test_each_face_has_its_own_geometry_and_noise_wherever_a_chunk_begins() -> None:
    faces = [WHITE] * 3
    where = [FaceGeometry(((0.33 + shift, 0.4), (0.67 + shift, 0.4))) for shift in (0.0, 0.1, 0.2)]
    for kind in ("glasses", "noise", "shift"):
        corruption = CORRUPTIONS.create(kind)
        whole = corrupt(corruption, faces, 2, seed=7, geometries=where)
        last = corrupt(corruption, faces[1:], 2, seed=7, geometries=where[1:], first=1)
        np.testing.assert_array_equal(whole[1:], last)
        one = corruption.apply(WHITE, corruption.strength(2), 9, where[2])
        np.testing.assert_array_equal(whole[2], one)


@pytest.mark.parametrize(
    ("networks", "faces", "kinds", "levels", "message"),
    [
        ({}, [WHITE], ("blur",), (1,), "at least one network and one face"),
        ({"a": Corner()}, [], ("blur",), (1,), "at least one network and one face"),
        ({"a": Corner()}, [WHITE], (), (1,), "at least one corruption and one severity"),
        ({"a": Corner()}, [WHITE], ("blur",), (), "at least one corruption and one severity"),
        ({"a": Corner()}, [WHITE], ("blur",), (0,), "run from 1 to 5, not 0"),
        ({"a": Corner()}, [WHITE], ("blur",), (6,), "run from 1 to 5, not 6"),
    ],
)
def test_what_a_stress_test_needs(networks, faces, kinds, levels, message: str) -> None:
    with pytest.raises(UserError, match=message):
        stress(networks, faces, ("lit", "dark"), None, StressSettings(kinds=kinds, severities=levels))


def test_stored_answers_are_of_one_test(tmp_path: Path) -> None:
    answers = {("a", "blur", s): Answers(np.array([0, 1]), np.ones(2, np.float32), None, np.zeros(0)) for s in (0, 1)}
    result = StressResult(("a",), ("blur",), (1,), ("lit", "dark"), np.array([0, 1]), answers)
    write_result(result, tmp_path / "r.npz", test="this")
    for test, there in ((None, True), ("this", True), ("that", False), ("", False)):
        read = read_result(tmp_path / "r.npz", test=test)
        assert (read is not None) == there
        assert read is None or (
            read.classes == result.classes and read.answers["a", "blur", 1].predicted.tolist() == [0, 1]
        )
