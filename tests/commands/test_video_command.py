"""``fer video``: from a file to JSON, a table and an annotated video."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_models.cli import main
from fer_models.video.annotate import encode_webm
from fer_models.video.drawn import DrawnVideo
from fer_models.video.opening import read_video

_CHECKPOINT = str(Path(__file__).resolve().parents[2] / "checkpoints" / "fcsdnet-synthetic")
_DRAWN = DrawnVideo(expressions=("happy", "angry"), hold=0.8, fps=10)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "drawn.webm"
    path.write_bytes(encode_webm(_DRAWN.frames(), _DRAWN.fps))
    return path


def test_it_prints_json_and_writes_a_table_and_a_video(clip: Path, tmp_path: Path, capsys: Any) -> None:
    table, marked = tmp_path / "table.csv", tmp_path / "marked.webm"
    command = ["video", str(clip), "--checkpoint", _CHECKPOINT, "--every", "2", "--json", "-"]
    assert main([*command, "--csv", str(table), "--annotated", str(marked)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["frames_read"], report["every"], report["width"]) == (8, 2, 480)
    (person,) = report["persons"]
    assert [part["class"] for part in person["stretches"]] == ["happy", "angry"]
    assert person["stretches"][1]["start"] == pytest.approx(0.8, abs=0.2)
    assert sum(person["shares"].values()) == pytest.approx(1, abs=1e-3)
    assert len(person["readings"]) == 8 and set(person["readings"][0]["probabilities"]) == set(report["classes"])
    rows = list(csv.DictReader(table.open()))
    assert len(rows) == 8 and rows[-1]["class"] == "angry"
    assert float(rows[-1]["smoothed_angry"]) == pytest.approx(person["readings"][-1]["smoothed"]["angry"], abs=1e-4)
    assert read_video(marked).info.frames == _DRAWN.count
    assert report["frames_without_face"] == [] and "doubts" in person["readings"][0]["quality"]


def test_every_frame_has_a_row_and_a_video_on_its_side_is_read(tmp_path: Path, capsys: Any) -> None:
    upright = list(_DRAWN.frames())[:6]
    lying = [np.ascontiguousarray(np.rot90(frame)) for frame in upright]
    path, table = tmp_path / "lying.webm", tmp_path / "table.csv"
    path.write_bytes(encode_webm(iter([np.zeros_like(lying[0]), *lying]), 10))
    command = ["video", str(path), "--checkpoint", _CHECKPOINT, "--detect-every", "1", "--detector", "haar"]
    assert main([*command, "--csv", str(table), "--json", "-"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["frames_without_face"] == [{"frame": 0, "seconds": 0.0}]
    assert "turned by 90 degrees" in report["notes"][-1]
    rows = list(csv.DictReader(table.open()))
    assert sorted(int(row["frame"]) for row in rows) == list(range(7))
    assert [row["problem"] for row in rows if not row["class"]] == ["no face"]
    assert {row["class"] for row in rows} <= {"", "happy"}


def test_words_for_a_person_and_for_what_cannot_be(clip: Path, tmp_path: Path, capsys: Any) -> None:
    assert main(["video", str(clip), "--checkpoint", _CHECKPOINT, "--every", "4"]) == 0
    assert "1 person" in capsys.readouterr().out
    assert main(["video", str(tmp_path / "none.mp4"), "--checkpoint", _CHECKPOINT]) == 2
    assert "There is no file" in capsys.readouterr().err
    assert main(["video", str(clip), "--checkpoint", _CHECKPOINT, "--every", "0"]) == 2
    assert "every must be a whole number of at least 1" in capsys.readouterr().err
