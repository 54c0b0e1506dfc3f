"""Reader and options reach every command that names data."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_models.cli import main
from fer_models.commands.source import source_of
from fer_models.data.opening import open_dataset
from fer_models.faces.image import encode_png

WITH_DATA = ("evaluate", "stress", "embed", "train", "study", "explain_benchmark", "audit", "explain")
CHECKPOINT = str(Path(__file__).resolve().parents[2] / "checkpoints" / "mini-xception-fer2013")


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    for split in ("train", "test"):
        for number in range(1, 8):
            for k in range(3):
                file = tmp_path / "set:1" / split / str(number) / f"{k}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(encode_png(np.random.default_rng(7 * k + number).integers(0, 255, (16, 16), np.uint8)))
        (tmp_path / "set:1" / split / "1" / "phone.heic").write_bytes(b"x")
    return tmp_path / "set:1"


@pytest.mark.parametrize("name", WITH_DATA)
def test_every_command_with_data_takes_a_reader(name: str) -> None:
    parser = argparse.ArgumentParser()
    importlib.import_module(f"fer_models.commands.{name}").arguments(parser)
    assert "--reader" in parser.format_help()


def test_reader_and_options_name_the_same_data(numbered: Path) -> None:
    both = open_dataset(source_of(f"{numbered}:labels=alphabetical", "rafdb"))
    assert both.name == "rafdb" and (both.labels != open_dataset(source_of(str(numbered), "rafdb")).labels).any()
    assert "alphabetical" in " ".join(open_dataset(source_of(str(numbered), "rafdb:labels=alphabetical")).notes)
    assert source_of("synthetic:count=70", None) == "synthetic:count=70"


def test_files_that_were_not_read_stand_beside_the_figures(numbered: Path, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out.json"
    assert main(["evaluate", CHECKPOINT, "--data", str(numbered), "--reader", "rafdb", "--json", str(out)]) == 0
    unread = "2 of 44 image files were not read: 2 in a format that is not read here (.heic)"
    assert unread in capsys.readouterr().out and unread in " ".join(json.loads(out.read_text())["notes"])
    folder = tmp_path / "map"
    assert main(["embed", CHECKPOINT, "--data", str(numbered), "--method", "pca", "--out", str(folder)]) == 0
    assert unread in " ".join(json.loads((folder / "figures.json").read_text())["notes"])
