"""Every reader of one data set on its original layout, drawn small, and on damaged ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_models.data import READERS, open_dataset
from fer_models.data.opening import recognise, recognisers
from fer_models.errors import UserError
from fer_models.labels import BASIC6, CKPLUS7, FER7, FER8

Draw = Callable[..., np.ndarray]
Write = Callable[..., None]


def _classes(data) -> list[str]:
    return [data.classes[label] for label in data.labels]


def test_ckplus_folder(tmp_path: Path, draw: Draw, save: Write) -> None:
    words = ("anger", "contempt", "disgust", "fear", "happy", "sadness", "surprise")
    for i, word in enumerate(words):
        for frame in (15, 16, 17):
            save(tmp_path / "CK+48" / word / f"S{10 + i:03d}_004_000000{frame}.png", draw(i))
    save(tmp_path / "CK+48" / "happy" / "holiday.png", draw(1))
    (tmp_path / "CK+48" / "anger" / ".DS_Store").write_text("x")
    data = open_dataset(tmp_path)
    assert data.name == "ckplus" and data.classes == CKPLUS7 and data.images.shape == (21, 48, 48, 1)
    assert data.counts().tolist() == [[3] * 7]
    contempt = np.flatnonzero(data.labels == CKPLUS7.index("contempt"))
    assert set(data.subjects[contempt]) == {"S011"} and set(data.columns["sequence"][contempt]) == {"S011_004"}
    assert any("holiday.png" in note for note in data.notes)
    assert any("3 angry instead of 135" in note for note in data.notes)


def test_ckplus_table(tmp_path: Path, draw: Draw, write_pixel_csv: Write) -> None:
    rows = [(i, draw(i), "Training" if i < 6 else "PrivateTest") for i in range(8)]
    write_pixel_csv(tmp_path / "ckextended.csv", "emotion,pixels,Usage", rows)
    data = open_dataset(tmp_path / "ckextended.csv")
    assert data.name == "ckplus" and _classes(data) == list(FER8)
    assert data.split_names == ("Training", "PrivateTest") and data.subjects is None


def test_ckplus_with_a_foreign_class_is_refused(tmp_path: Path, draw: Draw, save: Write) -> None:
    save(tmp_path / "happy" / "S010_004_00000017.png", draw(1))
    save(tmp_path / "bored" / "S010_004_00000018.png", draw(1))
    with pytest.raises(UserError, match="'bored' is not a class of CK"):
        open_dataset(tmp_path)


def test_jaffe_palette_tiffs(tmp_path: Path, draw: Draw) -> None:
    codes = {
        "AN": "angry",
        "DI": "disgust",
        "FE": "fear",
        "HA": "happy",
        "SA": "sad",
        "SU": "surprise",
        "NE": "neutral",
    }
    for i, code in enumerate(codes):
        for j, person in enumerate(("KA", "YM")):
            grey = Image.fromarray(draw(10 * i + j, 256)[..., 0])
            palette = grey.convert("P")
            palette.save(tmp_path / f"{person}.{code}1.{i + 1}.tiff")
    (tmp_path / ".DS_Store").write_text("x")
    (tmp_path / "README").write_text("x")
    data = open_dataset(tmp_path)
    assert data.name == "jaffe" and data.images.shape == (14, 128, 128, 1)
    assert data.counts().tolist() == [[2] * 7] and set(data.subjects) == {"KA", "YM"}
    for name, file in zip(_classes(data), data.columns["file"], strict=True):
        assert codes[file[3:5]] == name
    first = data.columns["file"].tolist().index("KA.AN1.1.tiff")
    assert abs(data.images[first].astype(float).mean() - draw(0, 256).mean()) < 3


@pytest.mark.parametrize("flat", [True, False])
def test_kdef(tmp_path: Path, draw: Draw, save: Write, flat: bool) -> None:
    codes = {
        "AF": "fear",
        "AN": "angry",
        "DI": "disgust",
        "HA": "happy",
        "NE": "neutral",
        "SA": "sad",
        "SU": "surprise",
    }
    for i, code in enumerate(codes):
        for angle in ("S", "HL", "FR"):
            folder = tmp_path if flat else tmp_path / "AF01"
            face = draw(i, 120, 3)
            tall = np.concatenate([np.zeros((20, 120, 3), np.uint8), face, np.zeros((20, 120, 3), np.uint8)])
            save(folder / f"AF01{code}{angle}.JPG", tall)
    save(tmp_path / "BM35ANS.JPG", np.zeros((160, 120, 3), np.uint8))
    (tmp_path / "BM34ANS.JPG").write_bytes(b"\xff\xd8\xff damaged")
    data = open_dataset(tmp_path, reader="kdef")
    assert recognise(tmp_path) == "kdef"
    assert data.images.shape == (21, 128, 128, 3) and data.classes == FER7
    assert set(data.subjects) == {"F01"} and data.counts().tolist() == [[3] * 7]
    assert {entry.split(":")[0] for entry in data.unreadable} == {"BM35ANS.JPG", "BM34ANS.JPG"}
    for name, file, angle in zip(_classes(data), data.columns["file"], data.columns["angle"], strict=True):
        word = file.rsplit("/", 1)[-1]
        assert codes[word[4:6]] == name
        assert angle == {"S": "straight", "HL": "half left", "FR": "full right"}[word[6:-4]]
    assert data.images[:, 0].max() > 0  # The bands above and below the middle square are cut off.
    straight = open_dataset(tmp_path, reader="kdef:angle=straight")
    assert len(straight) == 7 and set(straight.columns["angle"]) == {"straight"}


RAF = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")


@pytest.fixture
def rafdb(tmp_path: Path, draw: Draw, save: Write) -> Path:
    lines = []
    for split, start in (("train", 0), ("test", 7)):
        for code in range(1, 8):
            name = f"{split}_{code:05d}"
            lines.append(f"{name}.jpg {code}")
            save(tmp_path / "basic/Image/aligned" / f"{name}_aligned.jpg", draw(start + code, 100, 3))
    (tmp_path / "basic/EmoLabel").mkdir()
    (tmp_path / "basic/EmoLabel/list_patition_label.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "basic"


def test_rafdb_list(rafdb: Path) -> None:
    data = open_dataset(rafdb)
    assert data.name == "rafdb" and data.images.shape == (14, 100, 100, 3)
    assert data.split_names == ("train", "test") and data.split.tolist() == [0] * 7 + [1] * 7
    assert _classes(data) == list(RAF) * 2
    assert any(note.startswith("train: 1 angry instead of 705") for note in data.notes)


def test_rafdb_names_missing_pictures_and_bad_lines(rafdb: Path) -> None:
    (rafdb / "Image/aligned/test_00003_aligned.jpg").unlink()
    data = open_dataset(rafdb)
    assert len(data) == 13 and any("1 listed images are missing" in note for note in data.notes)
    table = rafdb / "EmoLabel/list_patition_label.txt"
    table.write_text(table.read_text().replace("train_00002.jpg 2", "train_00002.jpg 8"))
    with pytest.raises(UserError, match="line 2"):
        open_dataset(rafdb)
    table.write_text(table.read_text().replace("train_00002.jpg 8", "train_00002.jpg 2"))
    for file in (rafdb / "Image/aligned").iterdir():
        file.unlink()
    with pytest.raises(UserError, match=r"RAF-DB: expected list_patition_label.txt.*whdeng"):
        open_dataset(rafdb)


@pytest.mark.parametrize("inside", ["", "DATASET"])
def test_rafdb_as_on_kaggle(tmp_path: Path, draw: Draw, save: Write, inside: str) -> None:
    for split in ("train", "test"):
        rows = ["image,label"]
        for code in range(1, 8):
            name = f"{split}_{code:05d}_aligned.jpg"
            rows.append(f"{name},{code}")
            save(tmp_path / inside / split / str(code) / name, draw(code, 100, 3))
        (tmp_path / f"{split}_labels.csv").write_text("\n".join(rows) + "\n")
    assert recognisers(tmp_path)[0] == "rafdb"
    data = open_dataset(tmp_path)
    assert _classes(data) == list(RAF) * 2 and data.split_names == ("train", "test")
    table = tmp_path / "train_labels.csv"
    table.write_text(table.read_text().replace("train_00001_aligned.jpg,1", "train_00001_aligned.jpg,2"))
    with pytest.raises(UserError, match="another class than its folder"):
        open_dataset(tmp_path)


def test_oulucasia_takes_the_last_three_frames(tmp_path: Path, draw: Draw, save: Write) -> None:
    words = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
    for person in ("P001", "P080"):
        for i, word in enumerate(words):
            for frame in range(5):
                save(tmp_path / "VL/Strong" / person / word / f"{frame:03d}.jpeg", draw(7 * i + frame, 80, 3))
                if frame < 3:
                    save(tmp_path / "NI/Weak" / person / word / f"{frame:03d}.jpeg", draw(i, 80, 3))
    save(tmp_path / "VL/Strong/P001/Boredom/000.jpeg", draw(1, 80, 3))
    data = open_dataset(tmp_path)
    assert data.name == "oulucasia" and data.classes == BASIC6
    assert data.counts().tolist() == [[6] * 6] and set(data.subjects) == {"P001", "P080"}
    assert set(data.columns["frame"]) == {"002", "003", "004"}
    assert any("P001/Boredom" in note for note in data.notes)
    near_infrared = open_dataset(tmp_path, reader="oulucasia:camera=NI,light=Weak")
    assert set(near_infrared.columns["camera"]) == {"NI"} and len(near_infrared) == 36
    with pytest.raises(UserError, match=r"Oulu-CASIA: expected .*Center for Machine Vision"):
        open_dataset(tmp_path, reader="oulucasia:light=Dark")
    with pytest.raises(UserError, match=r"light.*one of Strong, Weak, Dark"):
        open_dataset(tmp_path, reader="oulucasia:light=Bright")


@pytest.mark.parametrize("key", [key for key in READERS if key not in ("folder", "csv")])
def test_a_wrong_folder_says_where_to_ask(tmp_path: Path, key: str) -> None:
    (tmp_path / "holiday.txt").write_text("x")
    info = READERS[key].info
    with pytest.raises(UserError) as error:
        open_dataset(tmp_path, reader=key)
    assert info.where in str(error.value) and "found holiday.txt" in str(error.value)
    assert info.terms and info.citation and READERS[key].key == key


def test_what_no_reader_knows(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="an empty folder"):
        open_dataset(tmp_path)
    (tmp_path / "x.bin").write_bytes(b"\0\1")
    with pytest.raises(UserError, match="not a data set that can be read"):
        open_dataset(tmp_path / "x.bin")
    with pytest.raises(UserError, match="no option angle"):
        open_dataset(tmp_path, reader="jaffe:angle=all")


def test_official_counts_add_up() -> None:
    totals = {"fer2013": 35887, "ckplus": 981, "jaffe": 213, "kdef": 4900, "rafdb": 15339, "oulucasia": 1440}
    for key, total in totals.items():
        assert sum(sum(part.values()) for part in READERS[key].info.counts.values()) == total
