"""Claims check: a printed row that cannot hold is found, and no true confusion matrix is ever refused."""

import json

import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.evaluation.claims.bounds import ClaimBounds
from fer_models.evaluation.claims.check import check_claim
from fer_models.evaluation.metrics import accuracy, f1, precision, recall, specificity

FER2013 = {
    "angry": 4953,
    "disgust": 547,
    "fear": 5121,
    "happy": 8989,
    "sad": 6077,
    "surprise": 4002,
    "neutral": 6198,
}


def true_claim(rng: np.random.Generator, classes: int, averaging: str, decimals: int) -> dict[str, object]:
    """Rounded figures of a random confusion matrix; some have a class that is never predicted."""
    counts = rng.integers(1, rng.choice([8, 60, 2000]), classes)
    level, table = rng.random(), np.zeros((classes, classes), int)
    for k in range(classes):
        hits = np.clip(level + 0.15 * rng.normal(), 0, 1)
        chances = rng.dirichlet(np.full(classes, 0.3)) * (1 - hits)
        chances[k] += hits
        if classes % 2:
            chances[0] = 0
            chances[-1] += 1e-9
        table[k] = rng.multinomial(counts[k], chances / chances.sum())
    figures = {"precision": precision, "recall": recall, "specificity": specificity, "f1": f1}
    claim = {name: round(100 * float(figure(table, averaging)), decimals) for name, figure in figures.items()}
    claim["accuracy"] = round(100 * float(accuracy(table)), decimals)
    return {"counts": counts.tolist(), "averaging": averaging, **claim}


def test_200_true_matrices_pass() -> None:
    rng = np.random.default_rng(0)
    for number in range(200):
        decimals = number % 4
        claim = true_claim(rng, 2 + number % 4, ("macro", "weighted", "micro")[number % 3], decimals)
        if number % 2:
            claim["rounding"] = decimals
        found = check_claim(claim, search=False)
        assert found["possible"], (claim, found)


def test_the_fifth_papers_fer2013_row_cannot_hold() -> None:
    row = {"accuracy": 82.89, "specificity": 91.23, "precision": 95.27, "recall": 94.18, "f1": 94.87}
    found = check_claim({"counts": FER2013, **row, "averaging": "macro", "rounding": 2})
    assert set(found) == {"possible", "reasons", "matrix"} and found["possible"] is False
    assert json.loads(json.dumps(found)) == found
    first = found["reasons"][0]
    assert first.startswith("Macro recall 94.18 % forces accuracy to at least 89.78 %, but 82.89 % is claimed")
    assert "25.0 %" in first and "leave 89.8 %" in first and "add up to 0.408 at most" in first
    text = " ".join(found["reasons"])
    assert "specificity" in text and "harmonic mean" in text


def test_the_bound_is_the_one_derived_by_hand() -> None:
    """Accuracy >= 1 - (missed shares) * (largest class), and it is reached."""
    counts = np.array(list(FER2013.values()))
    low, high = ClaimBounds(counts, {}).bounds("accuracy", {"recall": (0.9418, 0.9418)}, (0.8289, 0.8289))
    assert low == pytest.approx(1 - 7 * (1 - 0.9418) * counts.max() / counts.sum(), abs=1e-9)
    assert high == pytest.approx(1 - 7 * (1 - 0.9418) * counts.min() / counts.sum(), abs=1e-9)
    spec, _ = ClaimBounds(counts, {}).bounds("specificity", {"accuracy": (0.8289, 0.8289)}, (0.9123, 0.9123))
    assert spec == pytest.approx(1 - 0.1711 / 7 / (1 - counts.max() / counts.sum()), abs=1e-9)


def test_bounds_on_curved_figures_hold_for_what_is_inside_and_bite_outside() -> None:
    counts = [100, 100, 100]
    # 90 of 100 right in each class: precision, recall and F1 are 90.
    assert check_claim({"counts": counts, "accuracy": 90, "precision": 90, "recall": 90, "f1": 90})["possible"]
    # With balanced classes recall equals accuracy, and F1 is never above the mean of precision and recall.
    assert not check_claim({"counts": counts, "accuracy": 90, "recall": 91.5})["possible"]
    assert not check_claim({"counts": counts, "precision": 90, "recall": 90, "f1": 92})["possible"]
    assert not check_claim({"counts": counts, "accuracy": 60, "f1": 90})["possible"]
    assert not check_claim({"counts": counts, "accuracy": 60, "precision": 99})["possible"]


