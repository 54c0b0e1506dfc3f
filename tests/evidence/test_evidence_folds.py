"""Scorecard, thresholds and a face's place on the map: their services and what they draw."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest
from app_driver import make_checkpoint
from evidence_maker import NAME, answers, write_faces
from sklearn import metrics as sk

from fer_models.embedding import FaceMap, MapSettings
from fer_models.errors import UserError
from fer_models.evaluation import mistakes
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.scorecard import Baseline
from fer_models.labels import FER7
from fer_models.training.recipe import Recipe
from workbench.features.confusion import figures
from workbench.features.confusion.model import scorecard, thresholds
from workbench.features.misclassifications.figures import face_on_map
from workbench.features.misclassifications.model import map_position


def many(n: int = 300) -> Evaluation:
    """Predictions for n images, half of them confident and correct, with embeddings clustered by class."""
    random, rows = np.random.default_rng(0), np.arange(n)
    targets = rows % 7
    logits = random.normal(0, 1, (n, 7)).astype(np.float32)
    logits[rows, targets] += 1.5
    embeddings = (np.eye(7)[targets] * 5 + random.normal(0, 0.1, (n, 7))).astype(np.float32)
    return Evaluation(
        FER7, targets, logits.argmax(1), logits, softmax(logits), embeddings, rows, rows, "made", "x", "test", ""
    )


def test_curves_have_the_areas_of_scikit_learn() -> None:
    evaluation = many()
    for kind, area in (("roc", sk.roc_auc_score), ("pr", sk.average_precision_score)):
        curves = thresholds.curves(evaluation, kind)  # type: ignore[arg-type]
        assert list(curves) == list(FER7)
        for k, name in enumerate(FER7):
            reference = area(evaluation.targets == k, evaluation.probabilities[:, k])
            assert curves[name][1] == pytest.approx(reference, abs=1e-12)
        figure = figures.class_curves(curves, kind)  # type: ignore[arg-type]
        assert len(figure.data) == 7 + (kind == "roc")
        assert len({(t.line.dash, t.line.color) for t in figure.data}) == len(figure.data)
    without = evaluation.take(evaluation.targets != 2)
    assert "fear" not in thresholds.curves(without, "roc")


def test_acceptance_meets_at_the_equal_error_rate() -> None:
    evaluation = many()
    for attempts in thresholds.ATTEMPTS:
        curve = thresholds.acceptance(evaluation, attempts)
        figure = figures.acceptance(curve)
        assert f"{100 * curve.eer:.1f}" in figure.data[2].name
        at = np.abs(curve.far - curve.frr).argmin()
        assert curve.far[at] == pytest.approx(curve.eer, abs=0.02)
    paper = thresholds.as_the_fifth_paper(evaluation)
    assert paper.far == pytest.approx(1 - evaluation.value("accuracy"))


def test_the_card_says_where_it_comes_from(folders: Path) -> None:
    dataset = write_faces(folders)
    recipe = {
        "recipe": Recipe(data=NAME, seed=7).to_dict(),
        "data": NAME,
        "split": "official",
        "selection": "best epoch",
    }
    checkpoint = make_checkpoint(folders / "checkpoints" / "own", provenance=recipe)
    plain = answers(dataset)
    flipped = dataclasses.replace(plain, averaging="flip")
    shares = np.eye(7, dtype=np.float32)[dataset.labels]
    voted = dataclasses.replace(dataset, soft_labels=shares)
    nearest = Baseline("the nearest neighbour on pixels", 0.5, 12)
    card = scorecard.make(plain, [flipped], scorecard.Sources(checkpoint, NAME, dataset, None, voted, nearest))
    lines = {what: value for what, value, _ in scorecard.rows(card)}
    assert lines["Accuracy, plain"] == "50.0 % [25.4, 74.6]"
    assert lines["Accuracy, mean of the image and its mirror image"] == "50.0 % [25.4, 74.6]"
    assert lines["Names the class that most annotators chose"].startswith("50.0 %")
    assert lines["For comparison: the nearest neighbour on pixels"] == "50.0 %"
    facts = dict(scorecard.facts(card))
    assert facts["Selection rule"] == "best epoch" and facts["Seed"] == "7"
    assert "277,309 parameters" in facts["Network"] and facts["Measured on"] == "Folder of images, test, 12 images"
    assert any("is not clearly above it" in text for text in card.warnings)
    assert "# own" in scorecard.markdown(card) and "Accuracy, plain" in scorecard.markdown(card)


def test_the_nearest_neighbour_is_asked_in_the_background(folders: Path) -> None:
    dataset = write_faces(folders)
    checkpoint = make_checkpoint(folders / "checkpoints" / "own")
    assert scorecard.find_nearest(answers(dataset)) is None
    job = scorecard.start_nearest(answers(dataset), NAME, checkpoint, dataset)
    deadline = time.monotonic() + 60
    while job.active and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job.state == "done", job.problem
    assert job.result.n == 12 and 0 <= job.result.accuracy <= 1
    assert scorecard.find_nearest(answers(dataset)) is job


def made_map(faces: Evaluation) -> FaceMap:
    """Classes on a circle."""
    angle = 2 * np.pi * faces.targets / 7
    points = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    ones = np.ones(faces.n, np.float32)
    return FaceMap(points, ones, ones, None, None, MapSettings(), 0.0)  # type: ignore[arg-type]


def test_a_face_lies_among_its_own_kind() -> None:
    evaluation = many()
    faces = map_position.faces_of(evaluation, 100)
    made = made_map(faces)
    on_map = int(np.flatnonzero(np.isin(evaluation.positions, faces.positions))[0])
    position = map_position.find(evaluation, on_map, faces, made)
    assert position.drawn and sum(number for _, number in position.around) == 10
    row = int(np.flatnonzero(faces.positions == evaluation.positions[on_map])[0])
    assert position.point == pytest.approx(made.coordinates[row].tolist())
    off = int(np.flatnonzero(~np.isin(evaluation.positions, faces.positions))[0])
    position = map_position.find(evaluation, off, faces, made)
    name = FER7[int(evaluation.targets[off])]
    assert not position.drawn and position.around[0][0] == name
    angle = 2 * np.pi * evaluation.targets[off] / 7
    assert position.point == pytest.approx((np.cos(angle), np.sin(angle)), abs=1e-5)
    figure = face_on_map(made.coordinates, [FER7[int(k)] for k in faces.targets], FER7, position.point)
    assert figure.data[-1].name == "this face" and len(figure.data) == 8
    with pytest.raises(UserError, match="not kept"):
        map_position.find(dataclasses.replace(evaluation, embeddings=None), 0, faces, made)


def test_ranks_of_covered_faces_filter(folders: Path) -> None:
    dataset = write_faces(folders)
    evaluation = answers(dataset)
    rank = mistakes.covered(evaluation, dataset)
    assert sorted(rank) == pytest.approx(np.linspace(0, 100, evaluation.n))
    conditions = mistakes.Filter(covered=(80, 100), right=True)
    scores = mistakes.scores(evaluation)
    indices = mistakes.ordered(evaluation, dataset, conditions, "source", scores, covered=rank)
    assert len(indices) == (rank >= 80).sum() == 3
