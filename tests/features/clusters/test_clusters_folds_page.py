"""Clusters, further down and beside: other faces on the map, space, a second map, all networks, epochs."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from app_driver import make_checkpoint, open_page, words
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import predictions_for
from fer_models.evaluation.protocol import Protocol
from fer_models.folders import runs_folder
from fer_models.training.recipe import Recipe
from fer_models.training.runs.epochs import EpochOutputs, write_epoch
from workbench.app import jobs, marks
from workbench.features.clusters.model import selection

NAMES = ("angry", "happy", "sad")


@pytest.fixture
def small(folders: Path) -> Path:
    """Faces of noise in two splits, eight of each of three classes in each."""
    rng = np.random.default_rng(3)
    root = folders / "data" / "small"
    for split in ("train", "test"):
        for name in NAMES:
            (root / split / name).mkdir(parents=True)
            for number in range(8):
                picture = rng.integers(0, 255, (48, 48), dtype=np.uint8)
                Image.fromarray(picture).save(root / split / name / f"{number}.png")
    return root


def until(app: AppTest, text: str) -> str:
    for _ in range(300):
        if text in words(app):
            assert not app.exception, app.exception
            return words(app)
        time.sleep(0.1)
        app.run()
    raise AssertionError(words(app))


def test_other_faces_on_the_map_and_space(app: AppTest, checkpoint: Checkpoint, small: Path) -> None:
    open_page(app, "clusters", data="small", split="test", projection="pca", view="3", **{"with": "split train"})
    text = until(app, "PCA of 48 faces")
    assert "Drag to turn, click a face to see it" in text
    (mouse,) = [group for group in app.get("button_group") if "Lasso" in str(group.proto)]
    assert mouse.proto.disabled, "no lasso in space"
    app.selectbox(key="clusters.colour").set_value("split").run()
    app.checkbox(key="clusters.shown spread").check().run()
    app.radio(key="clusters.outliers").set_value("class").run()
    assert not app.error and not app.exception
    assert "farthest from the centre of their class" in words(app)


def test_a_second_map_before_training_and_of_other_faces(app: AppTest, checkpoint: Checkpoint, small: Path) -> None:
    fresh = f"{checkpoint.name} before training"
    open_page(app, "clusters", data="small", split="test", projection="pca", checkpoint2=fresh, features2="embedding")
    until(app, "PCA of 24 faces")
    app.toggle(key="clusters.second map").set_value(True).run()
    for _ in range(300):
        if words(app).count("PCA of 24 faces") == 2:
            break
        time.sleep(0.1)
        app.run()
    assert words(app).count("PCA of 24 faces") == 2
    app.selectbox(key="clusters.checkpoint2").set_value(checkpoint.name).run()
    app.selectbox(key="clusters.split2").set_value("train").run()
    assert "highlights the most similar faces here" in until(app, "Other faces than on the first map")
    assert not app.error


def test_all_networks_and_the_lesson(app: AppTest, checkpoint: Checkpoint, small: Path, folders: Path) -> None:
    make_checkpoint(folders / "checkpoints" / "other", seed=5)
    open_page(app, "clusters", data="small", split="test", projection="pca")
    until(app, "PCA of 24 faces")
    app.session_state["networks fold"] = True
    app.run()
    app.button(key="measure networks").click().run()
    text = until(app, "the last three, of their PCA maps")
    assert "Davies-Bouldin" in text and "**other**: Of the 15" in text.replace("Of the 11", "Of the 15")
    assert "Lesson: maps lie" in [link.proto.label for link in app.get("page_link")]
    assert not app.error


def test_epochs_of_a_run(app: AppTest, checkpoint: Checkpoint, small: Path) -> None:
    open_page(app, "clusters", data="small", split="test", projection="pca", **{"projection epochs": "pca"})
    until(app, "PCA of 24 faces")
    app.session_state["epochs fold"] = True
    app.run()
    assert "No run has kept two epochs yet" in words(app)
    run = runs_folder() / "20260101-000000-by-hand"
    (run / "epochs").mkdir(parents=True)
    (run / "recipe.json").write_text(json.dumps(Recipe(data="small", epochs=2).to_dict()))
    (run / "status.json").write_text(json.dumps({"state": "finished", "epoch": 2, "epochs": 2}))
    shutil.copytree(checkpoint.path, run / "checkpoints" / "best")
    dataset = open_dataset("small")
    rows, targets = dataset.rows[dataset.split_index("test")], np.arange(24) % 7
    rng = np.random.default_rng(0)
    for epoch in (1, 2):
        features = rng.normal(size=(24, 8)) + epoch * np.eye(8)[targets]
        write_epoch(run, epoch, EpochOutputs(rows, targets, np.eye(7)[targets], features))
    app.run()
    assert not jobs.under_way(), "unfolding it starts nothing"
    app.button(key="make epochs").click().run()
    assert "100.0 % of 24 validation faces right" in until(app, "After epoch 2")
    app.select_slider(key="clusters.epoch 20260101-000000-by-hand").set_value(1).run()
    assert "After epoch 1" in until(app, "After epoch 1")
    assert not app.error and not app.exception


def test_marks_and_mean_heatmap_of_a_selection(checkpoint: Checkpoint, small: Path) -> None:
    dataset = open_dataset("small")
    faces = predictions_for(checkpoint, dataset, Protocol(Part("some", np.arange(6)), selection=""))
    marks.put(dataset, 2, ["ambiguous"])
    assert selection.mark(dataset, np.array([1, 2]), "label wrong") == 2
    stored = marks.read(dataset)
    assert stored[int(dataset.rows[1])] == {"label wrong"}
    assert stored[int(dataset.rows[2])] == {"label wrong", "ambiguous"}
    with pytest.raises(UserError, match="no mark"):
        selection.mark(dataset, np.array([1]), "pretty")

    from fer_models.classifier import Classifier

    made = selection.mean_heatmap(faces, (0, 3, 5), Classifier(checkpoint), dataset)
    if made is not None:  # A fresh network may find nothing that speaks for its answers.
        picture, used = made
        assert picture.dtype == np.uint8 and picture.shape[2] == 3 and 1 <= used <= 3
