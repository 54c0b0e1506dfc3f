"""``fer embed``: every file can be read by what it is for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fer_models.checkpoint import Checkpoint
from fer_models.cli import main
from fer_models.embedding.export import sprite
from fer_models.errors import UserError
from fer_models.faces.image import read_image

DATA = "synthetic:count=140,size=48,identities=10"


def test_it_writes_table_picture_figures_and_projector(
    checkpoint: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from google.protobuf import text_format
    from pyarrow import parquet
    from tensorboard.plugins.projector import ProjectorConfig

    out = tmp_path / "maps"
    command = ["embed", str(checkpoint.path), "--data", DATA, "--split", "all", "--out", str(out)]
    assert main([*command, "--method", "pca", "--points", "50"]) == 0
    output = capsys.readouterr().out
    assert "PCA of 50 faces of 140, drawn at random" in output and str(out / "map.parquet") in output
    table = parquet.read_table(out / "map.parquet")
    assert table.num_rows == 50 and {"row", "position", "target", "prediction", "x", "y"} <= set(table.column_names)
    assert len(set(table["position"].to_pylist())) == 50
    figures = json.loads((out / "figures.json").read_text())
    assert figures["n"] == 50 and 0 <= figures["map"]["trustworthiness"] <= 1
    drawn = read_image(out / "map.png")
    assert drawn.shape[1] == 1200 and len(np.unique(drawn.reshape(-1, 3), axis=0)) > 7
    config = text_format.Parse((out / "projector" / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (embedding,) = config.embeddings
    vectors = np.loadtxt(out / "projector" / embedding.tensor_path, delimiter="\t")
    metadata = (out / "projector" / embedding.metadata_path).read_text().splitlines()
    assert len(vectors) == 50 and len(metadata) == 51
    assert [line.split("\t")[1] for line in metadata[1:]] == table["target"].to_pylist()
    assert list(embedding.sprite.single_image_dim) == [48, 48]
    assert read_image(out / "projector" / embedding.sprite.image_path).shape[:2] == (8 * 48, 8 * 48)


def test_what_cannot_be_done_is_one_sentence(
    checkpoint: Checkpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("here already")
    command = ["embed", str(checkpoint.path), "--data", DATA, "--method", "pca", "--points", "20"]
    assert main([*command, "--out", str(blocked)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert main([*command, "--out", str(tmp_path / "x"), "--features", "magic"]) == 2
    assert "no features 'magic'" in capsys.readouterr().err


def test_a_sprite_keeps_to_its_limit() -> None:
    images = (10 * np.arange(10, dtype=np.uint8))[:, None, None, None] * np.ones((1, 48, 48, 3), np.uint8)
    side, made = sprite(images, np.arange(10))
    assert side == 48 and made.shape == (192, 192, 3)
    assert made[48, 48, 0] == 50, "row by row: the second of the second row is the sixth"
    side, made = sprite(images, np.arange(10), limit=100)
    assert side == 25 and made.shape == (100, 100, 3)
    with pytest.raises(UserError, match="do not fit"):
        sprite(images, np.arange(10), limit=3)
