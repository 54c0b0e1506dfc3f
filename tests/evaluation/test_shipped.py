"""Predictions that come with a checkpoint: exact where the images are, enough where they are not, never of others."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

import fer_models
from fer_models.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from fer_models.classifier import Classifier, Prediction
from fer_models.data.dataset import FaceDataset
from fer_models.embedding import features_of
from fer_models.embedding.extract import ENOUGH
from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation, evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import cached_predictions, predictions_for, table_folder
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped import FILE, read_shipped, shipped_evaluation, without_images, write_shipped
from fer_models.evaluation.shipped.file import ABOUT, Facts, _fit_together
from fer_models.evaluation.slicing.slices import slice_columns
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

COUNT = 240
TEST = np.arange(60, COUNT)
PROTOCOL = Protocol(Part("PublicTest", TEST), selection="")


@pytest.fixture
def faces() -> FaceDataset:
    random = np.random.default_rng(0)
    return FaceDataset(
        name="fer2013",
        images=random.integers(0, 256, (COUNT, 48, 48, 1), dtype=np.uint8),
        labels=np.arange(COUNT) % 7,
        classes=FER7,
        split=(np.arange(COUNT) >= 60).astype(np.int8),
        split_names=("Training", "PublicTest"),
        rows=np.arange(COUNT) + 1000,
        source="memory",
    )


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    # The order of a network's classes need not be the data set's.
    return save_checkpoint(tmp_path / "net", fer_models.create_model("mini_xception", 7, 1), FER7[::-1], Preprocess())


@pytest.fixture
def measured(faces: FaceDataset) -> Evaluation:
    logits = np.random.default_rng(1).normal(size=(len(TEST), 7)).astype(np.float32)
    logits[0] = [1.0, 1.0001, 0, 0, 0, 0, 0]  # nearly equal
    embeddings = np.random.default_rng(2).normal(size=(len(TEST), 80)).astype(np.float32)
    return evaluate(Prediction(FER7, logits, softmax(logits), embeddings), faces, PROTOCOL)


def test_where_the_images_are_nothing_is_computed(
    faces: FaceDataset, checkpoint: Checkpoint, measured: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_shipped(checkpoint, faces, measured)
    assert file == checkpoint.path / FILE and file.stat().st_size < 100_000
    monkeypatch.setattr("fer_models.evaluation.predictions.evaluate", None)
    again = predictions_for(checkpoint, faces, PROTOCOL)
    for name in ("targets", "predictions", "positions", "rows", "logits"):
        np.testing.assert_array_equal(getattr(again, name), getattr(measured, name), err_msg=name)
    assert again.metric_rows() == measured.metric_rows()
    assert (again.classes, again.split, again.fingerprint) == (FER7, "PublicTest", measured.fingerprint)
    assert not table_folder(checkpoint, faces, PROTOCOL).exists()


def test_other_images_labels_parts_or_weights_have_no_predictions(
    faces: FaceDataset, checkpoint: Checkpoint, measured: Evaluation
) -> None:
    assert cached_predictions(checkpoint, faces, PROTOCOL) is None
    file = write_shipped(checkpoint, faces, measured)
    assert cached_predictions(checkpoint, faces, PROTOCOL) is not None
    pixels, labels = faces.images.copy(), faces.labels.copy()
    pixels[100, 0, 0], labels[100] = pixels[100, 0, 0] + 1, (labels[100] + 1) % 7
    others = [
        (checkpoint, dataclasses.replace(faces, images=pixels), PROTOCOL),
        (checkpoint, dataclasses.replace(faces, labels=labels), PROTOCOL),
        (checkpoint, dataclasses.replace(faces, rows=faces.rows + 1), PROTOCOL),
        (checkpoint, dataclasses.replace(faces, name="ferplus"), PROTOCOL),
        (checkpoint, faces, Protocol(Part("PublicTest", TEST[1:]), selection="")),
        (checkpoint, faces, dataclasses.replace(PROTOCOL, averaging="flip")),
        (dataclasses.replace(checkpoint, sha256="0"), faces, PROTOCOL),
    ]
    assert [shipped_evaluation(*other) for other in others] == [None] * len(others)
    content = bytearray(file.read_bytes())
    for place in (-1, 40, 0):
        damaged = content.copy()
        damaged[place] ^= 1
        file.write_bytes(damaged)
        assert read_shipped(checkpoint) is None, place
    file.write_bytes(b"")
    assert read_shipped(checkpoint) is None


def test_a_network_with_more_classes_ships_no_half_of_its_logits(faces: FaceDataset, measured: Evaluation) -> None:
    ferplus = read_checkpoint("checkpoints/fcsdnet-ferplus")
    with pytest.raises(UserError, match="classes that fer2013 lacks"):
        write_shipped(ferplus, faces, measured)


@pytest.mark.parametrize("known", ["people", "photographs"])
def test_what_is_not_independent_travels_with_the_predictions(
    faces: FaceDataset, checkpoint: Checkpoint, known: str
) -> None:
    faces.images[TEST[9]] = faces.images[TEST[4]]
    if known == "people":
        faces = dataclasses.replace(faces, subjects=np.array([f"person {n // 3}" for n in range(COUNT)]))
    logits = np.random.default_rng(1).normal(size=(len(TEST), 7)).astype(np.float32)
    measured = evaluate(Prediction(FER7, logits, softmax(logits), logits), faces, PROTOCOL)
    write_shipped(checkpoint, faces, measured)
    shipped = read_shipped(checkpoint)
    assert shipped is not None
    absent = without_images([shipped])
    again = cached_predictions(checkpoint, absent, Protocol(Part.of_split(absent, "PublicTest"), selection=""))
    with_images = cached_predictions(checkpoint, faces, PROTOCOL)
    assert again is not None and with_images is not None
    for evaluation in (measured, again, with_images):
        assert getattr(evaluation, known) == {"people": 60, "photographs": 179}[known]
        assert evaluation.estimate(["accuracy"]) == measured.estimate(["accuracy"])


def test_without_images_the_figures_stay_and_pixels_are_refused(
    faces: FaceDataset, checkpoint: Checkpoint, measured: Evaluation
) -> None:
    write_shipped(checkpoint, faces, measured)
    shipped = read_shipped(checkpoint)
    assert shipped is not None
    known = without_images([shipped, shipped])
    assert (known.split_names, len(known), known.has_images) == (("PublicTest",), len(TEST), False)
    protocol = Protocol(Part.of_split(known, "PublicTest"), selection="")
    again = cached_predictions(checkpoint, known, protocol)
    assert again is not None and again.value("accuracy") == measured.value("accuracy")
    assert again.fingerprint == measured.fingerprint and list(again.rows) == list(faces.rows[TEST])
    assert slice_columns(known) == ["class"]
    np.testing.assert_array_equal(shipped.right, measured.predictions == measured.targets)
    sad = known.display_images[int(np.flatnonzero(known.labels == 4)[0])]
    assert (sad.shape, sad.min(), sad.max()) == ((48, 48, 1), 0, 255)
    mean = faces.images[TEST].mean(0)  # no class has enough images for a mean of its own
    np.testing.assert_allclose(shipped.mean_faces[4], mean, atol=0.51)
    for look in (
        lambda: known.images[0],
        lambda: np.asarray(known.images),
        lambda: features_of("pixels", checkpoint, known, again),
        lambda: evaluate(Classifier(checkpoint), known, protocol),
    ):
        with pytest.raises(UserError, match="needs the images of FER2013, which"):
            look()


def test_embeddings_are_shortened_and_computed_in_full_where_the_images_are(
    faces: FaceDataset, checkpoint: Checkpoint, measured: Evaluation
) -> None:
    exact = evaluate(Classifier(checkpoint), faces, PROTOCOL)
    write_shipped(checkpoint, faces, exact)
    shipped = read_shipped(checkpoint)
    again = shipped_evaluation(checkpoint, faces, PROTOCOL)
    assert shipped is not None and again is not None and exact.embeddings is not None
    assert again.embeddings is not None and again.embeddings.shape == exact.embeddings.shape
    length = float(np.square(exact.embeddings).sum())
    missing = float(np.square(again.embeddings - exact.embeddings).sum()) / length
    assert again.embeddings_kept == shipped.kept < 1 and missing == pytest.approx(1 - shipped.kept, abs=2e-3)
    assert shipped.kept > ENOUGH and features_of("embedding", checkpoint, faces, again) is again.embeddings
    full = features_of("embedding", checkpoint, faces, dataclasses.replace(again, embeddings_kept=ENOUGH - 0.01))
    np.testing.assert_allclose(full, exact.embeddings, rtol=2e-3, atol=1e-3)
    known = without_images([shipped])
    part = shipped_evaluation(checkpoint, known, Protocol(Part.of_split(known, "PublicTest"), selection=""))
    assert part is not None
    np.testing.assert_array_equal(features_of("embedding", checkpoint, known, part), again.embeddings)


def _network(checkpoint: Checkpoint):
    from fer_models.classifier import Classifier

    return Classifier(checkpoint)


def test_arrays_that_do_not_fit_together_are_refused(
    faces: FaceDataset, checkpoint: Checkpoint, measured: Evaluation
) -> None:
    file = write_shipped(checkpoint, faces, measured)
    with safe_open(file, "np") as stored:
        arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        about = json.loads(stored.metadata()[ABOUT])
    about.pop("sha256")
    facts = Facts(**{name: tuple(value) if isinstance(value, list) else value for name, value in about.items()})
    assert _fit_together(facts, arrays)
    wide = arrays["reduced"].shape[1]
    labels = arrays["labels"]
    odd = {
        "rows": [arrays["rows"][1:], arrays["rows"][None]],
        "labels": [labels[1:], np.where(labels == labels.max(), len(FER7), labels), np.where(labels == 0, -1, labels)],
        "logits": [arrays["logits"][:, 1:], arrays["logits"][1:]],
        "reduced": [arrays["reduced"][:, 1:], arrays["reduced"][1:]],
        "directions": [arrays["directions"][:, 1:], arrays["directions"].ravel()[:wide]],
        "mean_faces": [arrays["mean_faces"][1:], arrays["mean_faces"][..., 0], np.repeat(arrays["mean_faces"], 2, 3)],
    }
    for name, others in odd.items():
        for other in others:
            assert not _fit_together(facts, arrays | {name: other.astype(arrays[name].dtype)}), name
    assert not _fit_together(facts, arrays | {"rows": arrays["rows"].astype(np.int64)})
    assert not _fit_together(facts, {name: array for name, array in arrays.items() if name != "rows"})
    none = {name: arrays[name][:0] for name in ("rows", "labels", "logits", "reduced")}
    assert not _fit_together(facts, arrays | none)
