"""Faces that are hard to read are said to be, in the library, the commands and their files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_models.cli import main
from fer_models.crop import crop_for
from fer_models.data.synthetic import SyntheticOptions, generate
from fer_models.faces.face import Face
from fer_models.faces.image import encode_png
from fer_models.faces.whole import whole_face
from fer_models.image_quality import (
    DARKEST,
    FLATTEST,
    LEAST_INSIDE,
    MOST_TILT,
    SOFTEST,
    Quality,
    pixel_measures,
    quality_of,
)
from fer_models.image_quality import _inside as inside_of
from fer_models.preprocess import Preprocess

ROOT = Path(__file__).resolve().parents[1]
CHECKPOINT = str(ROOT / "checkpoints" / "mini-xception-fer2013")


def doubts(image: np.ndarray, face: Face | None = None, **preprocess: Any) -> tuple[str, ...]:
    face = face or whole_face(image)
    return quality_of(image, face, crop_for(image, face, Preprocess(**preprocess))).doubts


def drawn(count: int = 21) -> np.ndarray:
    faces = generate(SyntheticOptions(count=count, size=96)).images
    return np.repeat(faces, 3, 3) if faces.shape[3] == 1 else faces


def test_drawn_faces_are_not_doubted_but_one_with_little_contrast() -> None:
    assert [said for face in drawn() if (said := doubts(face))] == [("almost no contrast",)]


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("too dark", lambda face: face // 8),
        ("almost no contrast", lambda face: (112 + face // 10).astype(np.uint8)),
        ("blurred", lambda face: cv2.GaussianBlur(face, (0, 0), 5)),
        ("small: 24 pixels, the network takes 48", lambda face: cv2.resize(face, (24, 24))),
    ],
)
def test_each_fault_is_named(said: str, change: Any) -> None:
    for face in drawn(7):
        assert said in doubts(change(face))


def test_what_is_cut_off_or_tilted_is_named() -> None:
    image = np.random.default_rng(0).integers(40, 255, (100, 100, 3), np.uint8)
    assert "cut off: 50 % lies outside the image" in doubts(image, Face((-25, 20, 25, 70), 1.0, None, "outside"))
    eyes = np.array([[30, 30], [50, 50], [35, 45], [25, 50], [40, 65]], np.float32)
    tilted = Face((20, 20, 80, 80), 1.0, eyes, "outside")
    assert "tilted by 45 degrees" in doubts(image, tilted)
    assert not any("tilted" in doubt for doubt in doubts(image, tilted, alignment="eyes"))


def test_predict_says_it_and_writes_a_row_for_every_image(tmp_path: Path, capsys: Any) -> None:
    names = ("black.png", "empty.png", "good.png")
    (tmp_path / "black.png").write_bytes(encode_png(np.zeros((48, 48), np.uint8)))
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "good.png").write_bytes(encode_png(drawn(1)[0]))
    out, table = tmp_path / "out.json", tmp_path / "out.csv"
    files = [str(tmp_path / name) for name in names]
    to_files = ["--json", str(out), "--csv", str(table)]
    assert main(["predict", CHECKPOINT, *files, "--detector", "whole", *to_files]) == 2
    said = capsys.readouterr().out
    assert "hard to read: too dark, almost no contrast" in said
    assert "use --detector whole" not in said  # faces were found
    black, empty, good = json.loads(out.read_text())
    assert black["faces"][0]["quality"]["doubts"] == ["too dark", "almost no contrast"] and black["problem"] is None
    assert empty["faces"] == [] and "is empty" in empty["problem"] and not good["faces"][0]["quality"]["doubts"]
    rows = list(csv.DictReader(table.open()))
    assert [row["image"] for row in rows] == files
    assert [row["quality"] for row in rows] == ["too dark; almost no contrast", "", ""]
    assert [bool(row["class"]) for row in rows] == [True, False, True] and "is empty" in rows[1]["problem"]
    assert main(["predict", CHECKPOINT, files[0], "--detector", "haar", *to_files]) == 0
    assert "No face was found by Haar cascades" in capsys.readouterr().out
    (row,) = csv.DictReader(table.open())
    assert "Haar cascades" in row["problem"] and "fer detectors get yunet" in json.loads(out.read_text())[0]["problem"]


def quality(**measures: Any) -> Quality:
    usual = {"brightness": 0.5, "contrast": 0.2, "sharpness": 0.5, "side": 60.0, "needed": 48, "inside": 1.0}
    return Quality(**(usual | measures))


@pytest.mark.parametrize(
    ("name", "limit", "above"),
    [
        ("brightness", DARKEST, True),
        ("contrast", FLATTEST, True),
        ("sharpness", SOFTEST, True),
        ("side", 47.5, True),  # rounds to 48, which is enough
        ("inside", LEAST_INSIDE, True),
        ("tilt", MOST_TILT, False),
        ("tilt", -MOST_TILT, False),
    ],
)
def test_a_measure_at_its_limit_is_good_and_beyond_it_doubtful(name: str, limit: float, above: bool) -> None:
    assert quality(**{name: limit}).doubts == ()
    beyond = limit - 1e-3 if above else limit * 1.001
    assert len(quality(**{name: beyond}).doubts) == 1


def test_doubts_in_words() -> None:
    assert quality(sharpness=0.0).doubts == ()  # an even face has no edges to judge
    assert quality(inside=0.5).doubts == ("cut off: 50 % lies outside the image",)
    assert quality(turned=270).doubts == quality(turned=90, tilt=50.0).doubts == ("turned by 90 degrees in the image",)


def test_measures_of_stripes_by_hand() -> None:
    """Columns of 0 and 102 in turn: mean 0.2, deviation 0.2, and a Laplacian of twice their difference everywhere."""
    stripes = np.tile(np.array([0, 102], np.uint8), (48, 24))
    brightness, contrast, sharpness = pixel_measures(stripes)
    assert (brightness, contrast) == (pytest.approx(0.2), pytest.approx(0.2))
    assert sharpness == pytest.approx(0.8 / 0.2, rel=1e-3)
    assert pixel_measures(np.full((48, 48), 51, np.uint8)) == (pytest.approx(0.2), pytest.approx(0.0, abs=1e-6), 0.0)


@pytest.mark.parametrize(
    ("left", "top", "share"), [(0, 0, 1), (-5, 0, 0.5), (-5, -5, 0.25), (95, 45, 0.25), (-20, 0, 0)]
)
def test_the_share_of_a_face_inside_the_image(left: int, top: int, share: float) -> None:
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float32) + np.float32([left, top])
    assert inside_of(square, 100, 50) == pytest.approx(share)
