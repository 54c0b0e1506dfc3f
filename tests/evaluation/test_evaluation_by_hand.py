"""Figures, their sentences and their pictures against values that are known otherwise."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fer_models.checkpoint import Checkpoint
from fer_models.errors import UserError
from fer_models.evaluation.calibration.reliability import reliability
from fer_models.evaluation.card.document import card_markdown, known_failures
from fer_models.evaluation.card.pictures import confusion_svg, curves_svg, reliability_svg
from fer_models.evaluation.claims.bounds import _TOUCH, ClaimBounds
from fer_models.evaluation.claims.check import _why, check_claim
from fer_models.evaluation.claims.witness import _start, find_matrix
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.comparison.swap import swap_p
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.exchanged_labels import exchanged_labels
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.metrics.confidence import calibrated_errors
from fer_models.evaluation.metrics.probabilistic import log_loss
from fer_models.evaluation.mistakes import Filter, ordered, scores
from fer_models.evaluation.scorecard import Cost, Leaks, scorecard
from fer_models.evaluation.shipped.write import _FEWEST, _mean_faces
from fer_models.evaluation.slicing.occlusion import UsualBlocks, _blocks, occlusion_proxy
from fer_models.evaluation.training_overlap import TrainingOverlap, _same_data, folds
from fer_models.evaluation.verification import _weighted_eer, verification_curve
from fer_models.preprocess import Preprocess


def made(table: list[list[int]], sure: float = 1.0) -> Evaluation:
    """An evaluation with that confusion matrix."""
    counts = np.array(table)
    targets, predictions = (np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape))
    logits = (sure * np.eye(len(counts))[predictions]).astype(np.float32)
    at = np.arange(len(targets))
    names = ("happy", "sad", "fear", "angry")[: len(counts)]
    return Evaluation(
        names,
        targets,
        predictions,
        logits,
        softmax(logits),
        None,
        at,
        at,
        "made",
        "f" * 64,
        "test",
        "validation",
        "none",
    )


def card_of(evaluation: Evaluation, preprocess: Preprocess | None = None, **more):
    checkpoint = Checkpoint(Path("small"), "fcsdnet", {}, 1, evaluation.classes, preprocess or Preprocess(), "ab" * 32)
    return scorecard(checkpoint, evaluation, **more)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_pictures_of_a_card_stay_as_they_are() -> None:
    """Every number of these drawings; what they mean is tested beside them."""
    rows = [{"epoch": e, "train_accuracy": 0.1 * e, "val_accuracy": v} for e, v in ((2, 0.2), (4, 0.55), (7, 0.4))]
    bins = [SimpleNamespace(confidence=c, accuracy=None if a is None else Estimate(a, 0, 1)) for c, a in
            ((0.1, 0.3), (0.45, 0.4), (None, None), (0.95, 0.8))]  # fmt: skip
    calibration = SimpleNamespace(
        before=bins, after=bins[:2], temperature=Estimate(1.25, 1, 2), ece=(Estimate(0.1, 0, 1), Estimate(0.05, 0, 1))
    )
    drawn = [confusion_svg(made([[6, 3, 1], [0, 0, 0], [2, 1, 1200]])), curves_svg(rows), curves_svg(rows[:1])]
    drawn.append(reliability_svg(calibration))  # type: ignore[arg-type]
    assert [digest(svg) for svg in drawn] == [
        "2d17e373dc760545",
        "b93192749418eb06",
        "6a2b390fd003829e",
        "8dc7dfa2ac124511",
    ]


def test_every_part_of_a_card_says_its_numbers() -> None:
    evaluation = made([[90, 10, 0], [1200, 800, 0], [0, 5, 0]], sure=6.0)
    card = card_of(
        evaluation, Preprocess(size=64, channels=3, interpolation="bilinear"), cost=Cost(1_234_567, macs=89_450_000)
    )
    part = SimpleNamespace(sentence=lambda metric: f"women: {metric} 50 %")
    files = {"curves": "a.svg", "confusion": "b.svg"}
    text = card_markdown(card, pictures=files, groups=[part])  # type: ignore[list-item]
    for words in (
        "Input: a RGB face of 64 x 64 pixels",
        ", bilinear resizing.",
        "1,234,567 parameters, 89.5 million MACs.",
        "## Groups of people\n\n- women: accuracy 50 %",
        "![Accuracy by epoch](a.svg)",
        "![Confusion matrix](b.svg)",
        "| **sad** | 1,200 | 800 | 0 |",
        "It never answers fear.",
        "Fear is taken for sad in 100.0 % of its images (5 of 5).",
        "Sad is taken for happy in 60.0 % of its images (1,200 of 2,000).",
        "Its mean confidence of 99.5 % lies 57.2 points above its accuracy.",
        "1,215 of its 1,215 errors are made with a confidence of at least 90 %.",
    ):
        assert words in text, words
    assert "a grey face" in card_markdown(card_of(evaluation)) and "cubic" not in card_markdown(card_of(evaluation))
    assert "parameters." in card_markdown(card_of(evaluation, cost=Cost(12)))
    warned = dataclasses.replace(card, warnings=("one", "two"))
    assert "## Read these figures with care\n\n- one\n- two" in card_markdown(warned)
    modest = known_failures(card_of(made([[50, 50], [0, 100]], sure=0.0)))
    assert any(line == "Its mean confidence of 50.0 % lies 25.0 points below its accuracy." for line in modest)
    assert not any("lies" in line for line in known_failures(card_of(made([[1, 1], [1, 1]], sure=0.0))))


def test_leaked_images_are_a_flag_each() -> None:
    evaluation = made([[3, 1], [1, 3]])
    for wrong in (np.zeros(8, int), np.zeros(7, bool), np.zeros((8, 1), bool)):
        with pytest.raises(UserError, match="one flag for each of the 8 images"):
            card_of(evaluation, leaks=Leaks(wrong))


def test_images_that_trained_the_network_are_counted(tmp_path: Path) -> None:
    assert TrainingOverlap(np.zeros(3, bool)).warning == ""
    assert TrainingOverlap(np.ones(1200, bool)).warning.startswith("All of these 1,200 images")
    assert TrainingOverlap(np.arange(1300) < 1100).warning.startswith("1,100 of these 1,300 images")
    (tmp_path / "faces").mkdir()
    same, other = str(tmp_path / "faces"), str(tmp_path / "faces" / ".." / "faces")
    assert _same_data(same, other) and _same_data("fer2013", "fer2013") and not _same_data("fer2013", same)
    assert not _same_data("", "") and not _same_data("", same) and not _same_data("gone", str(tmp_path / "gone"))
    untold = Checkpoint(tmp_path, "fcsdnet", {}, 1, ("happy",), Preprocess(), "ab" * 32)
    assert folds(untold, [], None, "fer2013") == []  # type: ignore[arg-type]


def test_a_calibrated_network_errs_by_chance_alone() -> None:
    """One bin of N answers of chance p: the error is a mean of |hits / N - p|, near sqrt(2 p (1 - p) / (pi N))."""
    drawn = calibrated_errors(np.tile([0.7, 0.3], (100, 1)), draws=2000)
    assert drawn.mean() == pytest.approx((2 * 0.21 / np.pi / 100) ** 0.5, rel=0.06)
    np.testing.assert_allclose(drawn * 100, np.round(drawn * 100), atol=1e-3)
    two = np.repeat([[0.7, 0.3], [0.9, 0.1]], 100, axis=0)
    expected = ((2 * 0.21 / np.pi / 100) ** 0.5 + (2 * 0.09 / np.pi / 100) ** 0.5) / 2
    assert calibrated_errors(two, draws=2000).mean() == pytest.approx(expected, rel=0.06)


def test_a_sure_right_answer_costs_the_resolution_of_a_number() -> None:
    eps = np.finfo(np.float64).eps
    assert float(log_loss(np.array([0]), np.array([[1.0, 0.0]]))) == -np.log(1 - eps) > 0
    assert float(log_loss(np.array([1]), np.array([[1.0, 0.0]]))) == -np.log(eps)


def test_bars_of_reliability_part_the_confidences() -> None:
    bars = reliability(np.array([0]), np.array([[0.8, 0.2]]), bins=5)
    assert [(bar.low, bar.high) for bar in bars] == [(k / 5, (k + 1) / 5) for k in range(5)]
    assert [bar.n for bar in bars] == [0, 0, 0, 1, 0] and bars[3].confidence == pytest.approx(0.8)


def test_usual_blocks_are_at_no_distance() -> None:
    image = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 1), np.uint8)
    blocks = _blocks(image[:1])[0]
    assert occlusion_proxy(image[:1], UsualBlocks(blocks, np.ones_like(blocks))).tolist() == [0]
    far = occlusion_proxy(image, UsualBlocks(blocks, np.full_like(blocks, 2.0)))[1]
    assert far == pytest.approx((((_blocks(image)[1] - blocks) / 2) ** 2).sum(1).max())


def test_the_mean_face_of_a_class_wants_enough_members() -> None:
    labels = np.repeat([0, 1], [_FEWEST, _FEWEST - 1])
    images = np.where(labels[:, None, None, None] == 0, 10, 200) * np.ones((1, 2, 2, 1))
    dataset = SimpleNamespace(labels=labels, images=images.astype(np.uint8), classes=("a", "b", "c"))
    faces = _mean_faces(dataset, np.arange(len(labels)))  # type: ignore[arg-type]
    overall = round(images.mean())
    assert [int(face[0, 0, 0]) for face in faces] == [10, overall, overall]
    few = _mean_faces(dataset, np.arange(_FEWEST - 1))  # type: ignore[arg-type]
    assert (few == 128).all() and (_mean_faces(dataset, np.arange(_FEWEST))[0] == 10).all()  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
def test_weighted_attempts_are_attempts_taken_as_often(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([1, 1, 1], 30).round(2)
    p /= p.sum(1, keepdims=True)
    targets, weights = rng.integers(0, 3, 30), rng.integers(0, 4, (5, 30)).astype(np.float32)
    scores_ = p.max(1)
    order = np.argsort(-scores_, kind="stable")
    ranked, hits = scores_[order], (p.argmax(1) == targets)[order]
    ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    found = _weighted_eer(weights[:, order], hits, ends)
    for value, taken in zip(found, weights.astype(int), strict=True):
        rows = np.repeat(np.arange(30), taken)
        assert value == pytest.approx(verification_curve(targets[rows], p[rows]).eer, abs=1e-6)
    assert np.isnan(_weighted_eer((hits * 1.0)[None], hits, ends)).all()


def test_differences_that_differ_by_rounding_alone_are_as_large() -> None:
    for scale in (1000.0, 0.5, 1.0):

        def difference(chosen: np.ndarray, scale: float = scale) -> np.ndarray:
            return np.where(chosen[:, 0] > 0, -(scale - 5e-7 * max(1.0, scale)), scale)

        assert swap_p(difference, 1) == 1.0
        assert swap_p(lambda chosen, scale=scale: np.where(chosen[:, 0] > 0, 0.99 * scale, scale), 1) == 0.5


def test_a_filter_of_what_was_not_measured_keeps_everything() -> None:
    p = np.array([[0.4, 0.6], [0.9, 0.1]])
    evaluation = SimpleNamespace(
        n=2, predictions=p.argmax(1), targets=np.array([0, 1]), probabilities=p, classes=("a", "b"), rows=np.arange(2)
    )
    chosen, scored = Filter(brightness=(10, 20), covered=(10, 20)), scores(evaluation)  # type: ignore[arg-type]
    assert ordered(evaluation, None, chosen, "source", scored).tolist() == [0, 1]  # type: ignore[arg-type]


def test_reasons_against_a_claim_say_their_numbers() -> None:
    found = check_claim({"counts": [3000, 1000], "accuracy": "40.0104", "rounding": 4})
    assert found["reasons"][0].startswith(
        "Accuracy of 40.01 % of 4,000 images would be 1,600.42 images: neither 1,600 nor 1,601 right ones round to it."
    )
    model = ClaimBounds(np.array([30, 10]), {"recall": "macro", "precision": "macro", "f1": "macro"})
    why = _why(model, np.array([30, 10]), {"recall": (0.9, 0.9)}, {"accuracy", "recall"})
    assert "add up to 0.200 at most" in why and "holds 75.0 % of the images" in why
    assert "would cost 15.0 % of the images and leave 85.0 %" in why
    assert "harmonic mean" in _why(model, np.array([30, 10]), {}, {"recall", "precision", "f1"})
    mixed = ClaimBounds(np.array([30, 10]), {"recall": "macro", "precision": "weighted", "f1": "macro"})
    assert _why(mixed, np.array([30, 10]), {}, {"recall", "precision", "f1"}) == ""


def test_a_matrix_is_looked_for_where_one_set_was_measured() -> None:
    claim = {"counts": [8, 8], "accuracy": 75}
    assert np.trace(check_claim(claim)["matrix"]) == 12
    assert check_claim(claim, search=False)["matrix"] is None and check_claim({**claim, "folds": 5})["matrix"] is None
    matrix = find_matrix(np.array([40, 20, 10]), {}, {"accuracy": (0.795, 0.805)})
    assert matrix is not None and matrix.sum(1).tolist() == [40, 20, 10]


def test_a_search_begins_around_the_level() -> None:
    counts = np.array([1000, 2000, 3000])
    assert np.diag(_start(counts, 0.25, np.random.default_rng(0), 0.0)).tolist() == [250, 500, 750]
    moved = _start(counts, 0.5, np.random.default_rng(1), 0.1)
    assert moved[0, 0] == round((0.5 + 0.1 * np.random.default_rng(1).normal()) * 1000)
    assert moved.sum(1).tolist() == counts.tolist() and moved[0, 2] > moved[0, 1]  # errors go by the other's size
    assert np.diag(_start(counts, 2.0, np.random.default_rng(0), 0.0)).tolist() == counts.tolist()


def test_planes_around_f1_touch_it() -> None:
    """At recall 1 and precision t, F1 is 2 t / (1 + t), and a plane of the linear system passes through that point."""
    model = ClaimBounds(np.array([30, 10]), {})
    boxes = np.stack([np.zeros((2, 2)), np.stack([model.share, 1 - model.share])], axis=1)
    rows, _ = model._system({"precision": (0, 1), "f1": (0, 1)}, boxes)
    matrix, limit = np.array(rows.matrix), np.array(rows.limit)
    for t in _TOUCH:
        h, p, score = model.share[0], t, 2 * t / (1 + t)
        x = np.zeros((4, 2))
        x[:, 0] = h, h * (1 - p) / p, p, score
        x[:, 1] = model.share[1], 0, 1, 1
        slack = limit - matrix @ x.ravel()
        of_first = (matrix[:, 6] > 0) & (matrix[:, 4] != 0) & (matrix[:, 0] == 0)
        assert np.abs(slack[of_first]).min() < 1e-9
    low, high = model._precision(np.zeros((2, 2, 2)))
    assert low.tolist() == high.tolist() == [0, 0]
    boxes = np.array([[[0.2, 0.1], [0.6, 0.2]], [[0.05, 0.0], [0.1, 0.3]]])
    low, high = model._f1(boxes)
    assert low == pytest.approx([0.4 / 1.05, 0.2 / 0.65]) and high == pytest.approx([1.2 / 1.4, 0.4 / 0.45])
    low, high = model._precision(boxes)
    assert low == pytest.approx([0.2 / 0.3, 0.1 / 0.4]) and high == pytest.approx([0.6 / 0.65, 1])


def test_exchanged_labels_say_both_shares() -> None:
    """Two classes exchanged in nine of ten images, and a third that has no image."""
    targets = np.repeat([0, 1], 100)
    wrong = np.tile(np.arange(10) > 0, 20)
    found = exchanged_labels(targets, np.where(wrong, 1 - targets, targets), ("happy", "sad", "fear"))
    order = np.random.default_rng(0).permutation(200)[1::2]
    assert f"{wrong[order].mean() * 100:.1f} % instead of {100 - wrong[order].mean() * 100:.1f} %" in str(found)
    assert str(found).endswith("--map happy=sad,sad=happy")
    third = exchanged_labels(np.where(targets == 1, 2, targets), np.where(targets == 1, 1, 0), ("happy", "sad", "fear"))
    assert str(third).endswith("--map fear=sad")  # of sad there is no image
