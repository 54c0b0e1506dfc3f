"""One way from a picture and a face to what a network gets."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from fer_models.crop import crop_for
from fer_models.faces.align import crop_face
from fer_models.faces.face import Face
from fer_models.preprocess import Preprocess

ROOT = Path(__file__).resolve().parents[2]
#: Where faces are cut for the data sets themselves, at the picture's own resolution and for no network.
CUTTERS = {"fer_models/crop.py", "fer_models/data/listing.py"}


@pytest.mark.parametrize("preprocess", [Preprocess(48, 1), Preprocess(64, 3, crop_margin=0.2)])
def test_a_crop_is_cut_and_brought_to_the_size_of_the_network(preprocess: Preprocess) -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    face = Face((60, 40, 160, 150), 1.0)
    crop = crop_for(image, face, preprocess)
    large, info = crop_face(image, face, preprocess.crop_margin, preprocess.alignment)
    np.testing.assert_array_equal(crop.large, large)
    np.testing.assert_array_equal(crop.pixels, preprocess.stored(large))
    assert crop.pixels.shape == (preprocess.size, preprocess.size, preprocess.channels)
    assert crop.corners == info["corners"] and crop.alignment == "none"


def test_a_face_beside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="beside the image"):
        crop_for(np.zeros((50, 50, 3), np.uint8), Face((100, 100, 120, 120), 1.0), Preprocess())


def test_nothing_else_cuts_faces_for_a_network() -> None:
    cutters = set()
    for file in [*(ROOT / "fer_models").rglob("*.py"), *(ROOT / "workbench").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and any(alias.name == "crop_face" for alias in node.names):
                cutters.add(file.relative_to(ROOT).as_posix())
    assert cutters == CUTTERS
