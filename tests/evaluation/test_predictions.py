"""Predictions tables: what is written is read back, the cache knows what it was made from, damage is survived."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import fer_models
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import Classifier, load_checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation import predictions
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import (
    cached_predictions,
    predictions_folder,
    predictions_for,
    read_predictions,
    write_predictions,
)
from fer_models.evaluation.protocol import Protocol
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

PROTOCOL = Protocol(Part("all", np.arange(30)), selection="folds")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("checkpoint") / "small"
    save_checkpoint(folder, fer_models.create_model("fcsdnet", 7, 1), FER7, Preprocess())
    return load_checkpoint(folder)


@pytest.fixture(scope="module")
def faces() -> FaceDataset:
    rng = np.random.default_rng(0)
    return FaceDataset(
        name="test",
        images=rng.integers(0, 256, (30, 48, 48, 1), dtype=np.uint8),
        labels=np.r_[-1, rng.integers(0, 7, 29)].astype(np.int64),
        classes=FER7,
        split=np.zeros(30, np.int8),
        split_names=("Training",),
        rows=np.arange(30) + 100,
        source="memory",
    )


def equal(a: Evaluation, b: Evaluation) -> None:
    for name in ("targets", "predictions", "logits", "probabilities", "positions", "rows"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for name in ("classes", "data", "fingerprint", "split", "selection", "averaging", "notes"):
        assert getattr(a, name) == getattr(b, name)


def test_the_second_time_nothing_is_computed(
    classifier: Classifier, faces: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = classifier.checkpoint
    assert cached_predictions(checkpoint, faces, PROTOCOL) is None
    first = predictions_for(classifier, faces, PROTOCOL)
    monkeypatch.setattr(predictions, "evaluate", None)  # calling it would raise
    monkeypatch.setattr(predictions, "Classifier", None)
    second = predictions_for(checkpoint, faces, PROTOCOL)
    equal(first, second)
    assert second.embeddings is not None and second.embeddings.dtype == np.float16
    np.testing.assert_allclose(second.embeddings, first.embeddings, rtol=1e-3, atol=1e-4)
    assert second.to_json() == first.to_json()
    assert len(list(predictions_folder().iterdir())) == 1  # nothing half-written is left


def test_another_network_data_split_or_averaging_is_another_table(classifier: Classifier, faces: FaceDataset) -> None:
    checkpoint = classifier.checkpoint
    predictions_for(classifier, faces, PROTOCOL)
    relabelled = dataclasses.replace(faces, labels=np.roll(faces.labels, 1))
    bigger = dataclasses.replace(checkpoint, preprocess=Preprocess(size=64))
    assert cached_predictions(checkpoint, faces, PROTOCOL) is not None
    assert cached_predictions(checkpoint, faces, dataclasses.replace(PROTOCOL, averaging="flip")) is None
    assert cached_predictions(checkpoint, faces, dataclasses.replace(PROTOCOL, part=Part("all", np.arange(20)))) is None
    assert cached_predictions(checkpoint, relabelled, PROTOCOL) is None
    assert cached_predictions(dataclasses.replace(checkpoint, sha256="0"), faces, PROTOCOL) is None
    assert cached_predictions(bigger, faces, PROTOCOL) is None


def test_any_tool_reads_the_table(classifier: Classifier, faces: FaceDataset, tmp_path: Path) -> None:
    evaluation = predictions_for(classifier, faces, dataclasses.replace(PROTOCOL, averaging="flip"))
    table = pd.read_parquet(write_predictions(evaluation, tmp_path / "mine"))
    assert list(table.columns[:5]) == ["row", "position", "split", "target", "prediction"]
    assert table["row"].tolist() == list(range(101, 130))
    np.testing.assert_array_equal(table["probability_happy"], evaluation.probabilities[:, 3])
    assert (table["target"] == [FER7[k] for k in evaluation.targets]).all()


def test_a_damaged_table_is_computed_again(classifier: Classifier, faces: FaceDataset) -> None:
    first = predictions_for(classifier, faces, PROTOCOL)
    (folder,) = predictions_folder().iterdir()
    (folder / "predictions.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UserError, match="compute it again"):
        read_predictions(folder)
    equal(predictions_for(classifier, faces, PROTOCOL), first)
    equal(read_predictions(folder), first)


def test_a_cache_that_cannot_be_written_is_said_but_stops_nothing(
    classifier: Classifier, faces: FaceDataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "file"))
    evaluation = predictions_for(classifier, faces, PROTOCOL)
    assert evaluation.n == 29 and "free some disk space" in evaluation.notes[-1]


def test_a_table_of_another_version_or_class_is_refused(
    classifier: Classifier, faces: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fer_models.evaluation import predictions

    table = predictions_for(classifier, faces, PROTOCOL)
    folder = predictions.table_folder(classifier.checkpoint, faces, PROTOCOL)
    read = predictions.read_predictions(folder)
    for name in ("targets", "predictions", "logits", "positions", "rows"):
        np.testing.assert_array_equal(getattr(read, name), getattr(table, name))
    assert (read.classes, read.split, read.label_map) == (table.classes, table.split, table.label_map)
    monkeypatch.setattr(predictions, "_VERSION", predictions._VERSION + 1)
    with pytest.raises(UserError, match="no predictions table of this version"):
        predictions.read_predictions(folder)
