"""``fer stress`` and ``fer predict`` with many pictures: what they print and write."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.cli import main
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    base = tmp_path_factory.mktemp("networks")
    for seed in (0, 1):
        torch.manual_seed(seed)
        save_checkpoint(base / f"net{seed}", create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1))
    return [str(base / "net0"), str(base / "net1")]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("data")
    for number in range(10):
        face = generate_face(SyntheticOptions(count=10, size=48, seed=2), number)
        folder = base / "test" / face.emotion
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face.image[..., 0]).save(folder / f"{number}.png")
    return base


def test_stress_writes_figures_and_a_table(
    networks: list[str], data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "stress.csv"
    command = ["stress", *networks, "--data", str(data), "--split", "all", "--limit", "6", "--kinds", "blur", "mask",
             "--severities", "1", "5", "--heatmaps", "0", "--no-flips"]  # fmt: skip
    assert main([*command, "--json", "-", "--csv", str(out)]) == 0
    output = json.loads(capsys.readouterr().out)
    assert output["n"] == 6 and output["networks"] == ["net0", "net1"] and output["split"] == "all"
    assert len(output["rows"]) == 2 * 2 * 3 and "mirrored" not in output["rows"][0]
    assert 0 <= output["rows"][0]["accuracy"]["low"] <= output["rows"][0]["accuracy"]["value"] <= 1
    assert [e["network"] for e in output["corruption_errors"]] == ["net0", "net1"]
    with out.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(r["kind"], r["severity"]) for r in lines[:3]] == [("blur", "0"), ("blur", "1"), ("blur", "5")]
    assert float(lines[0]["accuracy"]) == pytest.approx(output["rows"][0]["accuracy"]["value"], abs=1e-6)


def test_the_three_conditions(networks: list[str], data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["stress", networks[0], "--data", str(data), "--split", "all", "--limit", "4", "--conditions",
             "--heatmaps", "0", "--no-flips"]  # fmt: skip
    assert main(command) == 0
    output = capsys.readouterr().out
    assert "net0: normal" in output and "low light" in output and "covered" in output
    assert main(["stress", networks[0], "--data", str(data), "--split", "nowhere"]) == 2
    assert "no split" in capsys.readouterr().err


def test_predict_takes_folders_and_writes_a_line_a_face(
    networks: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(2):
        face = generate_face(SyntheticOptions(count=14, size=160, colour=True, seed=0, difficulty=0.1), number).image
        Image.fromarray(np.hstack([face, face])).save(folder / f"{number}.png")
    (folder / "notes.txt").write_text("no image")
    assert main(["predict", networks[0], str(folder), "--detector", "whole", "--csv", "-"]) == 0
    lines = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [Path(line["image"]).name for line in lines] == ["0.png", "1.png"]
    assert sum(float(lines[0][name]) for name in FER7) == pytest.approx(1, abs=1e-4)
    assert main(["predict", networks[0], str(folder), "--detector", "haar", "--json", "-"]) == 0
    first, _ = json.loads(capsys.readouterr().out)
    assert len(first["faces"]) == 2 and sum(first["people"].values()) == 2
    assert main(["predict", networks[0], str(folder), "--detector", "haar"]) == 0
    assert "of 2 people: " in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    assert main(["predict", networks[0], str(tmp_path / "empty")]) == 2
    assert main(["predict", networks[0], str(folder), "--csv", "-", "--json", "-"]) == 2
