"""``fer lab``: JSON with the scores and masses of the library, the face as PNG, bad input in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.cli import main
from fer_models.faces.image import read_image
from fer_models.lab import FaceParameters, draw, response_curves, scores
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

SMILE = FaceParameters(units={"AU06": 0.9, "AU12": 0.9}, identity=7, yaw=10)
FLAGS = ["--units", "6=0.9,12=0.9", "--identity", "7", "--yaw", "10"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    made = []
    for seed, size in ((0, 48), (1, 64)):
        folder = tmp_path_factory.mktemp("checkpoint") / f"fresh{seed}"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            save_checkpoint(folder, create_model("mini_xception", 7, 1), FER7, Preprocess(size, 1))
        made.append(str(folder))
    return made


def test_json_holds_what_the_library_says(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "face.png"
    assert main(["lab", *folders, *FLAGS, "--curve", "12", "--out", str(picture), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    classifiers = [load_checkpoint(folder) for folder in folders]
    for network, direct in zip(result["networks"], scores(classifiers, [SMILE]), strict=True):
        assert [network["scores"][name] for name in FER7] == pytest.approx(direct[0].tolist(), abs=1e-5)
        assert network["class"] == FER7[int(direct[0].argmax())]
        assert list(network["units"]) == ["AU06", "AU12"]
        for share in network["units"].values():
            assert 0 < share["area"] < 0.5 and 0 <= share["mass"] <= 1
            assert share["times_even"] == pytest.approx(share["mass"] / share["area"])
    curves = response_curves(classifiers, SMILE, "AU12")
    assert result["curve"]["unit"] == "AU12" and len(result["curve"]["levels"]) == 21
    for written, curve in zip(result["curve"]["networks"], curves, strict=True):
        values = np.array([written["scores"][name] for name in FER7]).T
        assert values == pytest.approx(curve.probabilities, abs=1e-5)
    assert np.array_equal(read_image(str(picture)), draw(SMILE).image)

    saved = tmp_path / "face.json"
    assert main(["lab", folders[0], *FLAGS, "--json", str(saved)]) == 0
    assert "face: AU06=0.9,AU12=0.9,identity=7,yaw=10" in capsys.readouterr().out
    assert main(["lab", folders[0], "--face", str(saved), "--units", "12=0", "--json", "-"]) == 0
    again = json.loads(capsys.readouterr().out)["parameters"]
    assert again == json.loads(saved.read_text())["parameters"] | {"units": {"AU06": 0.9}}


def test_a_face_without_moved_units_is_no_error(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", folders[0], "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["networks"][0]["units"] == {}


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--units", "99=1"], "no action unit"),
        (["--units", "12=2"], "AU12 must be a number from 0 to 1"),
        (["--units", "yaw=3"], "--units takes action units only"),
        (["--yaw", "90"], "yaw must be a number from -45 to 45"),
        (["--glasses", "pink"], "glasses must be one of"),
        (["--curve", "77"], "no action unit"),
        (["--method", "nothing"], "no explanation method"),
        (["--face", "missing.json"], "cannot be read"),
        (["--face", "."], "cannot be read"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(
    folders: list[str], flags: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", folders[0], *flags, "--json", "-"]) == 2
    captured = capsys.readouterr()
    assert said in captured.err and not captured.out
    assert main(["lab", "no folder", "--json", "-"]) == 2
    assert main(["lab", *[folders[0]] * 7, "--json", "-"]) == 2
