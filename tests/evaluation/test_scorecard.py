"""The scorecard: warnings where they belong and nowhere else; a card that holds only numbers that were measured."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from fer_models.checkpoint import Checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.annotators import vote_agreement, votes_by_row
from fer_models.evaluation.card.document import card_markdown, known_failures, with_origins
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.scorecard import Baseline, Comparisons, Cost, Leaks, gain_warning, scorecard, selected_on
from fer_models.labels import FER7, FER8
from fer_models.preprocess import Preprocess
from fer_models.publish import _metric_rows

N = 700


def made(selection: str = "Training folds", averaging: str = "none", sure: float = 1.0) -> Evaluation:
    """100 pictures a class; fear is taken for sad 40 times, every tenth picture of the others for neutral."""
    targets = np.repeat(np.arange(7), 100)
    predictions = targets.copy()
    predictions[::10] = 6
    predictions[200:240] = 4
    logits = (sure * 3 * np.eye(7)[predictions]).astype(np.float32)
    positions = np.arange(N)
    return Evaluation(
        FER7,
        targets,
        predictions,
        logits,
        softmax(logits),
        None,
        positions,
        positions + 5,
        "fer2013",
        "f" * 64,
        "PublicTest",
        selection,
        averaging,
    )


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    recipe = {"network": "fcsdnet", "epochs": 40, "lr": 0.003, "seed": 3, "teacher": ""}
    origin = {"data": "fer2013", "split": "Official", "selection": "best epoch by accuracy", "recipe": recipe}
    return Checkpoint(tmp_path / "small", "fcsdnet", {}, 1, FER7, Preprocess(), "ab" * 32, provenance=origin)


def test_an_honest_measurement_gets_no_warning(checkpoint: Checkpoint) -> None:
    card = scorecard(
        checkpoint, made(), leaks=Leaks(np.zeros(N, bool)), comparisons=Comparisons((Baseline("1-NN", 0.4, N),))
    )
    assert card.warnings == ()
    assert card.seed == 3 and card.human is not None and card.human[:2] == (0.6, 0.7)
    report = json.loads(json.dumps(card.to_json()))
    assert report["leaked"] == 0 and report["split"] == "PublicTest" and report["figures"][0]["metric"] == "accuracy"
    accuracy = made().value("accuracy")
    assert report["figures"][0]["value"] == pytest.approx(accuracy) and accuracy == pytest.approx(
        1 - (36 + 60 - 0) / 700, abs=0.01
    )


def test_every_reason_for_doubt_is_said(checkpoint: Checkpoint) -> None:
    leaked = np.zeros(N, bool)
    leaked[:70] = True
    card = scorecard(
        checkpoint,
        made("best epoch by val_accuracy on PublicTest"),
        averaged=[made(averaging="flip")],
        leaks=Leaks(leaked, subjects=12),
        comparisons=Comparisons(
            baselines=(Baseline("A nearest neighbour on pixels", 0.95, N),), gains={"the run before": 0.004}
        ),
        cost=Cost(parameters=4_277_833),
    )
    text = "\n".join(card.warnings)
    for words in ("selected on PublicTest", "70 of 700 images (10.0 %)", "12 subjects", "95.0 %", "+0.4 points"):
        assert words in text
    labels = [figure.label for figure in card.figures if figure.metric == "accuracy"]
    assert labels[:2] == ["plain", "mean of the image and its mirror image"]
    assert labels[2].startswith("without leaked images") and len(labels) == 4
    without = next(figure for figure in card.figures if figure.label == "without leaked images")
    assert without.n == 630 and without.estimate.value == pytest.approx(made().take(~leaked).value("accuracy"))


def test_when_a_selection_names_the_split() -> None:
    assert selected_on("PublicTest", "PublicTest")
    assert selected_on("best epoch by val_accuracy on val", "val")
    assert not selected_on("best epoch by val_accuracy on Training", "val")
    assert not selected_on("Training folds", "PublicTest")
    assert not selected_on("PublicTest", "Test")
    assert not selected_on("not selected on PublicTest", "PublicTest")
    assert not selected_on("", "")


def test_small_gains_are_told_from_chance() -> None:
    estimate = Estimate(0.7, 0.685, 0.715)
    assert "± 1.5 points" in (gain_warning(0.01, "X", estimate) or "")
    assert gain_warning(0.02, "X", estimate) is None


def test_wrong_input_is_said(checkpoint: Checkpoint) -> None:
    with pytest.raises(UserError, match="700 images"):
        scorecard(checkpoint, made(), leaks=Leaks(np.array([1, 2, 3])))
    with pytest.raises(UserError, match="same images"):
        scorecard(checkpoint, made(), averaged=[dataclasses.replace(made(), fingerprint="other")])


def test_the_card_says_what_was_measured_and_what_is_forbidden(checkpoint: Checkpoint) -> None:
    card = scorecard(checkpoint, made(), cost=Cost(4_277_833, milliseconds=2.34, device="CPU, 1 thread"))
    text = card_markdown(card, title="FCSDNet on FER2013", terms="The rights in the images are not cleared.")
    assert text.startswith(f"# FCSDNet on FER2013\n\n{made().sentence()}\n")
    for words in (
        "Article 5(1)(f)",
        "An expression is not a feeling",
        "The rights in the images are not cleared.",
        "4,277,833 parameters",
        "2.3 ms per image on CPU, 1 thread",
        "| epochs | 40 |",
        "Fear is taken for sad in 40.0 % of its images (40 of 100).",
        "best epoch by accuracy",
        "n = 700 · PublicTest · epoch chosen on Training folds",
        "were not looked for",
    ):
        assert words in text, words
    assert "| teacher |" not in text
    table = [line for line in text.splitlines() if line.startswith("| **fear**")]
    assert table == ["| **fear** | 0 | 0 | 54 | 0 | 40 | 0 | 6 |"]


def test_an_earlier_card_is_told_where_its_network_and_recipe_come_from(checkpoint: Checkpoint) -> None:
    card, origins = scorecard(checkpoint, made()), {"epochs": "ours; the paper has 150 (Table 3)"}
    today = card_markdown(card, origins=origins)
    earlier = "\n".join(line for line in card_markdown(card).splitlines() if not line.startswith("- Default sizes"))
    recorded = "- Selection rule: best epoch by val_accuracy"
    earlier = earlier.replace("- Selection rule: best epoch by accuracy", recorded)
    assert recorded in earlier and "- Selection rule: best epoch by accuracy" in today
    assert "| epochs | 40 | ours; the paper has 150 (Table 3) |" in today != earlier
    assert with_origins(earlier + "\n", checkpoint, origins) == with_origins(today, checkpoint, origins) == today


def test_failures_follow_from_the_numbers(checkpoint: Checkpoint) -> None:
    failures = known_failures(scorecard(checkpoint, made(sure=4)))
    assert failures[0].startswith("Fear is found least often: 54.0 % of its 100 images")
    assert any("confidence of 100.0 %" in line and "above" in line for line in failures)
    assert any("errors are made with a confidence of at least 90 %" in line for line in failures)
    never = made()
    changed = dataclasses.replace(never, predictions=np.where(never.predictions == 1, 0, never.predictions))
    assert "It never answers disgust." in known_failures(scorecard(checkpoint, changed))


def test_agreement_with_votes() -> None:
    """Ten voters on every second row: nine for the true class, one for contempt; others unknown."""
    evaluation = made()
    rows = np.arange(5, 705, 2)
    soft = np.zeros((350, 8), np.float32)
    soft[np.arange(350), evaluation.targets[rows - 5]] = 0.9
    soft[:, 7] = 0.1
    shuffle = np.random.default_rng(0).permutation(350)
    voted = FaceDataset(
        name="ferplus",
        images=np.zeros((350, 8, 8, 1), np.uint8),
        labels=np.zeros(350, np.int64),
        classes=FER8,
        split=np.zeros(350, np.int8),
        split_names=("Training",),
        rows=rows[shuffle],
        source="memory",
        soft_labels=soft[shuffle],
    )
    votes = votes_by_row(evaluation, voted)
    assert np.isnan(votes[1]).all() and votes[0, 0] == np.float32(0.9)
    agreement = vote_agreement(evaluation, votes, FER8)
    half = evaluation.take(np.arange(0, N, 2))
    assert agreement.n == 350 and agreement.majority.value == pytest.approx(half.value("accuracy"))
    assert agreement.share.value == pytest.approx(0.9 * half.value("accuracy"), abs=1e-6)
    assert agreement.share.low < agreement.share.value < agreement.share.high and agreement.ceiling == pytest.approx(
        0.9
    )
    pairs = dataclasses.replace(evaluation, units=np.arange(N) // 4, of_photographs=True)
    agreement = vote_agreement(pairs, votes, FER8)
    assert (agreement.people, agreement.photographs) == (None, 175)
    (*_, row) = _metric_rows([pairs], np.zeros(N, bool), agreement)
    assert (row["n"], row["photographs"], row["value"]) == (350, 175, agreement.majority.value) and "people" not in row
    with pytest.raises(UserError, match="neutral"):
        vote_agreement(evaluation, votes[:, :6], FER8[:6])
    with pytest.raises(UserError, match="no votes"):
        votes_by_row(evaluation, dataclasses.replace(voted, soft_labels=None))
