"""The short way at the top of the library: quick to import, and the lines of Copy as Python run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fer_models
from fer_models.errors import UserError
from fer_models.preprocess import Preprocess

ROOT = Path(__file__).resolve().parents[1]


def test_importing_the_library_loads_no_more_than_networks_need() -> None:
    code = "import fer_models, sys; print([m for m in ('sklearn', 'captum', 'streamlit') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_names_are_there_and_others_are_not() -> None:
    assert all(callable(getattr(fer_models, name)) for name in fer_models.__all__)
    with pytest.raises(AttributeError, match="no attribute 'predict_video'"):
        _ = fer_models.predict_video
    assert fer_models.list_models("*xcept*") == ["mini_xception"]


def test_an_image_file_and_an_array_get_the_same_answer(tmp_path: Path) -> None:
    network = fer_models.load_checkpoint(ROOT / "checkpoints" / "mini-xception-fer2013")
    image = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    Image.fromarray(image).save(tmp_path / "face.png")
    of_array = fer_models.predict_image(network, image, "whole")[0]
    of_data_set = fer_models.predict_image(network, image[..., None], "whole")[0]  # as data sets hold grey images
    of_file = fer_models.predict_image(network, tmp_path / "face.png", "whole")[0]
    assert of_array.probabilities == of_file.probabilities == of_data_set.probabilities
    assert of_array.name == max(of_array.probabilities, key=lambda name: of_array.probabilities[name])
    assert isinstance(network.checkpoint.preprocess, Preprocess)
    with pytest.raises(UserError, match="There is no explanation method"):
        fer_models.explain_face(network, of_array.pixels, "guess")
