"""Figures of separation and faithfulness against scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from fer_models.embedding import faithfulness, quality, separation

Clumps = tuple[np.ndarray, np.ndarray]


def test_separation_is_that_of_scikit_learn(clumps: Clumps) -> None:
    rows, targets = clumps
    noisy = rows + np.random.default_rng(2).normal(0, 12, rows.shape).astype(np.float32)
    result = separation(noisy, targets, ("a", "b", "c"))
    assert result.silhouette == pytest.approx(metrics.silhouette_score(noisy, targets), rel=1e-4)
    assert result.davies_bouldin == pytest.approx(metrics.davies_bouldin_score(noisy, targets), rel=1e-4)
    assert result.calinski_harabasz == pytest.approx(metrics.calinski_harabasz_score(noisy, targets), rel=1e-4)
    hits = 0
    for i in range(len(noisy)):
        rest = np.delete(np.arange(len(noisy)), i)
        hits += KNeighborsClassifier(15).fit(noisy[rest], targets[rest]).predict(noisy[[i]])[0] == targets[i]
    assert result.knn_accuracy == pytest.approx(hits / len(noisy))
    assert 0.3 < result.knn_accuracy < 1
    weighted = sum(c.n * c.accuracy for c in result.classes if c.accuracy is not None) / result.n
    assert weighted == pytest.approx(result.knn_accuracy)


def test_distances_by_hand() -> None:
    rows = np.array([[0, 0], [0, 2], [0, 1], [10, 0], [10, 2], [10, 1]], np.float32)
    result = separation(rows, np.array([0, 0, 0, 2, 2, 2]), ("left", "absent", "right"), k=2)
    assert result.intra == pytest.approx(2 / 3)
    assert result.inter == pytest.approx(10)
    assert result.ratio == pytest.approx(15)
    assert result.knn_accuracy == 1
    assert [c.n for c in result.classes] == [3, 0, 3]
    assert result.classes[1].accuracy is None and result.classes[1].intra is None


def test_one_class_only_has_no_separation() -> None:
    result = separation(np.random.default_rng(0).normal(size=(20, 4)), np.zeros(20, int), ("a", "b"))
    assert result.silhouette is None and result.inter is None and result.ratio is None and result.knn_accuracy == 1


@pytest.mark.parametrize("noise", [0.0, 0.5, 50.0])
def test_trustworthiness_is_that_of_scikit_learn(clumps: Clumps, noise: float) -> None:
    rows, _ = clumps
    flat = rows[:, :2] + np.random.default_rng(0).normal(0, noise, (120, 2)).astype(np.float32)
    result = faithfulness(rows, flat)
    assert result.trustworthiness == pytest.approx(trustworthiness(rows, flat, n_neighbors=15), abs=1e-6)
    assert result.continuity == pytest.approx(trustworthiness(flat, rows, n_neighbors=15), abs=1e-6)
    assert 0 <= result.overlap <= 1


def test_a_perfect_map_and_a_random_one(clumps: Clumps) -> None:
    rows, _ = clumps
    same = faithfulness(rows, 2 * rows)
    assert (same.trustworthiness, same.continuity, same.overlap) == (1, 1, 1)
    assert "can be read" in same.sentence()
    random = faithfulness(rows, np.random.default_rng(0).normal(size=(120, 2)))
    assert random.overlap < 0.3 and "not faithful" in random.sentence()


def test_many_faces_are_judged_by_some(clumps: Clumps, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, _ = clumps
    flat = rows[:, :2]
    whole = faithfulness(rows, flat)
    monkeypatch.setattr(quality, "_QUERIES", 60)
    part = faithfulness(rows, flat)
    assert part.queries == 60
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.05)


def test_copies_are_said_before_a_map_is_praised() -> None:
    rows = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    rows[2:] = rows[2]
    judged = faithfulness(rows, rows[:, :2], k=5)
    assert judged.copies == 37 and "37 of 40 faces are copies" in judged.sentence()
    assert "can be read" not in judged.sentence()
    rows = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    assert faithfulness(rows, rows[:, :2], k=5).copies == 0
