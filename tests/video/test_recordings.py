"""Recordings in CK+'s layout: their order, their labels, what is left out, and a network trained on them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_models.cli import main
from fer_models.data.readers.recordings import read_recordings
from fer_models.data.synthetic import EMOTION_ACTION_UNITS
from fer_models.errors import UserError
from fer_models.faces.image import encode_png
from fer_models.video.drawn import draw_expression
from fer_models.video.sequence_data import recorded_sequences

_CODES = {"angry": 1, "contempt": 2, "happy": 5, "surprise": 7}
_CHECKPOINT = Path(__file__).resolve().parents[2] / "checkpoints" / "fcsdnet-synthetic"


def record(root: Path, subject: int, take: int, emotion: str | None, count: int = 5) -> None:
    """A drawn person going from neutral to the emotion, in a larger picture; without a code where it is ``None``."""
    name = f"S{subject:03d}_{take:03d}"
    subfolder = Path(f"S{subject:03d}", f"{take:03d}")
    (root / "cohn-kanade-images" / subfolder).mkdir(parents=True)
    for number in range(1, count + 1):
        level = round((number - 1) / max(1, count - 1), 2)
        units = dict.fromkeys(EMOTION_ACTION_UNITS[emotion or "sad"], level)
        canvas = np.full((240, 320, 3), 120, np.uint8)
        canvas[:224, 48:272] = draw_expression(1, subject, tuple(sorted(units.items())))[0]
        (root / "cohn-kanade-images" / subfolder / f"{name}_{number:08d}.png").write_bytes(encode_png(canvas))
    if emotion is not None:
        (root / "Emotion" / subfolder).mkdir(parents=True)
        text = f"   {_CODES[emotion]:.7e}\n"
        (root / "Emotion" / subfolder / f"{name}_{count:08d}_emotion.txt").write_text(text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recordings") / "CK+"
    for subject in range(1, 7):
        record(root, subject, 1, ("happy", "angry", "surprise")[subject % 3])
    record(root, 1, 2, None)
    record(root, 2, 2, "happy", count=1)
    (root / "cohn-kanade-images" / "S001" / ".DS_Store").write_text("x")
    (root / "cohn-kanade-images" / "S001" / "notes.txt").write_text("x")
    return root


def test_frames_are_in_order_with_the_labels_that_are_known(tree: Path) -> None:
    recordings, notes = read_recordings(tree)
    assert [recording.name for recording in recordings] == [f"S00{n}_001" for n in range(1, 7)]
    first = recordings[0]
    assert first.subject == "S001" and [file.stem[-8:] for file in first.frames] == [f"{n:08d}" for n in range(1, 6)]
    assert first.labels == ("neutral", None, "angry", "angry", "angry")
    assert notes == ["2 of 8 recordings have no emotion or one frame; left out."]


def test_what_is_no_such_folder_gets_a_sentence(tmp_path: Path, tree: Path) -> None:
    with pytest.raises(UserError, match="There is no folder"):
        read_recordings(tmp_path / "nowhere")
    with pytest.raises(UserError, match="holds no recordings"):
        read_recordings(tmp_path)
    shutil.copytree(tree / "cohn-kanade-images", tmp_path / "images")
    with pytest.raises(UserError, match="tells no emotion"):
        read_recordings(tmp_path)
    (tmp_path / "S001_001_00000005_emotion.txt").write_text("happy")
    with pytest.raises(UserError, match="should hold one of CK"):
        read_recordings(tmp_path)


def test_recordings_without_a_face_or_a_known_class_are_left_out(tmp_path: Path, tree: Path) -> None:
    from fer_models import load_checkpoint

    copy = tmp_path / "CK+"
    shutil.copytree(tree, copy)
    for file in (copy / "cohn-kanade-images" / "S003" / "001").iterdir():
        file.write_bytes(encode_png(np.full((240, 320, 3), 120, np.uint8)))
    sequences, notes = recorded_sequences(load_checkpoint(_CHECKPOINT), copy)
    assert len(sequences) == 5 and any("No face was found at the end of 1 recordings" in note for note in notes)
    classes = load_checkpoint(_CHECKPOINT).classes
    assert sequences[0].labels.tolist() == [classes.index("neutral"), -1, *[classes.index("angry")] * 3]
    assert sequences[0].embeddings.shape[0] == 5 and sequences[0].framewise.shape == (5,)


def test_the_command_trains_on_them(tree: Path, tmp_path: Path) -> None:
    report = tmp_path / "told.json"
    out = tmp_path / "sequence"
    command = ["sequence", str(_CHECKPOINT), "--data", str(tree), "--epochs", "2", "--out", str(out)]
    assert main([*command, "--json", str(report)]) == 0
    figures = json.loads(report.read_text())
    assert figures["data"] == "recordings of CK+" and figures["n"] == 4  # one of six people, four coded frames
    assert 0 <= figures["sequence"] <= 1 and len(figures["notes"]) == 1
    assert json.loads((out / "config.json").read_text())["data"] == "recordings of CK+"
