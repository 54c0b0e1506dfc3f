"""Networks of folds: their own held-out part is the usual choice, and all folds can be pooled."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from app_driver import make_checkpoint, open_page, words
from evidence_maker import NAME, answers, write_faces
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset, make_split
from fer_models.evaluation import training_overlap
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.pooled import pool
from fer_models.evaluation.predictions import table_folder, write_predictions
from fer_models.evaluation.protocol import Protocol
from fer_models.training.recipe import Recipe


def fold_network(folders: Path, fold: int) -> Checkpoint:
    recipe = Recipe(data=NAME, protocol="folds-5", fold=fold)
    provenance = {"recipe": recipe.to_dict(), "data": NAME, "validation": f"validation part of fold {fold}"}
    return make_checkpoint(folders / "checkpoints" / f"fold-{fold}", seed=fold, provenance=provenance)


def all_sad(dataset: FaceDataset, index: np.ndarray, called: str) -> Evaluation:
    """A network that answers sad to every picture."""
    logits = np.zeros((len(index), 7), np.float32)
    logits[:, dataset.classes.index("sad")] = 2
    evaluation = answers(dataset)
    return dataclasses.replace(
        evaluation,
        targets=np.asarray(dataset.labels)[index],
        predictions=logits.argmax(1),
        logits=logits,
        probabilities=softmax(logits),
        embeddings=None,
        positions=index,
        rows=np.asarray(dataset.rows)[index],
        fingerprint=dataset.fingerprint(index),
        split=called,
    )


def test_folds_are_found_by_their_recipe_and_pooled(folders: Path) -> None:
    dataset = write_faces(folders)
    networks = [fold_network(folders, fold) for fold in (0, 1, 3)]
    stranger = make_checkpoint(folders / "checkpoints" / "stranger")
    folds = training_overlap.folds(networks[1], [*networks, stranger], dataset, NAME)
    assert [checkpoint.name for checkpoint, _ in folds] == ["fold-0", "fold-1", "fold-3"]
    for fold, (_, part) in zip((0, 1, 3), folds, strict=True):
        assert part.index.tolist() == make_split(dataset, "folds-5", fold=fold).test.tolist()
    assert training_overlap.folds(stranger, networks, dataset, NAME) == []
    assert training_overlap.held_out_part(stranger, dataset, NAME) is None
    assert training_overlap.folds_name(networks[0], 3) == "3 of 5 folds pooled"
    parts = [all_sad(dataset, part.index, part.name) for _, part in folds]
    whole = pool(parts, dataset, "3 of 5 folds pooled")
    assert whole.n == sum(part.n for part in parts) == len(set(whole.positions.tolist()))
    assert whole.confusion.tolist() == sum(part.confusion for part in parts).tolist()
    assert whole.value("accuracy") == float((whole.targets == 4).mean())


def test_pictures_that_trained_the_network_are_said(folders: Path) -> None:
    dataset, network = write_faces(folders), fold_network(folders, 0)
    split = make_split(dataset, "folds-5", fold=0)
    card = training_overlap.overlap_scorecard(all_sad(dataset, split.train, "x"), NAME, network, dataset, None)
    assert card.warnings[0].startswith(f"All of these {len(split.train)} images trained the network")
    card = training_overlap.overlap_scorecard(all_sad(dataset, split.test, "x"), NAME, network, dataset, None)
    assert not any("trained the network" in text for text in card.warnings)
    people = np.where(np.arange(len(dataset)) % 2, "ann", "ben")
    named = dataclasses.replace(dataset, subjects=people)
    card = training_overlap.overlap_scorecard(all_sad(named, split.test, "x"), NAME, network, named, None)
    assert any("2 subjects are both in training and among these images" in text for text in card.warnings)


def test_the_page_begins_with_the_held_out_part_and_pools(app: AppTest, folders: Path) -> None:
    dataset = write_faces(folders)
    for fold in (0, 1):
        network = fold_network(folders, fold)
        part = training_overlap.held_out_part(network, dataset, NAME)
        assert part is not None
        folder = table_folder(network, dataset, Protocol(part, network.selection))
        write_predictions(all_sad(dataset, part.index, part.name), folder)
    open_page(app, "confusion", data=NAME, checkpoint="fold-1")
    assert not app.error, words(app)
    assert "test part (5 folds of images, fold 2 of 5, seed 0)" in words(app)
    held_out = len(make_split(dataset, "folds-5", fold=1).test)
    assert f"n = {held_out} ·" in words(app)
    app.selectbox(key="shared.pictures").set_value("folds").run()
    assert not app.error, words(app)
    both = held_out + len(make_split(dataset, "folds-5", fold=0).test)
    assert f"n = {both} · 2 of 5 folds pooled · epoch chosen on each fold's own validation part" in words(app)
    app.switch_page("../pages/misclassifications.py").run()
    assert not app.error and f"of {both} faces are wrong" in words(app)