@pytest.mark.parametrize(
    ("figure", "averaging", "others", "expected"),
    [
        # Linear figures have the ends of the matrices themselves: 15 of 60 images are wrong.
        ("specificity", "macro", {"accuracy": 0.75}, (5 / 6, 0.9)),
        ("specificity", "weighted", {"accuracy": 0.75}, (0.75, 0.95)),
        ("specificity", "micro", {"accuracy": 0.75}, (0.875, 0.875)),
        ("recall", "macro", {"accuracy": 0.75}, (7 / 12, 5 / 6)),
        ("recall", "weighted", {"accuracy": 0.75}, (0.75, 0.75)),
        # Curved ones are held from outside, no further away than they were. Matrices have 0.628 to 0.9 and from 0.683.
        ("precision", "weighted", {"accuracy": 0.75}, (0.5371, 1.0)),
        ("f1", "weighted", {"accuracy": 0.75}, (0.6196, 1.0)),
        ("f1", "macro", {"accuracy": 0.75, "precision": 0.8}, (0.4821, 0.8028)),
        ("f1", "macro", {"precision": 0.8, "recall": 0.6}, (0.2937, 0.6864)),  # the harmonic mean is 0.6857
        ("precision", "macro", {"accuracy": 0.75, "f1": 0.7}, (0.6268, 0.8889)),
    ],
)
def test_bounds_stay_as_close_as_they_are(figure: str, averaging: str, others: dict, expected: tuple) -> None:
    given = {name: (value, value) for name, value in others.items()}
    found = ClaimBounds(np.array([30, 20, 10]), {figure: averaging}).bounds(figure, given, (0.5, 0.5))
    assert found == pytest.approx(expected, abs=2e-4)


def test_folds_widen_figures_that_weigh_images_by_half_an_image_of_each_class() -> None:
    bounds = ClaimBounds(np.array([30, 20, 10]), {"f1": "weighted"}, folds=7)
    slack = (2 / 7 * 5 / 7 + 6 / 7 * 1 / 7 + 3 / 7 * 4 / 7) / (60 / 7)
    given = dict.fromkeys(("accuracy", "specificity", "f1", "recall"), (0.02, 0.7))
    wide = (0.0, pytest.approx(0.7 + slack))
    assert bounds.widened(given) == {"accuracy": wide, "specificity": wide, "f1": wide, "recall": (0.02, 0.7)}
    assert ClaimBounds(np.array([30, 20, 10]), {}).slack == ClaimBounds(np.array([30, 20, 10]), {}, folds=10).slack == 0
    macro = ClaimBounds(np.array([30, 20, 10]), {}, folds=7)
    ends = macro.bounds("f1", {"precision": (0.8, 0.8), "recall": (0.6, 0.6)}, (0.7, 0.7))
    assert ends == pytest.approx((0, 0.6864), abs=2e-4)  # a mean of folds has the concave bound alone


def test_averaging_and_rounding_are_heard() -> None:
    counts = [900, 100]
    assert not check_claim({"counts": counts, "accuracy": 90, "recall": 95, "averaging": "weighted"})["possible"]
    assert check_claim({"counts": counts, "accuracy": 90, "recall": 94.4, "averaging": {"recall": "macro"}})["possible"]
    assert not check_claim({"counts": [10, 10], "accuracy": 82.9})["possible"]  # 16.6 pictures
    assert check_claim({"counts": [10, 10], "accuracy": 82.9, "rounding": 2.5})["possible"]  # plus or minus 2.5 points
    assert check_claim({"counts": [10, 10], "accuracy": "85.0 %"})["possible"]


