"""Outputs after each epoch: the same pictures each time, the figures of metrics.jsonl, thinned evenly, never half."""

import numpy as np
import pytest

from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from fer_models.training.runs.epochs import (
    AT_MOST_EPOCHS,
    EpochOutputs,
    list_epochs,
    read_epoch,
    spacing,
    write_epoch,
)
from fer_models.training.runs.run import create_run
from fer_models.training.runs.steps import read_losses
from fer_models.training.runs.worker import work
from fer_models.training.validation import sample_rows
from fer_models.training.watch.history import read_watched

SMALL = Recipe(data="synthetic:count=210,size=48,identities=12", network="mini_xception", epochs=2, batch_size=32)


def made(n=3, k=7, d=4):
    rng = np.random.default_rng(0)
    return EpochOutputs(np.arange(n), np.zeros(n, int), rng.normal(size=(n, k)), rng.normal(size=(n, d)))


def test_a_worker_writes_the_outputs_that_its_figures_come_from():
    run = create_run(SMALL)
    assert work(run) == 0, run.status()
    assert list_epochs(run.folder) == read_watched(run.folder).epochs.tolist() == [1, 2]
    assert read_losses(run.folder / "steps.jsonl")
    first, second = (read_epoch(run.folder, epoch) for epoch in (1, 2))
    dataset = open_dataset(SMALL.data)
    position = {int(row): i for i, row in enumerate(dataset.rows)}
    assert [dataset.labels[position[int(row)]] for row in first.ids] == first.targets.tolist()
    np.testing.assert_array_equal(first.ids, second.ids)
    assert not np.array_equal(first.logits, second.logits)
    assert first.embedding.shape == (len(first.ids), 1152)
    assert first.logits.dtype == first.embedding.dtype == np.float16
    for outputs, row in zip((first, second), run.metrics(), strict=True):
        matrix = np.zeros((7, 7), int)
        np.add.at(matrix, (outputs.targets, outputs.logits.astype(np.float32).argmax(1)), 1)
        assert np.abs(matrix - np.array(row["val_confusion"])).sum() <= 2  # float16 may tie two logits
        recall = np.diag(row["val_confusion"]) / np.maximum(np.sum(row["val_confusion"], 1), 1)
        np.testing.assert_allclose(row["val_recall"], recall, atol=1e-6)


def test_the_same_two_thousand_pictures_are_kept_by_seed():
    rows = sample_rows(3500, 4)
    assert len(set(rows.tolist())) == 2000
    assert rows.tolist() == sorted(rows.tolist()) == sample_rows(3500, 4).tolist()
    assert rows.tolist() != sample_rows(3500, 5).tolist()
    assert sample_rows(9, 0).tolist() == list(range(9))


def test_long_runs_keep_evenly_spaced_epochs_the_first_the_best_and_the_latest():
    run = create_run(SMALL)
    for epoch in range(1, 102):
        write_epoch(run.folder, epoch, made(), keep={17})
    assert list_epochs(run.folder) == sorted({1, 17, 101, *range(4, 101, 4)})
    assert spacing(AT_MOST_EPOCHS, AT_MOST_EPOCHS) == 1
    assert spacing(AT_MOST_EPOCHS + 1, AT_MOST_EPOCHS) == 2
    assert not list((run.folder / "epochs").glob(".*"))


def test_damage_and_absence_are_one_sentence():
    run = create_run(SMALL)
    assert list_epochs(run.folder) == []
    with pytest.raises(UserError, match="it has those of: none"):
        read_epoch(run.folder, 1)
    write_epoch(run.folder, 1, made())
    file = run.folder / "epochs" / "0001.npz"
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"PK nothing", whole[:-200] + bytes(200)):
        file.write_bytes(damaged)
        with pytest.raises(UserError, match="damaged"):
            read_epoch(run.folder, 1)
    write_epoch(run.folder, 1, EpochOutputs(np.arange(3), np.zeros(3, int), np.zeros((2, 7)), np.zeros((3, 4))))
    with pytest.raises(UserError, match="damaged"):
        read_epoch(run.folder, 1)
