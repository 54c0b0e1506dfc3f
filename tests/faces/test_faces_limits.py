"""Crops, boxes, turned images and eyes by hand, and what lies just at a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.faces import align, eyes, haar, image, turn, yunet
from fer_models.faces.align import crop_face, eyes_of, face_square
from fer_models.faces.detect import DETECTORS, detect_faces
from fer_models.faces.face import Detector, Face, to_longest_side, turned
from fer_models.faces.turn import find_faces

NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


def framed(left: int, top: int, side: int) -> np.ndarray:
    """A square of the noise whose edges are repeated."""
    rows, columns = (np.clip(np.arange(side) + edge, 0, n - 1) for edge, n in ((top, 120), (left, 160)))
    return NOISE[rows][:, columns]


def test_a_margin_of_ten_and_a_box_that_just_touches_the_image() -> None:
    face = Face((70, 50, 80, 60), 1)
    assert crop_face(NOISE, face, 10.0)[0].shape == (110, 110, 3)
    with pytest.raises(UserError, match=r"not above 10, not 10\.01"):
        crop_face(NOISE, face, 10.01)
    assert crop_face(NOISE, face, -0.9)[0].shape == (1, 1, 3)
    for inside, beside in (
        ((159, 10, 179, 30), (160, 10, 180, 30)),
        ((10, 119, 30, 139), (10, 120, 30, 140)),
        ((-19, 10, 1, 30), (-20, 10, 0, 30)),
        ((10, -19, 30, 1), (10, -20, 30, 0)),
    ):
        np.testing.assert_array_equal(crop_face(NOISE, Face(inside, 1))[0], framed(inside[0], inside[1], 20))
        with pytest.raises(ValueError, match="beside the image of 160 x 120"):
            crop_face(NOISE, Face(beside, 1))


def test_a_square_beyond_two_borders_repeats_them() -> None:
    np.testing.assert_array_equal(crop_face(NOISE, Face((-5, -8, 175, 172), 1))[0], framed(-5, -8, 180))


def test_a_large_crop_keeps_its_place_when_it_is_reduced() -> None:
    large = np.zeros((1000, 3000, 3), np.uint8)
    large[500:, 600:] = 200
    crop, _ = crop_face(large, Face((-48, -548, 2000, 1500), 1))
    assert crop.shape == (1024, 1024, 3)  # half of 2048
    assert crop[523, 600].max() == 0 and crop[525, 600].min() == 200
    assert crop[700, 323].max() == 0 and crop[700, 325].min() == 200


def upright(box: tuple[float, float, float, float], marks: list[list[float]], angle: float = 0.0) -> Face:
    return Face(box, 1, np.array([*marks, [0, 0], [0, 0], [0, 0]], np.float32), "yunet", angle)


BOX = (30.0, 20.0, 110.0, 100.0)


@pytest.mark.parametrize(
    ("marks", "used"),
    [
        ([[50, 50], [80, 50]], "eyes"),
        ([[0, 50], [30, 50]], "eyes"),
        ([[-0.5, 50], [29, 50]], "none"),
        ([[50, 0], [80, 0]], "eyes"),
        ([[129, 50], [159, 50]], "eyes"),
        ([[129, 50], [160, 50]], "none"),
        ([[50, 119], [80, 119]], "eyes"),
        ([[50, 120], [80, 120]], "none"),
        ([[60, 40], [60, 70]], "none"),  # one above the other
        ([[60, 40], [61, 70]], "eyes"),
        ([[50, 50], [50 + 0.36 * 80.8 * 1.59, 50]], "eyes"),
        ([[50, 50], [50 + 0.36 * 80.8 * 1.61, 50]], "none"),
        ([[50, 50], [50 + 0.36 * 80.8 / 1.59, 50]], "eyes"),
        ([[50, 50], [50 + 0.36 * 80.8 / 1.61, 50]], "none"),
    ],
)
@pytest.mark.parametrize("margin", [0.0, 0.5])
def test_eyes_are_used_inside_the_image_where_they_fit_the_box(marks: list[list[float]], used: str, margin: float):
    assert crop_face(NOISE, upright(BOX, marks), margin, "eyes")[1]["alignment"] == used


def test_a_crop_along_the_eyes_is_the_pixels_themselves() -> None:
    """Eyes 36 pixels apart and level: a square of 100 pixels, 32 left of the first and 39 above both."""
    face = upright((20, 0, 120, 100), [[52, 59], [88, 59]])
    crop, info = crop_face(NOISE, face, 0.0, "eyes")
    np.testing.assert_array_equal(crop, NOISE[20:120, 20:120])
    assert np.ravel(info["corners"]) == pytest.approx([20, 20, 120, 20, 120, 120, 20, 120]) and info["angle"] == 0
    assert info["square"] == pytest.approx((70 - 50.5, 50 - 50.5, 70 + 50.5, 50 + 50.5))


def test_a_turned_square_by_hand() -> None:
    """An edge that runs down the image: the crop is the square turned by a quarter."""
    crop, corners = align._cut_turned(NOISE, np.array([60.0, 50.0]), np.array([0.0, 1.0]), 40.0)
    np.testing.assert_array_equal(crop, np.rot90(NOISE[30:70, 40:80]))
    assert corners == [(80, 30), (80, 70), (40, 70), (40, 30)]
    face = Face((40, 30, 80, 70), 1, angle=90.0)
    cut, info = crop_face(NOISE, face)
    np.testing.assert_array_equal(cut, crop)
    assert info["angle"] == -90 and np.ravel(info["corners"]) == pytest.approx(np.ravel(corners))
    assert align._right_of(Face(BOX, 1, angle=30)) == pytest.approx((3**0.5 / 2, 0.5))
    reduced, _ = align._cut_turned(np.full((3000, 3000, 3), 7, np.uint8), np.array([1500.0] * 2), np.eye(2)[0], 2048)
    assert reduced.shape == (1024, 1024, 3)


def test_a_reduced_square_is_smoothed_first() -> None:
    stripes = np.zeros((2100, 2100, 3), np.uint8)
    stripes[:, ::2] = 200
    crop, _ = align._cut_turned(stripes, np.array([1050.0, 1050.0]), np.array([1.0, 0.0]), 2048.0)
    expected = cv2.GaussianBlur(stripes, (0, 0), 1.0)[1050, 1050:1052].mean()
    assert crop[100:-100, 100:-100].std() < 30 and crop.mean() == pytest.approx(expected, abs=3)


@pytest.mark.parametrize("angle", [0.0, 90.0, 180.0])
def test_eyes_of_the_cascade_are_brought_back_to_the_image(monkeypatch: pytest.MonkeyPatch, angle: float) -> None:
    monkeypatch.setattr(align, "find_eyes", lambda crop: np.array([[0.25, 0.4], [0.75, 0.5]]))
    found, source = eyes_of(NOISE, Face((40, 30, 80, 70), 1, angle=angle))
    at = {
        0.0: [[50, 46], [70, 50]],
        90.0: [[80 - 16, 40], [80 - 20, 60]],
        180.0: [[80 - 10, 70 - 16], [80 - 30, 70 - 20]],
    }
    assert source == "eye cascade" and found == pytest.approx(np.array(at[angle], float))


def test_squares_by_hand() -> None:
    wide = Face((10, 20, 50, 40), 1)
    assert face_square(wide) == (10, 10, 50, 50) and face_square(wide, -0.5) == (20, 20, 40, 40)
    assert (wide.width, wide.height, wide.area) == (40, 20, 800)
    assert face_square(Face((10, 20, 50, 40), 1, None, "haar")) == pytest.approx((19.7, 19.7, 40.3, 40.3))


@pytest.mark.parametrize(
    ("marks", "angle", "tilt"),
    [
        ([[0, 0], [10, 0]], 0, 0),
        ([[0, 0], [-10, 0]], 0, -180),
        ([[0, 0], [0, -10]], 0, -90),
        ([[0, 0], [10, 10]], 30, 15),
        ([[0, 0], [-10, -10]], 90, 135),
        ([[5, 7], [15, 7]], 270, 90),
    ],
)
def test_a_tilt_lies_within_a_half_turn(marks: list[list[float]], angle: float, tilt: float) -> None:
    assert upright(BOX, marks, angle).tilt == pytest.approx(tilt)


@pytest.mark.parametrize(
    ("shape", "longest", "at_least", "small", "scale"),
    [
        ((320, 640), 640, 160, (320, 640), 1.0),
        ((640, 1280), 640, 160, (320, 640), 0.5),
        ((40, 80), 640, 160, (80, 160), 2.0),
        ((80, 160), 640, 160, (80, 160), 1.0),
        ((81, 161), 640, 160, (81, 161), 1.0),
        ((1, 2000), 640, 160, (1, 640), 0.32),
    ],
)
def test_the_longest_side_is_brought_between_two(shape, longest, at_least, small, scale) -> None:
    copy, found = to_longest_side(np.zeros((*shape, 3), np.uint8), longest, at_least)
    assert copy.shape[:2] == small and found == pytest.approx(scale)


@pytest.mark.parametrize("quarter", [0, 1, 2, 3, -1])
def test_quarter_turns_keep_every_pixel(quarter: int) -> None:
    view, back = turned(NOISE, 90 * quarter)
    np.testing.assert_array_equal(view, np.rot90(NOISE, quarter))
    x, y = (back @ (30.5, 40.5, 1.0)) - 0.5
    np.testing.assert_array_equal(view[40, 30], NOISE[round(y), round(x)])


def test_a_slanted_image_has_a_canvas_that_holds_it() -> None:
    view, back = turned(np.full((100, 200), 9, np.uint8), 30)
    assert view.shape == (round(100 * 3**0.5 / 2 + 100), round(50 + 200 * 3**0.5 / 2)) and (view == 9).all()
    assert back @ (view.shape[1] / 2, view.shape[0] / 2, 1) == pytest.approx((100, 50))
    assert back @ (view.shape[1] / 2 + 10, view.shape[0] / 2, 1) == pytest.approx((100 + 5 * 3**0.5, 55))


class Found(Detector):
    """Finds what it was given."""

    faces: tuple[Face, ...] = ()
    title = summary = source = ""
    square_scale, default_threshold = 1.0, 0.5

    def detect(self, image: np.ndarray, min_size: float, score_threshold: float) -> list[Face]:
        return list(self.faces)


def test_boxes_are_left_out_below_size_and_score(monkeypatch: pytest.MonkeyPatch) -> None:
    from fer_models.faces import detect

    stub = Found()
    monkeypatch.setattr(detect, "_shared", lambda name: stub)
    stub.faces = (
        Face((0, 0, 24, 30), 0.5),
        Face((0, 0, 30, 24), 0.5),
        Face((0, 0, 23.9, 40), 0.9),
        Face((0, 0, 40, 23.9), 0.9),
        Face((0, 0, 60, 60), 0.49),
        Face((0, 0, 50, 50), 0.7),
    )
    kept = detect_faces(NOISE, "haar")
    assert [face.area for face in kept] == [2500, 720, 720]
    assert [face.area for face in detect_faces(NOISE, "haar", score_threshold=0.0)][:2] == [3600, 2500]
    assert [face.area for face in detect_faces(NOISE, "haar", min_size=0, score_threshold=0.9)] == [956, 956]
    assert len(detect_faces(NOISE, "whole", min_size=1000)) == 6
    assert "haar" in DETECTORS
    for bad in (np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))):
        with pytest.raises(ValueError, match="uint8 RGB"):
            detect_faces(bad, "haar")


def seen(monkeypatch: pytest.MonkeyPatch, faces: Callable[[int, float], list[Face]]) -> list[int]:
    """Replaces the detector of turned images: faces by the quarter that is looked at; returns the list of looks."""
    looks: list[int] = []
    angles = iter((0, *turn.ANGLES))

    def detect(image: np.ndarray, detector: str, min_size: float, threshold: float | None) -> list[Face]:
        looks.append(next(angles) if not looks or looks[-1] != -1 else -1)
        return faces(looks[-1], min_size)

    monkeypatch.setattr(turn, "detect_faces", detect)
    return looks


EYES = np.array([[5, 10], [15, 10], [10, 15], [6, 18], [14, 18]], np.float32)


def test_an_image_is_turned_until_a_face_is_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = seen(monkeypatch, lambda angle, size: [Face((0, 0, 20, 20), 0.8)])
    assert find_faces(NOISE, "haar")[0].angle == 0 and looks == [0], "sure from 0.8 on"
    looks = seen(monkeypatch, lambda angle, size: [Face((0, 0, 20, 20), 0.1, EYES)])
    assert find_faces(NOISE, "haar") and looks == [0], "level eyes are upright"
    looks = seen(monkeypatch, lambda angle, size: [Face((0, 0, 20, 20), 0.79)] if angle == 0 else [])
    assert len(find_faces(NOISE, "haar")) == 1 and looks == [0, 90, 270, 180], "an upright face is not tilted"
    looks = seen(monkeypatch, lambda angle, size: [])
    assert find_faces(NOISE, "haar") == [] and looks == [0, *turn.ANGLES]
    looks = seen(monkeypatch, lambda angle, size: [Face((0, 0, 20, 20), 0.4 if angle == 270 else 0.3)])
    assert [face.angle for face in find_faces(NOISE, "haar")] == [0], "not surer by 0.15"
    looks = seen(monkeypatch, lambda angle, size: [Face((0, 0, 20, 20), 0.46 if angle == 270 else 0.3)])
    assert [face.angle for face in find_faces(NOISE, "haar")] == [270]


def test_eyes_of_a_lying_face_send_the_image_round(monkeypatch: pytest.MonkeyPatch) -> None:
    def lying(angle: float) -> np.ndarray:
        x, y = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        return np.array([[0, 0], [10 * x, 10 * y], [0, 0], [0, 0], [0, 0]], np.float32)

    for tilt, looked in ((45, 1), (46, 6)):
        found = Face((0, 0, 20, 20), 0.9, lying(tilt))
        looks = seen(monkeypatch, lambda angle, size, one=found: [one] * (angle == 0))  # type: ignore[misc]
        assert len(find_faces(NOISE, "haar")) == 1 and len(looks) == looked
    looks = seen(monkeypatch, lambda angle, size: [Face((0, 0, 20, 20), 0.9, lying(90))])
    assert find_faces(NOISE, "haar")[0].angle == 0 and len(looks) == 6, "lying in every view: as it was found"


def test_faces_that_are_too_small_are_upright_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[float] = []

    def detect(image: np.ndarray, detector: str, min_size: float, threshold: float | None) -> list[Face]:
        sizes.append(min_size)
        return [Face((0, 0, 30, 30), 0.9)] if min_size <= 30 and len(sizes) > 1 else []

    monkeypatch.setattr(turn, "detect_faces", detect)
    assert find_faces(NOISE, "haar", min_size=40) == [] and sizes == [40, 24]
    sizes.clear()
    assert len(find_faces(NOISE, "haar", min_size=24)) == 1 and sizes[:2] == [24, 24]
    assert len(sizes) == 6, "a smallest size of 24 has none below it"


def test_a_face_of_a_turned_image_lies_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    _, back = turned(NOISE, 90)
    face = turn._turned_back(Face((10, 20, 30, 60), 0.9, EYES), back, -35 % 360 + 360)
    # The view is 120 wide and 160 high; its (x, y) is (160 - y, x) of the image.
    assert face.box == pytest.approx((120 - 10, 20 - 20, 120 + 10, 20 + 20)) and face.angle == 325
    assert face.landmarks is not None and face.landmarks[:2] == pytest.approx(np.array([[150, 5], [150, 15]]))
    assert turn._turned_back(Face((0, 0, 2, 2), 1), back, 270).landmarks is None


class Cascade:
    def __init__(self, *found: tuple[float, float, float, float, int]):
        self.found = found
        self.asked: tuple[Any, ...] = ()

    def detectMultiScale2(self, grey: np.ndarray, *options: Any) -> tuple[list[Any], list[int]]:  # noqa: N802
        self.asked = (grey.shape, *options)
        return [eye[:4] for eye in self.found], [eye[4] for eye in self.found]


def eye(x: float, y: float, votes: int = 9) -> tuple[float, float, float, float, int]:
    """A box of 20 x 10 pixels around a place, given in parts of the side."""
    return (112 * x - 10, 112 * y - 5, 20, 10, votes)


def test_the_pair_of_eyes_that_fits_best(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*candidates: tuple[float, float, float, float, int]) -> Any:
        cascade = Cascade(*candidates)
        monkeypatch.setattr(eyes, "_cascades", lambda: [cascade])
        answer = eyes.find_eyes(NOISE[:112, :112])
        assert cascade.asked == ((76, 112), 1.05, 3, 0, (13, 13), (45, 45))
        return answer

    assert found() is None and found(eye(0.32, 0.39)) is None
    usual = found(eye(0.32, 0.39), eye(0.68, 0.39))
    assert usual == pytest.approx(np.array([[0.32, 0.39], [0.68, 0.39]]))
    for shift, there in ((0.159, True), (0.161, False)):
        assert (found(eye(0.32 - shift, 0.39), eye(0.68, 0.39)) is not None) is there
        assert (found(eye(0.32, 0.39), eye(0.68, 0.39 + shift)) is not None) is there
    rise = 0.3 * np.tan(np.radians(30)) / 2
    for more, there in ((-0.003, True), (0.003, False)):
        assert (found(eye(0.35, 0.39 - rise - more), eye(0.65, 0.39 + rise + more)) is not None) is there
    # Votes against nearness: four votes more of twenty outweigh a mean shift below 0.1.
    near, far = eye(0.32, 0.39, 10), eye(0.32, 0.25, 20)
    assert found(near, far, eye(0.68, 0.39, 20))[0] == pytest.approx((0.32, 0.25))
    assert found(eye(0.32, 0.39, 18), far, eye(0.68, 0.39, 20))[0] == pytest.approx((0.32, 0.39))
    assert found(eye(0.32, 0.30, 20), eye(0.32, 0.39, 20), eye(0.68, 0.39, 90))[0] == pytest.approx((0.32, 0.39))
    first = found(eye(0.32, 0.40, 10), eye(0.32, 0.38, 10), eye(0.68, 0.39, 10))
    assert first is not None


def test_a_face_of_yunet_is_brought_back_to_the_image() -> None:
    face = yunet._face(np.array([10, 20, 30, 40, *range(2, 12), 0.75], np.float32), 0.5)
    assert face.box == (20, 40, 80, 120) and face.score == 0.75 and face.detector == "yunet"
    assert face.landmarks is not None and face.landmarks.tolist() == [[4 * k, 4 * k + 2] for k in range(1, 6)]


class Windows:
    """A cascade that accepts one window wherever it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def detectMultiScale(self, view: np.ndarray, *options: Any) -> list[tuple[int, ...]]:  # noqa: N802
        self.asked.append((*view.shape, *options[-1]))
        return [(10, 20, 24, 24)]


