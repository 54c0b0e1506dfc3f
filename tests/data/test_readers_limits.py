"""What each reader takes for its layout and what it does not, with empty files: no image is decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_models.data.listing import Listing
from fer_models.data.readers import affectnet, base, expw, fer2013, rafdb, recordings, sfew
from fer_models.data.readers.base import READERS, find_file, split_role, visible
from fer_models.errors import UserError
from fer_models.folders import uploads_folder
from fer_models.labels import FER7, FER8

HEADER = ",".join(affectnet.COLUMNS)


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def text(file: Path, *lines: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    return file


def knows(key: str, path: Path) -> bool:
    return READERS[key]().recognises(path)


def listed(key: str, path: Path, **options: str) -> Listing:
    return READERS[key]().read(path, **options)


def names(listing: Listing) -> list[str]:
    return [listing.classes[label] if label >= 0 else "" for label in listing.labels]


def test_roles_of_splits() -> None:
    words = ("train", "Training", "val", "Validation", "PublicTest", "dev", "test", "Private_Test", "extra", "all")
    assert [split_role(word) for word in words] == [0, 0, 1, 1, 1, 1, 2, 2, 3, 3]


def test_files_are_found_in_any_case_and_one_folder_down(tmp_path: Path) -> None:
    touch(tmp_path, "a/Labels.CSV", "labels.csv.bak", ".labels.csv", "Thumbs.db", "__MACOSX/labels.csv")
    (tmp_path / "b" / "labels.csv").mkdir(parents=True)
    assert find_file(tmp_path, ("labels.csv",)) == tmp_path / "a/Labels.CSV"
    assert find_file(tmp_path, ("other.csv", "LABELS.csv")) == tmp_path / "a/Labels.CSV"
    assert find_file(tmp_path, ("other.csv",)) is None and find_file(tmp_path / "b", ("labels.csv",)) is None
    assert [entry.name for entry in visible(tmp_path)] == ["a", "b", "labels.csv.bak"]
    assert base.contents(tmp_path) == "a/, b/, labels.csv.bak"
    assert base.contents(tmp_path / "labels.csv.bak") == "the file labels.csv.bak"
    assert base.files_below(tmp_path) == [tmp_path / "a/Labels.CSV", tmp_path / "labels.csv.bak"]


class Counted:
    """As much of a data set as counts need."""

    classes = ("happy", "sad")
    split_names = ("train",)

    def counts(self) -> np.ndarray:
        return np.array([[3, 4]])

    def split_index(self, split: str) -> range:
        return range(7)

    def __len__(self) -> int:
        return 7


@pytest.mark.parametrize(
    ("counts", "totals", "said"),
    [
        ({"all": {"happy": 3, "sad": 4}}, {"all": 7, "train": 7}, ()),
        ({"all": {"happy": 1, "sad": 4}}, {}, ("3 happy instead of 1 in the official count.",)),
        ({"train": {"happy": 3, "sad": 1}}, {}, ("train: 4 sad instead of 1 in the official count.",)),
        ({"test": {"happy": 3, "sad": 4000}}, {}, ("test is missing (officially 4,003 images).",)),
        ({}, {"all": 8}, ("7 images instead of 8 in the official count.",)),
        ({}, {"train": 8}, ("train: 7 images instead of 8 in the official count.",)),
        ({}, {"test": 8}, ("test: 0 images instead of 8 in the official count.",)),
    ],
)
def test_differences_to_the_official_counts(monkeypatch, counts, totals, said: tuple[str, ...]) -> None:
    reader = READERS["folder"]()
    monkeypatch.setattr(reader, "info", base.ReaderInfo("", "", "", "", "", counts=counts, totals=totals))
    assert reader.differences(Counted()) == said  # type: ignore[arg-type]


def test_a_refusal_names_the_folder_and_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(touch(tmp_path, "x.txt"))
    with pytest.raises(UserError, match=r"^\. is not laid out as .*; found x\.txt\."):
        READERS["jaffe"]().refuse(Path())
    with pytest.raises(UserError, match=f"^{tmp_path.name} is not laid out as .*; found two files"):
        READERS["jaffe"]().refuse(tmp_path, "two files")


def test_affectnets_lists(tmp_path: Path) -> None:
    row = "7/a.jpg,10,20,30,40,1;2,3,-2,0.25"
    training = text(tmp_path / "training.csv", HEADER, row, row.replace("a.jpg", "b.jpg").replace("-2", "-0.5"))
    validation = text(
        tmp_path / "validation.csv", "\ufeff" + row.replace(",3,", ",8,"), row.replace(",3,", ",10,"), row
    )
    assert knows("affectnet", tmp_path) and knows("affectnet", training) and knows("affectnet", validation)
    with pytest.raises(UserError, match="the lists and no folder Manually_Annotated_Images"):
        listed("affectnet", tmp_path)
    touch(tmp_path, "Manually_Annotated_Images/7/a.jpg")
    found = listed("affectnet", tmp_path)
    assert names(found) == ["surprise"] * 2 and found.split.tolist() == [0, 1]
    assert found.boxes is not None and found.boxes.tolist() == [[10, 20, 40, 60]] * 2
    np.testing.assert_array_equal(found.columns["valence"], [np.nan, np.nan])
    assert found.columns["arousal"].tolist() == [0.25, 0.25]
    assert found.notes[1:] == (
        "2 listed images without a class were left out: 1 none, 0 uncertain, 1 no face.",
        "1 listed images are missing, the first is 7/b.jpg.",
    )
    assert len(listed("affectnet", training).labels) == 1
    text(training, "a.jpg,10,20,30,40,1;2,3,-2,0.25")
    validation.unlink()
    assert not knows("affectnet", tmp_path), "a path without a folder is no row of theirs"
    text(training, HEADER + ",more")
    assert not knows("affectnet", training) and not knows("affectnet", touch(tmp_path, "other.csv") / "other.csv")
    text(training, HEADER, row.replace("a.jpg", "c.jpg"))
    with pytest.raises(UserError, match="of which no image is in Manually_Annotated_Images"):
        listed("affectnet", tmp_path)


def test_affectnets_annotations(tmp_path: Path) -> None:
    root = touch(tmp_path / "down", "train_set/images/0.jpg", "train_set/images/1.jpg", "train_set/images/2.jpg")
    assert not knows("affectnet", root)
    (root / "train_set/annotations").mkdir()
    assert knows("affectnet", root) and knows("affectnet", tmp_path)
    with pytest.raises(UserError, match="images without annotations"):
        listed("affectnet", root)
    for name, values in (("0", (1, 0.5, -0.5)), ("1", (8, 0, 0)), ("2", (2, -2, 0.25))):
        for word, value in zip(("exp", "val", "aro"), values, strict=True):
            np.save(root / "train_set/annotations" / f"{name}_{word}.npy", np.array(value))
    found = listed("affectnet", tmp_path)
    assert names(found) == ["happy", "sad"] and found.columns["arousal"].tolist() == [-0.5, 0.25]
    np.testing.assert_array_equal(found.columns["valence"], [0.5, np.nan])
    assert found.notes[1] == "1 images have no annotation of 0 to 7, the first is 1.jpg."


def test_expws_list(tmp_path: Path) -> None:
    line = "a man.jpg 0 20 10 60 50 99.5 3"
    table = text(tmp_path / "label.lst", "", line, "b.jpg 1 1 2 3 4 5 6", "b.jpg 2 1 2 3 4 5 6")
    assert not knows("expw", table), "the first line is empty"
    text(table, line, "", "b.jpg 1 1 2 3 4 5 6", "b.jpg 2 1 2 3 4 5 6")
    assert knows("expw", table) and knows("expw", tmp_path) and not knows("expw", touch(tmp_path, "x.lst") / "x.lst")
    touch(tmp_path, "image/c.jpg", "a man.jpg")
    found = listed("expw", tmp_path)
    assert found.boxes is not None and found.boxes.tolist() == [[10, 20, 60, 50]] and names(found) == ["happy"]
    assert found.columns["detection confidence"].tolist() == [99.5] and found.columns["face"].tolist() == ["0"]
    assert found.notes[1] == "1 listed images are missing, the first is b.jpg."
    touch(tmp_path, "image/origin/b.jpg", "image/a man.jpg")
    assert len(listed("expw", tmp_path).labels) == 1, "the folder that has the first of the list"
    for wrong, said in (
        ("a man.jpg 0 20 10 60 50 99.5 7", "line 2: expression '7' is not one of"),
        ("a man.jpg 0 20 10 60 50 99.5 x", "line 2: expression 'x' is not one of"),
        ("a man.jpg 0 20 10 x 50 99.5 3", "line 2: the face box is not four numbers"),
        ("0 20 10 60 50 99.5 3", "line 2: 7 fields instead of 8"),
    ):
        text(table, line, wrong)
        with pytest.raises(UserError, match=said):
            listed("expw", tmp_path)
        text(table, wrong)
        assert knows("expw", table) is ("box" in said)
    text(table, "z.jpg 0 20 10 60 50 99.5 3")
    with pytest.raises(UserError, match="none of its photographs in"):
        listed("expw", tmp_path)
    assert expw._photographs(table) is not None and knows("expw", tmp_path)
    text(tmp_path / "up" / "data" / "label" / "label.lst", line)
    assert knows("expw", tmp_path / "up"), "in the folder data, one folder down"
    (tmp_path / "up/data/a man.jpg").touch()
    assert len(listed("expw", tmp_path / "up").labels) == 1
    with pytest.raises(UserError, match=r"expected .*label\.lst"):
        listed("expw", tmp_path / "image")


@pytest.mark.parametrize(
    ("name", "header", "known"),
    [
        ("a.csv", "emotion,pixels,Usage", True),
        ("a.CSV", "emotion,pixels", True),
        ("a.csv", "pixels", True),
        ("a.txt", "emotion,pixels,Usage", False),
        ("ckplus.csv", "emotion,pixels,Usage", False),
        ("a.csv", "emotion,pixels,Usage,age", False),
        ("a.csv", "emotion,usage", False),
    ],
)
def test_a_table_of_fer2013_by_its_columns(tmp_path: Path, name: str, header: str, known: bool) -> None:
    assert knows("fer2013", text(tmp_path / name, header)) is known
    assert not knows("fer2013", tmp_path / "gone.csv")
    assert knows("fer2013", tmp_path) is False


def test_halves_and_sheets_of_fer2013(tmp_path: Path, save: Callable[..., None]) -> None:
    train, pixels = tmp_path / "train.csv", "7 " * 2304
    assert fer2013.fer2013_file(text(train, "emotion,usage").parent) is None
    text(train, "emotion,pixels", f"3,{pixels}")
    assert fer2013.fer2013_file(tmp_path) == train and names(listed("fer2013", tmp_path)) == ["happy"]
    text(tmp_path / "test.csv", "pixels,usage", f"{pixels},PublicTest")
    found = listed("fer2013", tmp_path)
    assert names(found) == ["happy", ""] and found.split_names == ("Training", "PublicTest")
    text(tmp_path / "other.csv", "pixels,usage", f"{pixels},PublicTest")
    with pytest.raises(UserError, match=r"other\.csv has no column 'emotion'"):
        listed("fer2013", tmp_path / "other.csv")
    text(tmp_path / "alone.csv", "pixels", pixels)
    assert listed("fer2013", tmp_path / "alone.csv").split_names == ("Training", "Test")
    for label in ("", "33", "7", "x"):
        text(train, "emotion,pixels", f"{label},{pixels}")
        with pytest.raises(UserError, match=f"line 2: label '{label}' is not one of FER2013's 0 to 6"):
            listed("fer2013", train)
    sheets = text(tmp_path / "sheets" / "labels.csv", "emotion,Usage,more", "3,Training,x").parent
    assert fer2013.fer2013_file(sheets) is None
    save(sheets / "sheet_0.png", np.zeros((2880, 2832), np.uint8))
    assert fer2013.fer2013_file(sheets) == sheets / "labels.csv"
    with pytest.raises(UserError, match="has 2832 x 2880 pixels instead of 2880 x 2880"):
        listed("fer2013", sheets)
    text(sheets / "labels.csv", "emotion", "3")
    with pytest.raises(UserError, match="must have the columns emotion and Usage"):
        listed("fer2013", sheets)


def test_votes_want_the_images_they_are_of(tmp_path: Path) -> None:
    votes = touch(tmp_path, "fer2013new.csv") / "fer2013new.csv"
    assert knows("ferplus", votes) and not knows("ferplus", tmp_path)
    with pytest.raises(UserError, match="not laid out as FERPlus"):
        listed("ferplus", tmp_path)
    touch(tmp_path, "fer2013.csv")
    assert knows("ferplus", tmp_path) and not knows("ferplus", tmp_path / "fer2013.csv")


def test_folders_of_classes_at_two_depths(tmp_path: Path) -> None:
    flat = touch(tmp_path / "flat", "happy/1.png", "sad/2.jpg", "notes/read.me")
    assert knows("folder", flat) and not knows("folder", flat / "happy") and not knows("folder", flat / "happy/1.png")
    assert names(listed("folder", flat)) == ["happy", "sad"] and listed("folder", flat).split_names == ("all",)
    touch(flat, "sad/deep/er/3.png")
    assert names(listed("folder", flat)) == ["happy", "sad", "sad"]
    split = touch(tmp_path / "split", "test/happy/1.png", "train/sad/2.jpg", "train/happy/3.png", "note.png")
    found = listed("folder", split)
    assert names(found) == ["happy", "happy", "sad"] and found.split_names == ("train", "test")
    assert found.split.tolist() == [1, 0, 0]
    around = touch(tmp_path / "around", "one/train/sad/1.png", "one/train/happy/1.png")
    assert knows("folder", around) and len(listed("folder", around).labels) == 2
    (around / "two").mkdir()
    assert not knows("folder", around), "two folders, and images three folders down"
    with pytest.raises(UserError, match="not laid out as Folder of images"):
        listed("folder", around)
    with pytest.raises(UserError, match="one class only"):
        listed("folder", touch(tmp_path / "single", "happy/1.png", "joy/2.png"))
    with pytest.raises(UserError, match="not laid out"):
        listed("folder", flat / "happy/1.png")
    alone = touch(tmp_path / "alone", "all/happy/1.png", "all/sad/2.png")
    assert listed("folder", alone).split_names == ("all",)


def test_ckplus_by_its_names(tmp_path: Path) -> None:
    root = touch(tmp_path / "ck", "CK+48/happy/s010_004_00000017.png", "CK+48/read.me", "CK+48/sad/x.png")
    for path in (root, root / "CK+48"):
        assert knows("ckplus", path)
        found = listed("ckplus", path)
        assert names(found) == ["happy"] and found.columns["sequence"].tolist() == ["S010_004"]
        assert found.columns["frame"].tolist() == ["17"] and len(found.notes) == 1
    assert not knows("ckplus", root / "CK+48" / "happy")
    table = text(tmp_path / "csv" / "ckextended.csv", "emotion,pixels,usage", "33," + "7 " * 2304 + ",Training")
    assert knows("ckplus", table) and knows("ckplus", tmp_path / "csv") and not knows("ckplus", root / "CK+48/read.me")
    with pytest.raises(UserError, match="line 2: label '33' is not one of CK"):
        listed("ckplus", tmp_path / "csv")
    text(table, "emotion,pixels,usage", "7," + "7 " * 2304 + ",Training")
    assert names(listed("ckplus", tmp_path / "csv")) == ["contempt"] == names(listed("ckplus", table))


@pytest.mark.parametrize(("key", "file"), [("jaffe", "KA.HA1.29.tiff"), ("kdef", "AF01HAS.JPG")])
def test_posed_faces_by_their_names(tmp_path: Path, key: str, file: str) -> None:
    root = touch(tmp_path, f"in/{file}", "in/deep/other.png")
    assert knows(key, root) and knows(key, root / "in") and not knows(key, root / "in" / "deep")
    assert names(listed(key, root)) == ["happy"] and len(listed(key, root).notes) == 1
    assert listed(key, root).subjects.tolist() == ["KA" if key == "jaffe" else "F01"]  # type: ignore[union-attr]


def test_oulucasia_in_any_case_of_letters(tmp_path: Path) -> None:
    frames = [f"set/vl/STRONG/p001/Anger/{n}.jpeg" for n in range(4)]
    root = touch(tmp_path, *frames, "set/vl/weak", "set/vl/strong/p001/Sadness", "set/vl/STRONG/p01/Anger/1.jpeg")
    (root / "set/vl/STRONG/p001/Fear").touch()
    assert knows("oulucasia", root) and knows("oulucasia", root / "set") and not knows("oulucasia", root / "set/vl")
    found = listed("oulucasia", root)
    assert found.columns["frame"].tolist() == ["1", "2", "3"] and found.subjects.tolist() == ["P001"] * 3  # type: ignore[union-attr]
    assert found.notes == ("Left out, as the name does not follow the layout: p001/Fear and 1 more.",)
    with pytest.raises(UserError, match="not laid out"):
        listed("oulucasia", root, light="Weak")
    touch(root, "set/NI/Strong/x/1.jpeg")
    with pytest.raises(UserError, match="no subjects such as P001 in NI/Strong"):
        listed("oulucasia", root, camera="NI")


def test_rafdbs_list_and_folders(tmp_path: Path) -> None:
    root = touch(tmp_path / "raf", "aligned/train_1_aligned.jpg")
    table = text(root / "list_partition_label.txt", "train_1.jpg 5", "", "test_2.jpg 1", "test_3.jpg 1")
    assert knows("rafdb", table) and knows("rafdb", root) and not knows("rafdb", root / "aligned/train_1_aligned.jpg")
    for path in (root, table):
        found = listed("rafdb", path)
        assert names(found) == ["sad"] and found.classes == FER7
        assert found.notes == ("2 listed images are missing, the first is test_2_aligned.jpg.",)
    for line in ("val_1.jpg 5", "train_1.jpg 8", "train_1.jpg", "train_1.jpg 0"):
        text(table, "train_1.jpg 5", line)
        with pytest.raises(UserError, match=f"line 2: '{line}' must be like"):
            listed("rafdb", root)
    assert rafdb._find_aligned(tmp_path) == root / "aligned"
    (tmp_path / "bare").mkdir()
    text(tmp_path / "bare" / "list_partition_label.txt", "train_1.jpg 5")
    with pytest.raises(UserError, match="no folder 'aligned'"):
        listed("rafdb", tmp_path / "bare")


def test_rafdb_as_numbered_folders(tmp_path: Path) -> None:
    root = touch(
        tmp_path / "k", *(f"train/{code}/a{code}.jpg" for code in range(1, 8)), "valid/7/v.jpg", "more/x/y.jpg"
    )
    assert knows("rafdb", root) and knows("rafdb", tmp_path)
    found = listed("rafdb", tmp_path)
    assert names(found) == [*rafdb.CODES.values(), "neutral"] and found.split_names == ("train", "valid")
    assert len(found.notes) == 2 and "its order is assumed" in found.notes[1]
    assert listed("rafdb", root, labels="alphabetical").classes[0] == "angry"
    assert len(listed("rafdb", root, labels="alphabetical").notes) == 1
    text(root / "train_labels.csv", "image,label", *(f"a{code}.jpg,{code}" for code in range(1, 8)), "gone.jpg,1")
    assert listed("rafdb", root).notes == ("1 listed images are missing, the first is gone.jpg.",)
    text(root / "train_labels.csv", "image", "a1.jpg")
    with pytest.raises(UserError, match="must have two columns"):
        listed("rafdb", root)
    text(root / "train_labels.csv", "image,label", "a1.jpg,1", "a2.jpg,8")
    with pytest.raises(UserError, match="line 3: label '8' is not one of"):
        listed("rafdb", root)
    touch(root, "train/8/x.jpg")
    assert not knows("rafdb", root) and rafdb._kaggle(root / "train") is None
    (root / "train/8/x.jpg").unlink()
    (root / "train/8").rmdir()
    (root / "train_labels.csv").unlink()
    touch(root, "valid/8/x.jpg", "valid/read.me")
    with pytest.raises(UserError, match="valid/8 is not a class of RAF-DB"):
        listed("rafdb", root)
    named = touch(tmp_path / "n", *(f"train/{code}/a{code}_aligned.jpg" for code in range(1, 8)))
    assert listed("rafdb", named).notes == () and listed("rafdb", named).classes == FER7
    touch(named, "train/7/b.jpg")
    assert len(listed("rafdb", named).notes) == 2


def test_recordings_by_their_length(tmp_path: Path) -> None:
    def recording(name: str, frames: int) -> None:
        touch(tmp_path, *(f"{name}_{number:08d}.png" for number in range(1, frames + 1)))

    for number, frames in enumerate((1, 2, 4, 5, 6)):
        recording(f"S00{number}_001", frames)
        text(tmp_path / f"S00{number}_001_00000001_emotion.txt", "5.0")
    recording("S009_001", 3)
    found, notes = recordings.read_recordings(tmp_path)
    assert [each.labels for each in found] == [
        ("neutral", "happy"),
        ("neutral", "happy", "happy", "happy"),
        ("neutral", None, "happy", "happy", "happy"),
        ("neutral", None, None, "happy", "happy", "happy"),
    ]
    assert [each.subject for each in found] == ["S001", "S002", "S003", "S004"]
    assert notes == ["2 of 6 recordings have no emotion or one frame; left out."]
    for word, emotion in (("0", "neutral"), ("7.0", "surprise")):
        assert recordings._emotion(text(tmp_path / "x_emotion.txt", word)) == emotion
    for word in ("8", "-1", "2.5", "nan", ""):
        with pytest.raises(UserError, match="0 to 7"):
            recordings._emotion(text(tmp_path / "x_emotion.txt", word))
    images, emotions = tmp_path / "c" / "cohn-kanade-images", tmp_path / "c" / "Emotion_labels"
    images.mkdir(parents=True)
    assert not knows("ckplus_sequences", tmp_path / "c") and not knows("ckplus_sequences", images)
    emotions.mkdir()
    assert knows("ckplus_sequences", tmp_path / "c")
    images.rmdir()
    assert not knows("ckplus_sequences", tmp_path / "c")


def test_sfew_at_most_two_folders_below_its_parts(tmp_path: Path) -> None:
    name = "Film_000519240_00000005.png"
    for at, (depth, known) in enumerate((("", True), ("Happy", True), ("a/Happy", True), ("a/b/Happy", False))):
        root = touch(tmp_path / str(at), f"SFEW/Train/{depth}/{name}")
        assert knows("sfew", root) is known and knows("sfew", root / "SFEW") is known
    root = touch(tmp_path / "two", f"Train_Aligned_Faces/Happy/{name}", f"Train/Sad/{name}", f"Test/{name}", "Other/x")
    assert sorted(sfew._splits(root)) == [("test", root / "Test"), ("train", root / "Train")]
    assert sorted(names(listed("sfew", root))) == ["", "sad"]
    assert sfew._splits(touch(tmp_path / "none", "a/x", "b/Train/x")) == []


@pytest.mark.parametrize(
    ("name", "header", "known"),
    [
        ("t.csv", "path,label", True),
        ("t.txt", "pixels,emotion", True),
        ("t.tsv", "path,label", False),
        ("t.csv", "path", False),
        ("t.csv", "label", False),
        ("t.csv", "pixels,path,class", True),
    ],
)
def test_a_table_has_a_column_of_images_and_one_of_labels(tmp_path: Path, name: str, header: str, known: bool) -> None:
    table = text(tmp_path / name, header, "1,2")
    assert knows("csv", table) is known and not knows("csv", tmp_path)
    if not known and name == "t.csv":
        with pytest.raises(UserError, match=f"found the columns {header}"):
            listed("csv", table)


def test_a_table_of_paths_and_what_is_missing(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png")
    table = text(
        tmp_path / "t.csv", "path,label,split,,age", "a.png,happy,,x,3", "b.png,sad,dev,y,4", "c.png,sad,dev,y,5"
    )
    found = listed("csv", table)
    assert names(found) == ["happy", "sad"] and found.split_names == ("dev", "all") and found.split.tolist() == [1, 0]
    assert found.subjects is None and found.columns["age"].tolist() == [3, 4] and set(found.columns) == {"file", "age"}
    assert found.notes == ("1 listed images are missing, the first is c.png (line 4).",)
    text(table, "path,label", "c.png,sad")
    with pytest.raises(UserError, match=r"line 2: 'c\.png' does not exist; paths"):
        listed("csv", table)
    text(table, "path,label", "c.png,sad", "d.png,sad", "e.png,sad")
    with pytest.raises(UserError, match=r"line 2: 'c\.png' does not exist and 2 more; paths"):
        listed("csv", table)
    text(table, "path,label", "a.png,sad", "b.png,happy")
    assert listed("csv", table).split_names == ("all",)


def test_a_table_of_an_upload_names_its_own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))
    archive = uploads_folder() / "one"
    touch(archive, "in/a.png", "b.png"), touch(uploads_folder() / "two", "c.png")
    table = text(archive / "in" / "t.csv", "path,label", "a.png,happy", "../b.png,sad")
    assert names(listed("csv", table)) == ["happy", "sad"]
    text(table, "path,label", "a.png,happy", "../../two/c.png,sad")
    with pytest.raises(UserError, match=r"t\.csv, line 3: '\.\./\.\./two/c\.png' lies outside"):
        listed("csv", table)


def test_a_table_of_pixels_without_splits_and_people(tmp_path: Path) -> None:
    table = text(tmp_path / "t.csv", "pixels,label,split", "7 " * 400 + ",happy,", "9 " * 400 + ",sad,dev")
    found = listed("csv", table)
    assert found.split_names == ("dev", "all") and found.split.tolist() == [1, 0] and found.subjects is None
    text(table, "pixels,label", "7 " * 400 + ",happy", "9 " * 400 + ",contempt")
    found = listed("csv", table)
    assert found.split_names == ("all",) and found.split.tolist() == [0, 0]
    assert set(found.classes) <= set(FER8) and names(found) == ["happy", "contempt"]