def test_a_harmonic_mean_of_means_is_accepted_as_f1() -> None:
    counts = [500, 20, 20]
    table = np.array([[499, 1, 0], [18, 2, 0], [0, 0, 20]])
    p, r = 100 * float(precision(table)), 100 * float(recall(table))
    harmonic = round(2 * p * r / (p + r), 2)
    assert harmonic > 100 * float(f1(table)) + 1
    found = check_claim({"counts": counts, "precision": round(p, 2), "recall": round(r, 2), "f1": harmonic})
    assert found["possible"]


def folds_of(table: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """The images of a confusion matrix in stratified folds, (folds, K, K)."""
    parts = np.zeros((folds, *table.shape), int)
    at = 0
    for k, row in enumerate(table):
        for answer in rng.permutation(np.repeat(np.arange(len(row)), row)):
            parts[at % folds, k, answer] += 1
            at += 1
    return parts


def test_honest_means_over_folds_pass() -> None:
    """As CK+ with ten folds: 21 of 25 true rows were called impossible."""
    rng = np.random.default_rng(0)
    counts, figures = [45, 18, 59, 25, 69, 28, 83], {"precision": precision, "recall": recall, "f1": f1}
    for number in range(25):
        level = 0.75 + 0.2 * rng.random()
        table = np.stack([rng.multinomial(n, (1 - level) / 7 + level * np.eye(7)[k]) for k, n in enumerate(counts)])
        parts = folds_of(table, 10, rng)
        claim: dict[str, object] = {"accuracy": round(100 * float(accuracy(parts).mean()), 2)}
        claim |= {name: round(100 * float(figure(parts).mean()), 2) for name, figure in figures.items()}
        claim["specificity"] = round(100 * float(specificity(parts).mean()), 2)
        found = check_claim({"counts": counts, **claim, "folds": 10})
        assert found["possible"] and found["matrix"] is None, (number, claim, found)
    # What holds for means is kept: F1 is never above the harmonic mean, and accuracy follows recall.
    assert not check_claim({"counts": [50, 50], "precision": 80, "recall": 80, "f1": 90, "folds": 5})["possible"]
    assert not check_claim({"counts": [50, 50], "accuracy": 80, "recall": 95, "folds": 5})["possible"]


def test_digits_that_were_cut_off() -> None:
    assert not check_claim({"counts": [100, 113], "accuracy": "85.91"})["possible"]  # 183 of 213 are 85.915
    assert check_claim({"counts": [100, 113], "accuracy": "85.91", "truncated": True})["possible"]


def test_only_a_matrix_shows_that_figures_can_be_true() -> None:
    """Counts [2, 2]: macro recall is 0, 25, 50, 75 or 100, but the bounds also leave room for 60."""
    found = check_claim({"counts": [2, 2], "recall": 60})
    assert found["possible"] and found["matrix"] is None and "does not prove" in found["reasons"][0]
    rng, shown = np.random.default_rng(0), 0
    for number in range(12):
        claim = true_claim(rng, 2 + number % 4, ("macro", "weighted", "micro")[number % 3], 1)
        matrix = check_claim(claim)["matrix"]
        if matrix is not None:
            table, shown = np.array(matrix), shown + 1
            assert table.sum(1).tolist() == claim["counts"]
            assert round(100 * float(accuracy(table)), 1) == claim["accuracy"]
            assert round(100 * float(f1(table, str(claim["averaging"]))), 1) == pytest.approx(claim["f1"], abs=0.051)
    assert shown >= 3


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ({"accuracy": 90}, "counts"),
        ({"counts": [10, 0], "accuracy": 90}, "leave out empty"),
        ({"counts": [10, 2.5], "accuracy": 90}, "whole number"),
        ({"counts": [10, 10]}, "at least one of accuracy"),
        ({"counts": [10, 10], "accuracy": 101}, "between 0 and 100"),
        ({"counts": [10, 10], "recall": "good"}, "between 0 and 100"),
        ({"counts": [10, 10], "recall": 90, "averaging": "mean"}, "macro, micro, weighted"),
        ({"counts": [10, 10], "recall": 90, "rounding": "two"}, "decimals"),
        ({"counts": [10, 10], "recall": 90, "folds": 0}, "means over"),
    ],
)
def test_bad_claims_say_what_to_do(claim: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        check_claim(claim)