@pytest.mark.parametrize(
    ("part", "rows", "asked"),
    [
        (haar._Pass(), [(22, 32, 24, 0), (22, 32, 24, 1)], (100, 200, 40, 40)),
        (haar._Pass(shrink=0.5), [(44, 64, 48, 0), (44, 64, 48, 1)], (50, 100, 24, 24)),
        (haar._Pass(profile=True), [(22, 32, 24, 2), (200 - 22, 32, 24, 3)], (100, 200, 40, 40)),
        (haar._Pass(angle=90), [(200 - 32, 22, 24, 0), (200 - 32, 22, 24, 1)], (200, 100, 40, 40)),
        (haar._Pass(equalised=True), [(22, 32, 24, 0), (22, 32, 24, 1)], (100, 200, 40, 40)),
    ],
)
def test_windows_of_a_pass_in_pixels_of_the_picture(monkeypatch: pytest.MonkeyPatch, part, rows, asked) -> None:
    detector, windows = haar.HaarCascades(), Windows()
    monkeypatch.setattr(detector, "_cascade", lambda name: windows)
    votes = detector._votes(np.zeros((100, 200), np.uint8), part, 40.9)
    np.testing.assert_allclose(votes, rows)
    assert windows.asked == [asked] * 2


def test_stages_stop_at_the_first_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of 80 x 40: twice as large with a border of a quarter of its side; then pixels of the picture."""
    detector = haar.HaarCascades()
    passes: list[tuple[haar._Pass, tuple[int, ...], float]] = []
    answers: dict[haar._Pass, list[Any]] = {}

    def votes(grey: np.ndarray, part: haar._Pass, smallest: float) -> np.ndarray:
        passes.append((part, grey.shape, smallest))
        return np.array(answers.get(part, []), float).reshape(-1, 4)

    monkeypatch.setattr(detector, "_votes", votes)
    window = [(100.0, 80.0, 60.0, voter) for voter in (0, 1) for _ in range(4)]
    answers[haar._Pass()] = window
    (face,) = detector.detect(np.zeros((40, 80, 3), np.uint8), 24, 0.5)
    assert passes == [(haar._Pass(), (160, 240), 48.0)]
    assert face.box == ((70 - 40) / 2, (50 - 40) / 2, (130 - 40) / 2, (110 - 40) / 2) and face.score == 0.5
    assert len(detector.detect(np.zeros((40, 80, 3), np.uint8), 30, 0.5)) == 1, "just as large as the smallest"
    assert detector.detect(np.zeros((40, 80, 3), np.uint8), 30.1, 0.5) == []
    passes.clear()
    assert detector.detect(np.zeros((40, 80, 3), np.uint8), 24, 0.51) == [] and len(passes) == 1
    answers[haar._Pass()] = window[1:]
    passes.clear()
    assert detector.detect(np.zeros((40, 80, 3), np.uint8), 24, 0.5) == [] and len(passes) == 7
    passes.clear()
    assert len(detector.detect(np.zeros((40, 80, 3), np.uint8), 24, 0.4)) == 1, "a lower threshold asks for less"
    answers.clear()
    passes.clear()
    answers[haar._Pass(equalised=True)] = [(320.0, 320.0, 0.14 * 640, voter) for voter in (0, 1) for _ in range(5)]
    assert len(detector.detect(np.zeros((640, 640, 3), np.uint8), 24, 0.5)) == 1
    assert passes[0][1] == (640, 640), "no border around an image that is large enough"
    answers[haar._Pass(equalised=True)] = [(320.0, 320.0, 89.0, voter) for voter in (0, 1) for _ in range(5)]
    assert detector.detect(np.zeros((640, 640, 3), np.uint8), 24, 0.5) == []


def test_images_at_their_limits(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    png = image.encode_png(NOISE)
    assert image.decode_image(png, max_pixels=120 * 160).shape == (120, 160, 3)
    with pytest.raises(UserError, match=r"160 x 120 pixels, more than the 0\.019199 million"):
        image.decode_image(png, max_pixels=120 * 160 - 1)
    (tmp_path / "a.png").write_bytes(png)
    monkeypatch.setattr(image, "MAX_BYTES", len(png))
    assert image.read_image(tmp_path / "a.png").shape == (120, 160, 3)
    monkeypatch.setattr(image, "MAX_BYTES", len(png) - 1)
    with pytest.raises(UserError, match="MB allowed"):
        image.read_image(tmp_path / "a.png")
    for side in ((24, 24), (24, 90)):
        image.check_min(np.zeros(side, np.uint8))
    for side in ((23, 90), (90, 23)):
        with pytest.raises(UserError, match=f"only {side[1]} x {side[0]} pixels"):
            image.check_min(np.zeros(side, np.uint8))
    for bad in ((0, 4), (4, 0)):
        with pytest.raises(ValueError, match="cannot resize"):
            image.resize(np.zeros((5, 5), np.uint8), bad)
    assert image.resize(NOISE, 1).shape == (1, 1, 3) and image.resize(NOISE, (120, 160)) is NOISE


@pytest.mark.parametrize(("head", "kind"), [
    (b"\0\0\0\x18ftypheic", "a HEIC image"), (b"\0\0\0\x18ftypisom", "a video"), (b"\x1aE\xdf\xa3aaaa", "a video"),
    (b"OggSaaaaaaaa", "a video"), (b"RIFFaaaaAVI ", "a video"), (b"%PDF-1.7", "a PDF"), (b"<svg>", "an SVG"),
    (b"PK\x03\x04", "a ZIP archive"), (b"8BPS", "a Photoshop file"),
])  # fmt: skip
def test_other_files_are_named(head: bytes, kind: str) -> None:
    with pytest.raises(UserError, match=f"is {kind}"):
        image.decode_image(head + b"\0" * 40)


def test_ranges_of_deep_images() -> None:
    from PIL import Image

    low, high = np.array([[-2.0, 0.0, 6.0]], np.float32), np.array([[5.0, 5.0]], np.float32)
    assert image._to_rgb(Image.fromarray(low))[0, :, 0].tolist() == [0, 64, 255]
    assert image._to_rgb(Image.fromarray(high))[0, :, 0].tolist() == [0, 0]
    deep = Image.fromarray(np.array([[0, 512, 1023]], np.uint16))
    assert image._to_rgb(deep)[0, :, 0].tolist() == [0, 128, 255]
    assert image._range_of(np.array([257, 514])) == 65535 and image._range_of(np.array([0, 258])) == 1023
