"""``fer explain`` for one picture, a folder of pictures and a data set."""

import numpy as np
import pandas as pd
import pytest
import torch

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.cli import main
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.explain import USUAL_METHOD
from fer_models.faces.image import encode_png, read_image
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint") / "fresh"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_checkpoint(folder, create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1))
    return str(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pictures = tmp_path_factory.mktemp("pictures")
    for i in range(3):
        image = generate_face(SyntheticOptions(count=3, size=64), i).image[:, :, 0]
        (pictures / f"face {i}.png").write_bytes(encode_png(image))
    (pictures / "broken.png").write_bytes(b"no image")
    return pictures


def test_a_folder_of_pictures_becomes_a_table_and_a_sheet(checkpoint, folder, tmp_path, capsys):
    arguments = ["explain", checkpoint, str(folder), "--detector", "whole", "--target", "happy"]
    files = {name: str(tmp_path / name) for name in ("t.csv", "sheet.png", "maps.npy")}
    outputs = ["--table", files["t.csv"], "--out", files["sheet.png"], "--raw", files["maps.npy"]]
    assert main([*arguments, *outputs]) == 0
    text = capsys.readouterr().out
    assert f"3 images, {USUAL_METHOD}" in text
    assert "broken.png" in text
    assert "The background holds" in text
    table = pd.read_csv(files["t.csv"])
    assert table["file"].tolist() == ["face 0.png", "face 1.png", "face 2.png"]
    assert set(table["target"]) == {"happy"}
    assert np.load(files["maps.npy"]).shape == (3, 48, 48)
    assert read_image(files["sheet.png"]).shape[1] == 3 * 120 + 8


def test_a_split_of_a_data_set(checkpoint, tmp_path, capsys):
    data = "synthetic:count=60,size=48,seed=1,identities=6"
    table = str(tmp_path / "t.csv")
    assert main(["explain", checkpoint, data, "--split", "all", "--limit", "20", "--table", table]) == 0
    text = capsys.readouterr().out
    assert "20 images" in text
    assert "were drawn" in text
    assert len(pd.read_csv(table)) == 20


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["synthetic:count=20,size=48", "--table", "x.txt"], ".parquet"),
        (["synthetic:count=20,size=48", "--split", "nowhere"], "nowhere"),
        (["synthetic:count=20,size=48", "--limit", "-1"], "--limit"),
        (["synthetic:count=20,size=48", "--target", "delighted", "--split", "all"], "delighted"),
        (["nothing at all"], "nothing at all"),
    ],
)
def test_what_cannot_be_done_is_said(checkpoint, arguments, word, capsys):
    assert main(["explain", checkpoint, *arguments]) == 2
    assert word in capsys.readouterr().err


def test_a_single_picture_has_no_split(checkpoint, folder, tmp_path, capsys):
    picture, raw = str(folder / "face 0.png"), str(tmp_path / "raw.npy")
    assert main(["explain", checkpoint, picture, "--detector", "whole", "--raw", raw]) == 0
    assert np.load(raw).shape == (48, 48)
    share = capsys.readouterr().out.partition("(")[2].partition(" %)")[0]
    assert 100 / 7 <= float(share) < 100  # of the most probable of seven classes
    assert main(["explain", checkpoint, picture, "--table", "x.csv"]) == 2
    assert "single image" in capsys.readouterr().err
