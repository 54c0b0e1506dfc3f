"""Detectors: real faces are found, none is invented, and threads do not disturb one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from fer_models.errors import UserError
from fer_models.faces.align import face_square
from fer_models.faces.detect import DETECTORS, Face, detect_faces, detector_for
from fer_models.faces.download import FILE_NAME
from fer_models.faces.image import read_image, resize

#: Centre and side of the face in skimage's portrait (512 x 512).
CENTRE, SIDE = np.array([224.0, 113.0]), 96


@pytest.fixture(autouse=True)
def no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FER_YUNET", raising=False)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return data.astronaut()


def centre(face: Face) -> np.ndarray:
    return np.array([face.box[0] + face.box[2], face.box[1] + face.box[3]]) / 2


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """Rotated about the face, its edges repeated."""
    matrix = cv2.getRotationMatrix2D(tuple(CENTRE), degrees, 1)
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def test_registry_holds_three_detectors_with_their_description() -> None:
    assert list(DETECTORS) == ["haar", "whole", "yunet"]
    for _, detector in DETECTORS.items():
        assert detector.title and detector.summary.endswith(".") and detector.source.endswith(".")
        assert 0 <= detector.default_threshold <= 1 and 0.5 < detector.square_scale < 2
    with pytest.raises(UserError, match="choose one of: haar, whole, yunet"):
        detect_faces(np.zeros((50, 50, 3), np.uint8), "retinaface")


def test_auto_is_haar_without_the_file(portrait: np.ndarray) -> None:
    assert detector_for("auto") == "haar"
    assert [face.detector for face in detect_faces(portrait)] == ["haar"]
    with pytest.raises(UserError, match="fer detectors get yunet"):
        detect_faces(portrait, "yunet")


def test_one_real_face(portrait: np.ndarray) -> None:
    (face,) = detect_faces(portrait, "haar")
    assert np.abs(centre(face) - CENTRE).max() < 12 and abs(face.width - SIDE) < 20
    assert 0.5 <= face.score <= 1 and face.landmarks is None
    left, top, right, bottom = face_square(face)
    assert right - left == pytest.approx(bottom - top) == pytest.approx(1.03 * face.height)


def test_boxes_are_in_pixels_of_the_original(portrait: np.ndarray) -> None:
    (face,) = detect_faces(resize(portrait, 1024), "haar")
    assert np.abs(centre(face) / 2 - CENTRE).max() < 12 and abs(face.width / 2 - SIDE) < 20


@pytest.mark.parametrize("degrees", [-25, 25])
def test_tilted_heads_are_found(portrait: np.ndarray, degrees: float) -> None:
    (face,) = detect_faces(turned(portrait, degrees), "haar")
    assert np.abs(centre(face) - CENTRE).max() < 20 and 0.7 < face.width / SIDE < 1.4


def test_mirrored_face_is_found(portrait: np.ndarray) -> None:
    (face,) = detect_faces(np.ascontiguousarray(portrait[:, ::-1]), "haar")
    assert abs(511 - centre(face)[0] - CENTRE[0]) < 12


def test_twelve_faces_largest_first(portrait: np.ndarray) -> None:
    tile = portrait[20:220, 120:320]
    rows = [np.hstack([tile] * 4) for _ in range(3)]
    rows[1][:, 400:600] = 0
    rows[1][25:175, 425:575] = resize(tile, 150)  # One is smaller.
    faces = detect_faces(np.vstack(rows), "haar")
    assert len(faces) == 12
    areas = [face.area for face in faces]
    assert areas == sorted(areas, reverse=True)
    assert np.abs(centre(faces[-1]) - (500, 300)).max() < 40
    cells = {(int(x // 200), int(y // 200)) for x, y in map(centre, faces)}
    assert len(cells) == 12


def test_no_face_is_an_empty_list() -> None:
    rng = np.random.default_rng(0)
    grey = np.full((300, 400, 3), 128, np.uint8)
    noise = rng.integers(0, 256, (150, 200, 3), np.uint8)
    ramp = np.broadcast_to(np.linspace(0, 255, 400).astype(np.uint8)[None, :, None], (300, 400, 3)).copy()
    coffee = resize(data.coffee(), (200, 300))
    for image in (grey, noise, ramp, coffee, np.repeat(data.page()[..., None], 3, axis=2)):
        assert detect_faces(image, "haar") == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (5, 3000), (23, 23), (25, 25)])
def test_tiny_and_thin_pictures(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 100, np.uint8)
    assert detect_faces(image, "haar") == []
    (face,) = detect_faces(image, "whole")
    assert face.box == (0, 0, shape[1], shape[0]) and face.detector == "whole"


def test_min_size_and_threshold(portrait: np.ndarray) -> None:
    portrait = portrait[20:220, 120:320]
    (face,) = detect_faces(portrait, "haar")
    assert detect_faces(portrait, "haar", min_size=150) == []
    assert len(detect_faces(portrait, "haar", score_threshold=face.score - 0.01)) == 1
    assert detect_faces(portrait, "haar", score_threshold=face.score + 0.01) == []


def test_other_arrays_are_refused(portrait: np.ndarray) -> None:
    for bad in (portrait[..., 0], portrait.astype(np.float32), np.dstack([portrait, portrait[..., :1]])):
        with pytest.raises(ValueError, match="uint8 RGB"):
            detect_faces(bad)


def test_threads_agree(portrait: np.ndarray) -> None:
    small = resize(portrait, 256)
    flipped = np.ascontiguousarray(small[:, ::-1])
    expected = [detect_faces(small, "haar"), detect_faces(flipped, "haar")]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda i: detect_faces((small, flipped)[i % 2], "haar"), range(12)))
    assert all(result == expected[i % 2] for i, result in enumerate(results))


PHOTOGRAPHS = {
    "pexels_angry.jpg": (1, 1),
    "pexels_neutral.jpeg": (1, 1),
    "pexels_surprised.jpeg": (1, 1),
    "pexels_group.jpeg": (4, 5),
    "cc0_women_on_phones.jpg": (1, 2),
}


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs(shared: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    image = read_image(shared / "data" / "faces" / name)
    fewest, all_of_them = PHOTOGRAPHS[name]
    haar = detect_faces(image, "haar")
    assert fewest <= len(haar) <= all_of_them
    file = shared / "detectors" / FILE_NAME
    if not file.is_file():
        pytest.skip("the YuNet file is not at hand")
    monkeypatch.setenv("FER_YUNET", str(file))
    yunet = detect_faces(image)
    assert len(yunet) == all_of_them and {face.detector for face in yunet} == {"yunet"}
    for face in yunet:
        assert face.landmarks is not None and face.landmarks.shape == (5, 2)
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        assert left_eye[0] < right_eye[0] and left_mouth[0] < right_mouth[0]
        assert left_eye[1] < nose[1] < left_mouth[1]
    for face in haar:  # None is invented: each lies on one that YuNet sees too.
        x, y = centre(face)
        assert any(f.box[0] < x < f.box[2] and f.box[1] < y < f.box[3] for f in yunet)
