"""Folders and tables of any pictures: classes by name, splits, subjects, and what is wrong with damaged ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_models.data import UNLABELLED, open_dataset
from fer_models.data.listing import SIDE, fit
from fer_models.errors import UserError
from fer_models.evaluation.slicing.slices import slice_columns

Draw = Callable[..., np.ndarray]
Write = Callable[..., None]


def _classes(data) -> list[str]:
    return [data.classes[label] for label in data.labels]


def test_folders_are_mapped_by_name_not_by_order(tmp_path: Path, draw: Draw, save: Write) -> None:
    words = {
        "Neutral": "neutral",
        "SADNESS": "sad",
        "anger": "angry",
        "Happy": "happy",
        "joy": "happy",
        "tired": "tired",
    }
    for split in ("test", "Train", "val"):
        for i, word in enumerate(words):
            for k in range(2):
                save(tmp_path / split / word / f"{k}.{('png', 'JPG')[k]}", draw(i, 40, 3))
    (tmp_path / "Train/anger/notes.txt").write_text("x")
    (tmp_path / "Thumbs.db").write_text("x")
    data = open_dataset(tmp_path)
    assert data.name == "folder" and data.images.shape == (36, 40, 40, 3)
    assert data.classes == ("angry", "happy", "sad", "neutral", "tired")
    assert data.split_names == ("Train", "val", "test")
    assert data.counts().tolist() == [[2, 4, 2, 2, 2]] * 3
    for name, file in zip(_classes(data), data.columns["file"], strict=True):
        assert words[file.split("/")[1]] == name


def test_class_folders_alone_and_large_pictures(tmp_path: Path, draw: Draw, save: Write) -> None:
    for word in ("happy", "sad"):
        save(tmp_path / word / "1.png", draw(1, 200))
        save(tmp_path / word / "deeper" / "2.png", draw(2, 150))
    data = open_dataset(tmp_path)
    assert data.images.shape == (4, 96, 96, 1) and data.split_names == ("all",)
    sides = dict(zip(data.columns["file"].tolist(), data.columns[SIDE].tolist(), strict=True))
    assert sides == {"happy/1.png": 200, "happy/deeper/2.png": 150, "sad/1.png": 200, "sad/deeper/2.png": 150}


def test_faces_are_cut_from_photographs(tmp_path: Path, draw: Draw, save: Write) -> None:
    photograph = pytest.importorskip("skimage.data").astronaut()
    save(tmp_path / "happy" / "astronaut.png", photograph)
    save(tmp_path / "neutral" / "wall.png", np.full((200, 300, 3), 90, np.uint8))
    whole = open_dataset(tmp_path)
    cut = open_dataset(tmp_path, reader="folder:crop=face")
    assert cut.notes == ("No face was found in 1 of 2 images, such as wall.png; their middle square is kept.",)
    assert (cut.images[1] == whole.images[1]).all()
    assert [note[:16] for note in whole.notes] == ["Faces fill 19 % "]
    assert whole.columns[SIDE].tolist() == [512, 200]
    assert 60 < cut.columns[SIDE][0] < 150 and cut.columns[SIDE][1] == 200, "the face's own square, not the image's"
    # Where the face is on the photograph, seen by eye.
    expected = fit(photograph[66:161, 178:273], cut.images.shape[1:])
    similar = [np.corrcoef(picture.images[0].ravel(), expected.ravel())[0, 1] for picture in (cut, whole)]
    assert similar[0] > 0.9 and similar[1] < 0.5


def test_one_class_is_no_data_set(tmp_path: Path, draw: Draw, save: Write) -> None:
    save(tmp_path / "happy" / "1.png", draw(1))
    with pytest.raises(UserError, match="one class only"):
        open_dataset(tmp_path)


def test_files_that_are_no_pictures(tmp_path: Path) -> None:
    for word in ("happy", "sad"):
        (tmp_path / word).mkdir()
        (tmp_path / word / "1.png").write_text("no image")
    with pytest.raises(UserError, match="none of the images can be read"):
        open_dataset(tmp_path)


def test_table_of_paths(tmp_path: Path, draw: Draw, save: Write) -> None:
    for i in range(4):
        save(tmp_path / "img" / f"{i}.png", draw(i))
    text = "Path, Label ,split,Subject\nimg/0.png,Happiness,train,ann\nimg/1.png,sad,test,bob\n\nimg/2.png,,train,bob\n"
    (tmp_path / "faces.csv").write_text(text + "img/9.png,fear,train,ann\nimg/3.png,tired,train,eve\n")
    data = open_dataset(tmp_path / "faces.csv")
    assert data.name == "csv" and data.classes == ("happy", "sad", "tired")
    assert data.labels.tolist() == [0, 1, UNLABELLED, 2] and data.subjects.tolist() == ["ann", "bob", "bob", "eve"]
    assert data.split_names == ("train", "test") and data.split.tolist() == [0, 1, 0, 0]
    assert any("img/9.png (line 6)" in note for note in data.notes)
    np.testing.assert_array_equal(data.images[3], draw(3))


def test_further_columns_of_a_table_are_kept(tmp_path: Path, draw: Draw, save: Write, write_pixel_csv: Write) -> None:
    for i in range(3):
        save(tmp_path / "img" / f"{i}.png", draw(i, 40 + i))
    text = "path,label,Age,sex,session,file,original side\nimg/0.png,happy,31,f,2,a,9\nimg/1.png,sad,,m,1,b,9\n"
    (tmp_path / "faces.csv").write_text(text + "img/2.png,sad,27.5,f,x,c,9\n")
    data = open_dataset(tmp_path / "faces.csv", size=32)
    np.testing.assert_array_equal(data.columns["age"], [31, np.nan, 27.5])
    assert data.columns["sex"].tolist() == ["f", "m", "f"] and data.columns["session"].tolist() == ["2", "1", "x"]
    assert data.columns[SIDE].tolist() == [40, 41, 42], "measured on the files, whatever the table says"
    assert data.columns["file"].tolist() == ["img/0.png", "img/1.png", "img/2.png"]
    assert {"age", "sex", "session", SIDE} <= set(slice_columns(data))
    write_pixel_csv(tmp_path / "t.csv", "label,age,pixels", [(0, 4, draw(0, 20)), (3, "", draw(1, 20))])
    pixels = open_dataset(tmp_path / "t.csv", size=48)
    np.testing.assert_array_equal(pixels.columns["age"], [4, np.nan])
    assert pixels.columns[SIDE].tolist() == [20, 20], "before it was enlarged"


def test_table_of_pixels_with_numbers(tmp_path: Path, draw: Draw, write_pixel_csv: Write) -> None:
    rows = [(7, "p1", draw(0, 20)), (0, "p2", draw(1, 20))]
    write_pixel_csv(tmp_path / "t.csv", "label,subject,pixels", rows)
    data = open_dataset(tmp_path / "t.csv")
    assert data.images.shape == (2, 20, 20, 1) and _classes(data) == ["contempt", "angry"]
    assert data.subjects.tolist() == ["p1", "p2"] and "FER2013's order" in data.notes[0]
    write_pixel_csv(tmp_path / "t.csv", "label,subject,pixels", [*rows, (9, "p1", draw(2, 20))])
    with pytest.raises(UserError, match="line 4: label '9'"):
        open_dataset(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty or no text"),
        ("a,b\n1,2\n", "expected a CSV with a column path"),
        ("path,label\n", "no rows"),
        ("path,label\nx.png,happy\n", r"line 2: 'x.png' does not exist"),
        ("path,label\nx.png\n", "line 2: 1 columns instead of 2"),
        ("path,label\nx.png,\n", "no label in any row"),
    ],
)
def test_damaged_tables(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        open_dataset(tmp_path / "t.csv")


def test_folders_in_one_folder_more_are_read_from_the_root_as_kaggle_packs_them(tmp_path: Path) -> None:
    for split in ("train", "validation"):
        for name in ("happy", "sad"):
            (tmp_path / "faces" / "images" / split / name).mkdir(parents=True)
            Image.fromarray(np.full((48, 48), 9, np.uint8)).save(tmp_path / "faces" / "images" / split / name / "1.png")
    dataset = open_dataset(tmp_path / "faces")
    assert dataset.split_names == ("train", "validation") and dataset.classes == ("happy", "sad") and len(dataset) == 4
