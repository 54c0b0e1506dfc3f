"""What a data set says of itself travels with its figures, and no image vanishes without a word."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_models import labels
from fer_models.classifier import Prediction
from fer_models.data.codings import order_of
from fer_models.data.opening import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import match_classes
from fer_models.evaluation.evaluate import evaluate
from fer_models.evaluation.exchanged_labels import exchanged_labels
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.faces.image import decode_image, encode_png
from fer_models.labels import FER7

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))


def face(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(RNG.integers(0, 255, (16, 16), np.uint8)))


def numbered(folder: Path, splits: tuple[str, ...] = ("train", "test")) -> Path:
    for split in splits:
        for number in range(1, 8):
            for k in range(3):
                face(folder / split / str(number) / f"{k}.png")
    return folder


def test_equal_names_in_class_folders_are_different_images(tmp_path: Path) -> None:
    dataset = open_dataset(numbered(tmp_path / "set"))
    assert dataset.counts().tolist() == [[3] * 7, [3] * 7]


def test_a_folder_of_validation_images_is_read(tmp_path: Path) -> None:
    dataset = open_dataset(numbered(tmp_path / "set", ("train", "valid")))
    assert dataset.split_names == ("train", "valid") and len(dataset) == 42


def test_numbered_folders_of_any_set_say_that_the_order_is_assumed(tmp_path: Path) -> None:
    folder = numbered(tmp_path / "set")
    notes = " ".join(open_dataset(folder).notes)
    assert "assumed" in notes and "RAF-DB's order: 1 surprise" in notes
    alphabetical = open_dataset(folder, reader="rafdb:labels=alphabetical")
    assert "assumed" not in " ".join(alphabetical.notes)
    first = alphabetical.labels[alphabetical.columns["file"] == "train/5/0.png"]
    assert alphabetical.classes[int(first[0])] == "neutral"


@pytest.mark.parametrize(
    ("coding", "codes", "number", "name"),
    [
        ("fer2013", range(7), 6, "neutral"),
        ("alphabetical", range(7), 0, "angry"),
        ("alphabetical", range(8), 1, "contempt"),
        ("alphabetical", range(1, 8), 7, "surprise"),
        ("affectnet", range(8), 0, "neutral"),
        ("ferplus", range(8), 2, "surprise"),
        ("rafdb", range(1, 8), 7, "neutral"),
    ],
)
def test_orders_of_numbers(coding: str, codes: range, number: int, name: str) -> None:
    assert order_of(coding, codes)[number] == name


def test_files_that_are_not_read_are_counted_by_reason(tmp_path: Path) -> None:
    for name in ("happy", "sad"):
        for k in range(3):
            face(tmp_path / "set" / name / f"{k}.png")
        (tmp_path / "set" / name / "phone.heic").write_bytes(b"x")
    face(tmp_path / "set" / "beside.png")
    (tmp_path / "set" / "README.md").write_text("no image")
    (tmp_path / "set" / "happy" / "cut.png").write_bytes(b"\x89PNG")
    notes = open_dataset(tmp_path / "set").notes
    assert "1 of 7 images were left out: cut.png" in notes[0]
    assert notes[1] == (
        "3 of 10 image files were not read: 2 in a format that is not read here (.heic); "
        "1 whose folder or name is not of this layout, such as beside.png."
    )


def test_avif_is_read_and_heic_is_refused_by_name(tmp_path: Path) -> None:
    for name in ("happy", "sad"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for k in range(2):
            image = Image.fromarray(RNG.integers(0, 255, (16, 16, 3), np.uint8))
            image.save(tmp_path / "set" / name / f"{k}.avif")
    assert len(open_dataset(tmp_path / "set")) == 4
    for data, words in ((b"\0\0\0\x18ftypheic", "HEIC"), (b"%PDF-1.7", "PDF"), (b"\x1aE\xdf\xa3" * 4, "video")):
        with pytest.raises(UserError, match=words):
            decode_image(data)


def test_notes_of_a_set_stand_in_its_evaluation(tmp_path: Path) -> None:
    (tmp_path / "set.csv").write_text(
        "label,pixels\n" + "".join(f"{k % 7},{' '.join(map(str, RNG.integers(0, 256, 64)))}\n" for k in range(70))
    )
    dataset = open_dataset(tmp_path / "set.csv", reader="csv")
    shifted = np.roll(np.eye(7, dtype=np.float32), 1, axis=0)[np.arange(70) % 7]
    prediction = Prediction(FER7, shifted, shifted, np.zeros((70, 2), np.float32))
    evaluation = evaluate(prediction, dataset, Protocol(Part("all", np.arange(70)), "val"))
    assert "Labels are numbers" in evaluation.notes[0]
    assert "Labels look exchanged" in evaluation.notes[-1] and "--map angry=neutral," in evaluation.notes[-1]
    assert set(evaluation.notes) < set(evaluation.to_json()["notes"])  # which also say that a class has few images


def test_exchanged_labels_are_named_only_where_the_gain_is_clear() -> None:
    truth = RNG.integers(0, 7, 400)
    good = np.where(RNG.random(400) < 0.7, truth, RNG.integers(0, 7, 400))
    assert exchanged_labels(truth, good, FER7) is None
    assert exchanged_labels(truth, RNG.integers(0, 7, 400), FER7) is None
    swapped = np.choose(good, [3, 1, 2, 0, 4, 5, 6])
    sentence = exchanged_labels(truth, swapped, FER7)
    assert sentence is not None and sentence.endswith("--map angry=happy,happy=angry")
    assert exchanged_labels(truth[:30], swapped[:30], FER7) is None


def test_one_common_class_is_refused() -> None:
    with pytest.raises(UserError, match="class happy only"):
        match_classes(FER7, ("happy", "tired"))


@pytest.mark.parametrize(
    ("word", "name"),
    [("Wut", "angry"), ("Überraschung", "surprise"), ("U\u0308berraschung", "surprise"), ("0_angry", "angry"),
     ("03-Happy", "happy"), ("calm", "neutral"), ("高兴", "happy"), ("öfke", "angry"), ("tristesse", "sad")],
)  # fmt: skip
def test_translated_and_numbered_class_names(word: str, name: str) -> None:
    assert labels.is_emotion(word) and labels.canonical(word) == name
    assert labels.colour(word) == labels.colour(name)


def test_options_follow_paths_and_names_with_a_colon_are_paths(tmp_path: Path) -> None:
    folder = numbered(tmp_path / "set")
    named = open_dataset(f"{folder}:labels=alphabetical")
    assert "alphabetical order" in " ".join(named.notes)
    assert open_dataset(f"{folder}:reader=rafdb,labels=affectnet").name == "rafdb"
    with pytest.raises(UserError, match="no option"):
        open_dataset(f"{folder}:colour=red")
    folder.rename(tmp_path / "a:b=c")
    assert len(open_dataset(tmp_path / "a:b=c")) == len(named)


def test_photographs_whose_faces_are_small_are_said_and_auto_cuts_them_out(tmp_path: Path) -> None:
    from skimage.data import astronaut

    for name in ("happy", "sad"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for k in range(2):
            (tmp_path / "set" / name / f"{k}.png").write_bytes(encode_png(astronaut()[: 300 + k, 50:400]))
    middle, auto = open_dataset(tmp_path / "set"), open_dataset(f"{tmp_path / 'set'}:crop=auto")
    face = open_dataset(f"{tmp_path / 'set'}:crop=face")
    assert any("read the set with the option crop=face" in note for note in middle.notes)
    assert any("the face of each is cut out" in note for note in auto.notes)
    assert (auto.images == face.images).all() and (auto.images != middle.images).any()
    small = open_dataset(numbered(tmp_path / "small"))
    assert not any("Faces fill" in note for note in small.notes)
