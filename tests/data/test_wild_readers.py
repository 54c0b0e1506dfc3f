"""AffectNet, ExpW and SFEW in their published layouts, drawn small: codings, face boxes, splits and damaged lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_models.data import READERS, open_dataset
from fer_models.data.opening import recognisers
from fer_models.errors import UserError
from fer_models.labels import FER7, FER8
from fer_models.sources import set_sources

Draw = Callable[..., np.ndarray]
Save = Callable[[Path, np.ndarray], None]
AFFECTNET = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt")
HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"


def names(data) -> list[str]:
    return [data.classes[label] for label in data.labels]


def framed_face(face: np.ndarray) -> np.ndarray:
    """A face at left 20, top 10 of a black photograph."""
    image = np.zeros((120, 160, 3), np.uint8)
    image[10 : 10 + len(face), 20 : 20 + len(face)] = face
    return image


def affectnet_lists(root: Path, draw: Draw, save: Save) -> None:
    lists = root / "Manually_Annotated_file_lists"
    lists.mkdir(parents=True)
    landmarks = ";".join("1.5" for _ in range(136))
    rows = []
    for code in range(11):
        save(root / "Manually_Annotated_Images" / "7" / f"{code}.png", framed_face(draw(code, 48, 3)))
        valence = -2 if code > 7 else code / 10
        rows.append(f"7/{code}.png,20,10,48,48,{landmarks},{code},{valence},0.5")
    (lists / "training.csv").write_text("\n".join([HEADER, *rows, rows[0].replace("0.png", "gone.png")]) + "\n")
    (lists / "validation.csv").write_text("\n".join(rows[:8]) + "\n")  # published without a header


def test_affectnet_lists(tmp_path: Path, draw: Draw, save: Save) -> None:
    affectnet_lists(tmp_path, draw, save)
    data = open_dataset(tmp_path)
    assert data.name == "affectnet" and data.classes == FER8 and data.split_names == ("train", "val")
    assert names(data) == list(AFFECTNET) * 2 and data.images.shape == (16, 96, 96, 3)
    assert data.columns["valence"].tolist()[:3] == [0, 0.1, 0.2] and data.columns["original side"].tolist() == [48] * 16
    assert data.images.min(axis=(1, 2, 3)).mean() > 0 or data.images[0].mean() > 60  # the face without its black frame
    assert any("0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, 6 angry" in note for note in data.notes)
    assert any("3 listed images without a class" in note and "1 uncertain" in note for note in data.notes)
    assert any("gone.png" in note for note in data.notes) and any("instead of 74,874" in note for note in data.notes)
    list_ = tmp_path / "Manually_Annotated_file_lists" / "training.csv"
    list_.write_text(f"{HEADER}\n7/0.png,20,10,48,48,1;1,11,0,0\n")
    with pytest.raises(UserError, match=r"training.csv, line 2: expression 11 is not one of AffectNet's 0 to 10"):
        open_dataset(tmp_path)
    list_.write_text(f"{HEADER}\n7/0.png,20,10,48\n")
    with pytest.raises(UserError, match="line 2 has not the nine columns"):
        open_dataset(tmp_path)


def test_affectnet_with_an_annotation_file_a_picture(tmp_path: Path, draw: Draw, save: Save) -> None:
    for part in ("train_set", "val_set"):
        for code in range(8):
            save(tmp_path / part / "images" / f"{code}.jpg", draw(code, 64, 3))
            (tmp_path / part / "annotations").mkdir(exist_ok=True)
            stored = np.array(str(code)) if part == "train_set" else np.array(code)  # both are found
            np.save(tmp_path / part / "annotations" / f"{code}_exp.npy", stored)
            np.save(tmp_path / part / "annotations" / f"{code}_val.npy", np.array("-0.5"))
    save(tmp_path / "val_set" / "images" / "9.jpg", draw(9, 64, 3))
    np.save(tmp_path / "val_set" / "annotations" / "9_exp.npy", np.array([{}], object), allow_pickle=True)
    data = open_dataset(tmp_path)
    assert data.name == "affectnet" and names(data) == list(AFFECTNET) * 2
    assert set(data.columns["valence"]) == {-0.5} and any("9.jpg" in note for note in data.notes)


def test_expw_cuts_each_box_of_a_photograph(tmp_path: Path, draw: Draw, save: Save) -> None:
    image = framed_face(draw(1, 48, 3))
    image[60:110, 100:150] = (200, 10, 10)
    save(tmp_path / "data" / "image" / "origin" / "angry man_1.png", image)
    lines = [f"angry man_1.png {i} 10 20 68 58 60.5 {i}" for i in range(7)]
    lines += [
        "angry man_1.png 7 60 100 150 110 12 3",
        "gone.jpg 0 0 0 9 9 1 3",
        "angry man_1.png 8 500 500 600 600 1 6",
    ]
    (tmp_path / "data" / "label").mkdir()
    table = tmp_path / "data" / "label" / "label.lst"
    table.write_text("\n".join(lines) + "\n")
    data = open_dataset(tmp_path)
    assert data.name == "expw" and names(data) == [*FER7, "happy"] and data.subjects is None
    assert data.images[7].reshape(-1, 3).mean(axis=0) == pytest.approx((200, 10, 10), abs=3)
    assert data.columns["detection confidence"][0] == 60.5 and data.columns["face"][6] == "6"
    assert any("0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral." in note for note in data.notes)
    assert any("gone.jpg" in note for note in data.notes) and "has no area" in data.unreadable[0]
    for line, said in (
        ("a.jpg 0 1 2 3", "5 fields instead of 8"),
        ("angry man_1.png 0 1 2 3 4 5 7", "not one of ExpW's"),
    ):
        table.write_text("\n".join([lines[0], line]))
        with pytest.raises(UserError, match=f"label.lst, line 2: .*{said}"):
            open_dataset(tmp_path)


@pytest.mark.parametrize("layout", ["{}", "{}_Aligned_Faces", "{0}/{0}_Aligned_Faces"])
def test_sfew(tmp_path: Path, draw: Draw, save: Save, layout: str) -> None:
    root = tmp_path / "SFEW_2"
    for split in ("Train", "Val"):
        for number, word in enumerate(("Angry", "Disgust", "Fear", "Happy", "Neutral", "Sad", "Surprise")):
            name = f"Harold_And_Kumar_00051924{number}_00000005.png"
            save(root / layout.format(split) / word / name, draw(number, 48, 3))
    save(root / layout.format("Test") / "Airheads_000519240_00000005.png", draw(9, 48, 3))
    assert recognisers(tmp_path)[0] == "sfew"
    data = open_dataset(tmp_path)
    assert data.name == "sfew" and data.split_names == ("train", "val", "test")
    assert data.counts()[:2].tolist() == [[1] * 7] * 2 and (data.labels == -1).sum() == 1
    assert set(data.columns["film"]) == {"Harold_And_Kumar", "Airheads"}
    assert any("train: 1 angry instead of 178" in note for note in data.notes)


def test_they_are_listed_with_where_to_ask() -> None:
    listed = {source.key: source for source in set_sources()}
    for key, total in (("affectnet", 287651), ("expw", 91793), ("sfew", 958)):
        info = READERS[key].info
        assert (
            listed[key].where == info.where and info.terms and sum(next(iter(info.counts.values())).values()) == total
        )
