"""Clusters: the first map comes by itself, is found again, and what is chosen on it shows its faces."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_driver import open_page, words
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.embedding import FaceMap
from workbench.evidence.model import face_maps


@pytest.fixture
def small(folders: Path) -> Path:
    """Twenty-four test faces of noise in the data folder."""
    rng = np.random.default_rng(3)
    root = folders / "data" / "small" / "test"
    for name in ("happy", "sad"):
        (root / name).mkdir(parents=True)
        for number in range(12):
            Image.fromarray(rng.integers(0, 255, (48, 48), dtype=np.uint8)).save(root / name / f"{number}.png")
    return root


def until(app: AppTest, text: str) -> None:
    for _ in range(200):
        if text in words(app):
            return
        time.sleep(0.1)
        app.run()
    raise AssertionError(words(app))


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    assert "train one first" in words(open_page(app, "clusters"))


def test_map_trust_neighbours_and_outliers(app: AppTest, checkpoint: Checkpoint, small: Path) -> None:
    open_page(app, "clusters", data="small", split="test", projection="pca")
    until(app, "PCA of 24 faces")
    text = words(app)
    for screen in (
        "nearest to a face on the map",
        "trustworthiness",
        "Most alike in the original features",
        "Faces that stand apart",
        "Silhouette",
        "Better is",
    ):
        assert screen in text, screen
    assert not app.error
    clicked = app.selectbox(key="shared.projection").set_value("lda").run()
    assert "LDA in 2 dimensions needs more than 2 classes" in _settled(clicked)


def test_while_t_sne_is_computed_pca_stands_in_its_place(
    app: AppTest, checkpoint: Checkpoint, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, make_map = threading.Event(), face_maps.make_map

    def slow(*arguments: Any) -> FaceMap:
        assert go_on.wait(60)
        return make_map(*arguments)

    monkeypatch.setattr(face_maps, "make_map", slow)
    open_page(app, "clusters", data="small", split="test")
    until(app, "PCA of 24 faces")
    assert "Until then by PCA" in words(app) and "Most alike in the original features" in words(app)
    go_on.set()
    until(app, "t-SNE of 24 faces")
    assert "Until then" not in words(app) and not app.error


def _settled(app: AppTest) -> str:
    until(app, "LDA in 2 dimensions")
    return words(app)


def test_a_chosen_face_in_the_address_is_shown(app: AppTest, checkpoint: Checkpoint, small: Path) -> None:
    open_page(app, "clusters", data="small", split="test", projection="pca", row="7")
    until(app, "row 7")
    app.selectbox(key="clusters.colour").set_value("confidence").run()
    assert not app.error and not app.exception
