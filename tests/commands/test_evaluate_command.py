"""``fer evaluate``: it writes the predictions table, where asked and where the pages look for it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import fer_models
from fer_models.checkpoint import read_checkpoint, save_checkpoint
from fer_models.cli import main
from fer_models.data import open_dataset
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import cached_predictions
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.training_overlap import training_split
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.training.recipe import Recipe

DATA = "synthetic:count=70,size=48,identities=6"


@pytest.fixture
def checkpoint(tmp_path: Path) -> str:
    torch.manual_seed(0)
    save_checkpoint(tmp_path / "fresh", fer_models.create_model("mini_xception", 7, 1), FER7, Preprocess())
    return str(tmp_path / "fresh")


def test_the_table_is_written_twice_and_the_pages_find_it(
    checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, figures = tmp_path / "table.parquet", tmp_path / "figures.json"
    options = ["--data", DATA, "--split", "test", "--averaging", "ten_crop", "--json", str(figures)]
    assert main(["evaluate", checkpoint, *options, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    table, report = pd.read_parquet(out), json.loads(figures.read_text())
    assert len(table) == report["n"] and set(table["split"]) == {"test"} and report["averaging"] == "ten_crop"
    assert (table["target"] == table["prediction"]).mean() == pytest.approx(report["accuracy"]["value"])
    logits = table[[f"logit_{name}" for name in report["classes"]]].to_numpy()
    assert np.asarray(report["classes"])[logits.argmax(1)].tolist() == table["prediction"].tolist()
    assert np.load(tmp_path / "table.embeddings.npy").shape[0] == report["n"]
    dataset = open_dataset(DATA)
    protocol = Protocol(Part.of_split(dataset, "test"), selection="", averaging="ten_crop")
    cached = cached_predictions(read_checkpoint(checkpoint), dataset, protocol)
    assert cached is not None and cached.confusion.tolist() == report["confusion"]
    assert f"predictions in {out}" in text and text.count("predictions in ") == 2


def test_pictures_that_trained_the_network_are_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the pages do; the JSON carries the sentence too, the cached table does not: there the pages add it."""
    torch.manual_seed(0)
    network = fer_models.create_model("mini_xception", 7, 1)
    provenance = {"recipe": Recipe(data=DATA, network="mini_xception").to_dict(), "validation": "val"}
    trained = save_checkpoint(tmp_path / "trained", network, FER7, Preprocess(), provenance=provenance)
    dataset = open_dataset(DATA)
    n = len(dataset.split_index("train"))
    warning = f"All of these {n} images trained the network"
    assert main(["evaluate", str(trained.path), "--data", DATA, "--split", "train", "--json", "-"]) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith(f"warning: {warning}")
    assert json.loads(printed.out)["notes"][-1].startswith(warning)
    cached = cached_predictions(trained, dataset, Protocol(Part.of_split(dataset, "train"), selection="val"))
    assert cached is not None and not any("trained the network" in note for note in cached.notes)
    assert main(["evaluate", str(trained.path), "--data", DATA, "--split", "all"]) == 0
    assert f"warning: {n} of these {len(dataset)} images trained the network" in capsys.readouterr().err
    assert main(["evaluate", str(trained.path), "--data", DATA, "--split", "test", "--json", "-"]) == 0
    printed = capsys.readouterr()
    assert "trained the network" not in printed.err + printed.out


def test_data_opened_by_another_path_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = open_dataset(DATA)
    (tmp_path / "faces").mkdir()
    monkeypatch.chdir(tmp_path)
    recipe = Recipe(data=str(tmp_path / "faces"), network="mini_xception").to_dict()
    network = fer_models.create_model("mini_xception", 7, 1)
    trained = save_checkpoint(tmp_path / "trained", network, FER7, Preprocess(), provenance={"recipe": recipe})
    assert training_split(trained, dataset, "faces") is not None
    assert training_split(trained, dataset, "elsewhere") is None and training_split(trained, dataset, "") is None


def test_a_file_that_cannot_be_written_is_said(
    checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--data", DATA, "--split", "test", "--out", str(tmp_path / "nowhere" / "x.parquet")]
    assert main(["evaluate", checkpoint, *options]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_label_map_is_used_told_and_cached_apart(
    checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = {}
    for mapping in ("", "sad=neutral,fear="):
        out = tmp_path / "figures.json"
        assert (
            main(["evaluate", checkpoint, "--data", DATA, "--split", "test", "--map", mapping, "--json", str(out)]) == 0
        )
        reports[mapping] = json.loads(out.read_text())
    mapped = reports["sad=neutral,fear="]
    assert mapped["label_map"] == {"fear": "", "sad": "neutral"} and reports[""]["label_map"] == {}
    assert set(mapped["classes"]) == set(FER7) - {"sad", "fear"} and mapped["n"] < reports[""]["n"]
    assert "sad as neutral" in capsys.readouterr().out
    dataset = open_dataset(DATA)
    index = dataset.split_index("test")
    network = read_checkpoint(checkpoint)
    for label_map, n in (((), reports[""]["n"]), ((("sad", "neutral"), ("fear", "")), mapped["n"])):
        cached = cached_predictions(network, dataset, Protocol(Part("test", index, label_map), selection=""))
        assert cached is not None and cached.n == n and bool(cached.label_map) == bool(label_map)
    assert main(["evaluate", checkpoint, "--data", DATA, "--map", "boredom=sad"]) == 2
    assert "boredom" in capsys.readouterr().err
