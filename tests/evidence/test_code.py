"""Copy as Python: the lines run, and give what the page shows."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import fer_models
from fer_models.checkpoint import read_checkpoint
from fer_models.embedding import MapSettings
from fer_models.evaluation.part import Part
from fer_models.training.recipe import load_preset
from workbench.app import runs
from workbench.evidence.model import code

ROOT = Path(__file__).resolve().parents[2]
DATA = "synthetic:count=70"


def run(lines: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(compile(lines, "copied", "exec"), names)
    return names


@pytest.fixture
def checkpoint():
    return read_checkpoint(ROOT / "checkpoints" / "mini-xception-fer2013")


def test_explain(checkpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    face = fer_models.open_dataset(DATA).images[0]
    Image.fromarray(np.pad(face[..., 0], 30, mode="edge")).resize((240, 240)).save(tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    names = run(code.explaining(checkpoint))
    assert names["network"].checkpoint.name == checkpoint.name
    assert len(names["answer"].probabilities) == 7 and "(1, 48, 48)" in capsys.readouterr().out


def test_confusion_and_clusters(checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    network, data = fer_models.load_checkpoint(checkpoint.path), fer_models.open_dataset(DATA)
    shown = fer_models.evaluate(network, data, "all", "flip")
    measured = code.measuring(checkpoint, DATA, data.split_names, shown)
    evaluation = run(measured)["evaluation"]
    assert evaluation.averaging == "flip" and (evaluation.confusion == shown.confusion).all()
    settings = MapSettings(method="pca", metric="euclidean", dimensions=3)
    face_map = run(code.mapping(measured, 40, settings))["face_map"]
    assert face_map.coordinates.shape == (40, 3) and face_map.settings.metric == "euclidean"
    assert len(run(code.mapping(measured, 0, MapSettings(method="pca")))["face_map"].coordinates) == 70
    # what the training held out is no split of the set
    part = Part("R#1 test", np.arange(9))
    monkeypatch.setattr("fer_models.evaluation.training_overlap.held_out_part", lambda checkpoint, data, name: part)
    held_out = fer_models.evaluate(network, data, part)
    assert run(code.measuring(checkpoint, DATA, data.split_names, held_out))["evaluation"].n == 9


def test_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fer_models, "train", functools.partial(fer_models.train, start=False), raising=False)
    begun = load_preset("quick")
    changes = {"data": DATA, "network": "resnet18", "epochs": 2, "augmentation": {"rotation": 3.0}}
    for recipe in (begun, runs.recipe("quick", changes)):
        assert run(code.training("quick", recipe))["run"].recipe == recipe
