"""What the Datasets page says, as functions of small sets: filters, leaks, samples, doubt, uploads, jobs."""

from __future__ import annotations

import base64
import dataclasses
import io
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer_models.data import FaceDataset, known_datasets, open_dataset
from fer_models.data.augment import Augmentation
from fer_models.errors import UserError
from fer_models.evaluation.doubtful_labels import doubt_by_votes
from fer_models.folders import uploads_folder
from fer_models.preprocess import Preprocess
from workbench.app import dataset_facts, datasets, pictures
from workbench.features.datasets.model import all_sets, audit, augmentation, filter
from workbench.features.datasets.model.filter import Filter


def faces(count: int = 40, **more: object) -> FaceDataset:
    """Noise in two classes; of every eight, five train and one validates. 7 is a copy of 0 with the other label."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 200, (count, 16, 16, 1), dtype=np.uint8)
    images += np.linspace(0, 55, count, dtype=np.uint8)[:, None, None, None]
    labels = np.arange(count) % 2
    split = np.asarray((0, 0, 0, 0, 0, 1, 2, 2), np.int8)[np.arange(count) % 8]
    images[7] = images[0]
    values: dict[str, object] = {
        "labels": labels.astype(np.int64),
        "split": split,
        "split_names": ("train", "val", "test"),
        "subjects": np.asarray([f"P{i % 5}" for i in range(count)]),
        "rows": np.arange(count) + 100,
    }
    return FaceDataset(
        name="small",
        images=images,
        classes=("happy", "sad"),
        source="made",
        **{**values, **more},  # type: ignore[arg-type]
    )


def zip_of(folder_names: list[str], per_class: int = 3) -> bytes:
    rng = np.random.default_rng(1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for folder in folder_names:
            for number in range(per_class):
                picture = io.BytesIO()
                Image.fromarray(rng.integers(0, 255, (48, 48), dtype=np.uint8)).save(picture, "PNG")
                archive.writestr(f"{folder}/{number}.png", picture.getvalue())
    return buffer.getvalue()


def test_filters_choose_and_order() -> None:
    data = faces()
    copies = dataset_facts.exact_copies(data)
    brightness, _ = dataset_facts.all_light(data)

    def filtered(**criteria: object) -> list[int]:
        return filter.positions(
            data,
            Filter(**criteria),
            brightness=brightness,
            copies=copies,  # type: ignore[arg-type]
        ).tolist()

    assert filtered() == list(range(40))
    assert filtered(classes=("sad",)) == list(range(1, 40, 2))
    assert filtered(split="test", subjects=("P1",)) == [i for i in range(40) if i % 8 >= 6 and i % 5 == 1]
    assert filtered(copies="copies") == [0, 7]
    assert filtered(copies="conflicts") == [0, 7]
    assert filtered(copies="leaks") == [7]
    dark = filtered(order="dark")
    assert list(brightness[dark]) == sorted(brightness)
    assert list(brightness[filtered(order="bright")]) == sorted(brightness, reverse=True)
    middle = int(np.median(brightness))
    assert set(filtered(brightness=(0, middle))) == set(np.flatnonzero(np.rint(brightness) <= middle).tolist())
    assert filtered(order="random") != filtered() and sorted(filtered(order="random")) == filtered()


def test_copies_with_the_same_label_are_no_conflict() -> None:
    data = faces(labels=np.zeros(40, np.int64))
    copies = dataset_facts.exact_copies(data)
    assert not filter.copied(data, copies, "conflicts").any()
    assert filter.copied(data, copies, "copies").sum() == 2


def test_order_by_doubt_leaves_out_what_was_not_asked() -> None:
    doubt = np.full(40, np.nan)
    doubt[[3, 9, 20]] = [0.1, 0.9, 0.5]
    assert filter.positions(faces(), Filter(order="doubt"), doubt=doubt).tolist() == [9, 20, 3]


def test_the_answer_names_copies_and_subjects() -> None:
    data = faces()
    split = dataset_facts.split_of(data, "official")
    answer = dataset_facts.answer(data, split, dataset_facts.exact_copies(data))
    assert (answer.val, answer.test, answer.copies, answer.subjects) == (5, 10, 1, 5)
    assert dataset_facts.answer(data, split, None).copies is None
    safe = dataset_facts.answer(data, dataset_facts.split_of(data, "folds-5-subject"), dataset_facts.exact_copies(data))
    assert safe.subjects == 0


def test_protocols_offer_only_what_fits() -> None:
    assert "folds-5-subject" in dataset_facts.protocols(faces())
    unknown = dataset_facts.protocols(faces(subjects=None))
    assert not any("subject" in key for key in unknown)
    one_part = dataset_facts.protocols(faces(split=np.zeros(40, np.int8), split_names=("all",)))
    assert next(iter(one_part)) == "folds-5-subject"


def test_samples_and_means_agree_with_all_pictures() -> None:
    data = faces()
    sample = dataset_facts.sample(data)
    assert len(sample.positions) == 40
    np.testing.assert_allclose(sample.brightness, data.images.reshape(40, -1).mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(sample.pixels.sum(axis=1), 1)
    means, used = dataset_facts.mean_faces(data)
    assert used.tolist() == [20, 20]
    np.testing.assert_allclose(means[1], data.images[data.labels == 1, :, :, 0].mean(axis=0), rtol=1e-5)


def test_facts_say_all_that_is_known() -> None:
    data = faces(columns={"AU12": np.full(40, 0.5), "AU04": np.zeros(40), "landmarks": np.zeros((40, 3, 2))})
    facts = dict(dataset_facts.facts(data, 7, dataset_facts.exact_copies(data)))
    assert facts["Row"] == "107" and facts["Class"] == "sad" and facts["Subject"] == "P2"
    assert facts["Action units"] == "AU12 0.50" and facts["Landmarks"] == "3 points"
    assert facts["Identical copies"] == "happy · row 100 · train · subject P0"


def test_doubt_by_votes() -> None:
    shares = np.tile(np.asarray([[1.0, 0.0]], np.float32), (40, 1))
    shares[5] = 0.5
    doubt = doubt_by_votes(faces(soft_labels=shares))
    assert doubt.values[5] == pytest.approx(1) and doubt.values[0] == pytest.approx(0)
    with pytest.raises(UserError, match="does not tell how"):
        doubt_by_votes(faces())


def test_a_zip_becomes_a_set_and_goes_again(folders: Path) -> None:
    content = zip_of(["happy", "sad"])  # one file: a second one would hold another time
    entry = datasets.add_zip("", "my faces.zip", content)
    assert entry.name == "my-faces"
    data = open_dataset(entry.name)
    assert data.classes == ("happy", "sad") and len(data) == 6
    with pytest.raises(UserError, match="added already"):
        datasets.add_zip("other", "again.zip", content)
    datasets.remove(entry.name)
    assert not Path(entry.source).exists() and datasets.find(entry.name) is None


def test_a_zip_with_one_folder_inside_is_found() -> None:
    entry = datasets.add_zip("deep", "x.zip", zip_of(["set/happy", "set/sad"]))
    assert len(open_dataset(entry.name)) == 6


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"no zip", "damaged"), (zip_of(["../happy"]), "outside"), (zip_of(["x"], 0), "holds no files")],
)
def test_nothing_stays_of_a_bad_zip(content: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        datasets.add_zip("bad", "bad.zip", content)
    assert datasets.find("bad") is None
    assert not any(path.is_file() for path in uploads_folder().rglob("*"))


def test_a_set_that_is_not_read_yet_is_said_to_be_so(folders: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of(["happy", "sad"]))) as archive:
        archive.extractall(folders / "data" / "mine")
    assert datasets.default_name() == "synthetic"
    columns, cells = all_sets.table(all_sets.all_sets())
    by_name = {row[0]: dict(zip(columns, row, strict=True)) for row in cells}
    assert by_name["mine"]["On this computer"] == "not read yet" and not by_name["mine"]["Images"]
    assert by_name["JAFFE"]["Official average"] == "30.4"
    assert by_name["RAF-DB"]["Official images"] == "15,339" and by_name["RAF-DB"]["On this computer"] == "not here"
    open_dataset("mine")
    entry = next(entry for entry in known_datasets() if entry.name == "mine")
    assert datasets.stored(entry) is not None
    for reader in ("gone", f"{entry.reader}:strange=1"):  # opening them says what is wrong
        assert datasets.stored(dataclasses.replace(entry, reader=reader)) is None
    row = next(row for row in all_sets.all_sets() if row.name == "mine")
    assert row.read_sizes == all_sets.Sizes(2, 6, 3, 3, 3.0)


def test_a_set_that_could_not_be_read_is_listed_so(folders: Path) -> None:
    for name in ("happy", "sad"):
        (folders / "broken" / name).mkdir(parents=True)
        (folders / "broken" / name / "1.png").write_bytes(b"no image")
    entry = datasets.add_path("bad", str(folders / "broken"), "folder")
    assert datasets.listed("bad", "bad") == "bad"
    job = datasets.read(entry)
    assert job.wait(30) and job.state == "failed"
    assert datasets.listed("bad", "bad") == "Unreadable: bad"
    columns, cells = all_sets.table(all_sets.all_sets())
    by_name = {row[0]: dict(zip(columns, row, strict=True)) for row in cells}
    assert by_name[entry.title]["On this computer"] == "could not be read"
    datasets.remove("bad")
    assert datasets.find("bad") is None


def test_variants_are_the_recipes_changes() -> None:
    picture = faces().images[0]
    preprocess = Preprocess(size=24, channels=3)
    still = augmentation.variants(picture, preprocess, Augmentation(), count=3, seed=0)
    assert still.shape == (3, 24, 24, 3) and (still == preprocess.stored(picture)).all()
    turned = augmentation.variants(picture, preprocess, Augmentation(rotation=40), count=3, seed=0)
    assert (turned != still).any() and (turned[0] != turned[1]).any()
    again = augmentation.variants(picture, preprocess, Augmentation(rotation=40), count=3, seed=0)
    assert (turned == again).all()
    mixed = augmentation.variants(
        picture, preprocess, Augmentation(mixup=1), count=6, seed=0, partners=255 - faces().images[1:4]
    )
    assert (mixed != np.repeat(still[:1], 6, axis=0)).any()


def test_the_tensor_is_described_as_it_is() -> None:
    tensor = augmentation.network_input(np.full((16, 16, 1), 255, np.uint8), Preprocess(size=24))
    text = augmentation.describe(tensor, Preprocess(size=24), 16)
    assert "(1, 1, 24, 24) float32" in text and "largest 1.000" in text and "resized from 16 to 24" in text
    assert np.load(io.BytesIO(augmentation.npy(tensor))).shape == (1, 1, 24, 24)


def test_audit_findings_become_rows_and_groups() -> None:
    data = faces()
    job = audit.start(data, "official")
    for _ in range(1200):
        if not job.active:
            break
        time.sleep(0.05)
    assert job.state == "done", job.problem
    report = job.result
    leaks, sentence = audit.headline(report)
    assert leaks and "1 of 15 held-out images (6.7 %)" in sentence and "5 subjects" in sentence
    assert audit.leak_rows(report) == [
        ("val", "5", "0", "0", "0", "0.0 %"),
        ("test", "10", "1", "1", "0", "10.0 %"),
    ]
    kinds = audit.kinds(report)
    assert [group.tolist() for group in kinds["leaks"].groups] == [[0, 7]]
    assert "conflicts" in kinds and "blank" not in kinds
    assert [audit.part_of(report)(i) for i in (0, 5, 7)] == ["train", "val", "test"]
    assert audit.left_out(report) == 1
    assert audit.find(data, "official") is job
    split_accuracy, safe = audit.baselines(report)
    assert 0 <= split_accuracy.low <= split_accuracy.accuracy <= split_accuracy.high <= 1
    assert (split_accuracy.images, safe.images) == ("10 images of 5 people", "40 images of 5 people")


def test_thumbnails_are_small_and_exact() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8)
    data = pictures.thumbnail_uri(picture).split(",", 1)[1]
    assert (np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) == picture).all()
    large = np.zeros((300, 150, 1), np.uint8)
    data = pictures.thumbnail_uri(large, longest=100).split(",", 1)[1]
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (50, 100)
