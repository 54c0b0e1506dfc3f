"""The command line: JSON of the promised form, exit codes, and sentences instead of tracebacks."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from fer_models.architectures import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.cli import main
from fer_models.commands import COMMANDS
from fer_models.faces.image import encode_png
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

DATA = "synthetic:count=140,size=48,identities=10"


@pytest.fixture
def checkpoint(tmp_path):
    model = create_model("mini_xception").eval()
    return str(save_checkpoint(tmp_path / "ck", model, FER7, Preprocess(), dtype="float16").path)


@pytest.fixture
def picture(tmp_path):
    file = tmp_path / "face.png"
    file.write_bytes(encode_png(astronaut()))
    return str(file)


def test_predict_prints_the_promised_json(checkpoint, picture, capsys):
    assert main(["predict", checkpoint, picture, "--detector", "haar", "--json", "-"]) == 0
    (result,) = json.loads(capsys.readouterr().out)
    assert (result["image"], result["width"], result["height"]) == (picture, 512, 512)
    (face,) = result["faces"]
    x1, y1, x2, y2 = face["box"]
    assert 0 < x1 < 224 < x2 < 400  # the face in that photograph
    assert 0 < y1 < 110 < y2 < 300
    assert set(face["probabilities"]) == set(FER7)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert face["class"] == max(face["probabilities"], key=face["probabilities"].get)


def test_one_broken_picture_does_not_cost_the_others(checkpoint, picture, tmp_path, capsys):
    text = tmp_path / "text.png"
    text.write_text("no image")
    assert main(["predict", checkpoint, str(text), picture, "--json", "-"]) == 2
    output = capsys.readouterr()
    assert [(result["image"], len(result["faces"])) for result in json.loads(output.out)] == [
        (str(text), 0),
        (picture, 1),
    ]
    assert "text.png" in output.err


def test_evaluate_prints_the_promised_json(checkpoint, tmp_path, capsys):
    out = tmp_path / "figures.json"
    assert main(["evaluate", checkpoint, "--data", DATA, "--split", "val", "--json", str(out)]) == 0
    assert "n = " in capsys.readouterr().out
    figures = json.loads(out.read_text())
    matrix = np.array(figures["confusion"])
    assert matrix.sum() == figures["n"]
    assert figures["classes"] == list(FER7)
    accuracy = figures["accuracy"]
    assert accuracy["value"] == pytest.approx(matrix.trace() / matrix.sum())
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
    assert set(figures["recall"]) == set(FER7)
    assert {"value", "low", "high"} <= set(figures["macro_f1"])


def test_explain_writes_a_picture_and_the_raw_array(checkpoint, picture, tmp_path, capsys):
    png, raw = tmp_path / "heat.png", tmp_path / "heat.npy"
    arguments = ["explain", checkpoint, picture, "--method", "grad_cam", "--target", "sad"]
    assert main([*arguments, "--out", str(png), "--raw", str(raw)]) == 0
    assert "explained sad" in capsys.readouterr().out
    assert png.read_bytes().startswith(b"\x89PNG")
    fields = Image.open(png).text
    assert fields["Title"].startswith("sad: grad_cam at ") and fields["Title"].endswith("cells, logit, positive part")
    assert "upsampling bilinear" in fields["Description"] and "weights" in fields["Software"]
    values = np.load(raw, allow_pickle=False)
    assert values.shape == (48, 48)
    assert np.isfinite(values).all()


def test_explain_takes_the_options_of_a_method(checkpoint, picture, tmp_path, capsys):
    maps = {}
    for name, options in (("mean", []), ("variance", ["--option", "statistic=variance", "--option", "samples=3"])):
        raw = tmp_path / f"{name}.npy"
        assert main(["explain", checkpoint, picture, "--method", "smooth_grad", *options, "--raw", str(raw)]) == 0
        maps[name] = np.load(raw, allow_pickle=False)
    assert not np.allclose(maps["mean"], maps["variance"])
    for bad in ("statistic", "speed=3", "samples=many"):
        assert main(["explain", checkpoint, picture, "--method", "smooth_grad", "--option", bad]) != 0
        error = capsys.readouterr().err
        assert bad.partition("=")[0] in error and "Traceback" not in error


def test_train_shows_a_recipe_trains_it_and_lists_the_run(capsys):
    assert main(["train", "fcsdnet-paper", "--show"]) == 0
    named = json.loads(capsys.readouterr().out)
    assert main(["train", "--preset", "fcsdnet-paper", "--show"]) == 0
    assert json.loads(capsys.readouterr().out) == named
    assert main(["train", "--preset", "fcsdnet-paper", "--set", "epochs=2", "--show"]) == 0
    recipe = json.loads(capsys.readouterr().out)
    assert (recipe["epochs"], recipe["size"], recipe["repeats"]) == (2, 100, 0)
    settings = ["--set", "network=mini_xception", "--set", "epochs=1", "--set", "batch_size=16"]
    assert main(["train", "--preset", "quick", "--data", DATA, *settings]) == 0
    folder = capsys.readouterr().out.strip()
    assert main(["runs", "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)
    assert folder.endswith(run["id"])
    assert run["state"] == "finished"
    assert main(["evaluate", run["checkpoint"], "--data", DATA, "--split", "val"]) == 0
    assert main(["resume", run["id"]]) == 2
    assert "finished" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "recipe file or --preset"),
        (["train", "--preset", "magic"], "no preset"),
        (["train", "--preset", "quick", "--set", "epochs=0"], "epochs"),
        (["predict", "{folder}", "x.png"], "no checkpoint folder"),
        (["predict", "{checkpoint}", "{folder}/no.png"], "no.png"),
        (["evaluate", "{checkpoint}", "--data", "nothing"], "nothing"),
        (["evaluate", "{checkpoint}", "--data", DATA, "--split", "x"], "no split 'x'"),
        (["explain", "{checkpoint}", "{picture}", "--method", "magic"], "grad_cam"),
        (["explain", "{checkpoint}", "{picture}", "--target", "bored"], "bored"),
        (["cancel", "nothing"], "no run"),
    ],
)
def test_wrong_arguments_get_one_sentence(arguments, words, checkpoint, picture, tmp_path, capsys):
    paths = {"folder": str(tmp_path / "none"), "checkpoint": checkpoint, "picture": picture}
    assert main([a.format(**paths) for a in arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error
    assert "Traceback" not in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_printed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0 and f"usage: fer {command}".strip() in capsys.readouterr().out


def test_help_has_single_per_cent_signs(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert "%%" not in capsys.readouterr().out
