"""Networks against data sets, slices against the rest, and a map's standing, from figures that are given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom

from fer_models.errors import UserError
from fer_models.evaluation.comparison import transfer
from fer_models.evaluation.comparison.transfer import Pair, transfer_matrix, usual_split
from fer_models.evaluation.intervals import Estimate
from fer_models.evaluation.slicing import worse


@pytest.mark.parametrize(
    ("names", "usual"),
    [
        (("train", "val", "test"), "test"),
        (("Training", "PublicTest", "PrivateTest"), "PrivateTest"),
        (("train", "val"), "val"),
        (("train", "extra"), "extra"),
        (("test", "train"), "test"),
        (("test_a", "test_b"), "test_b"),
        (("all",), "all"),
    ],
)
def test_the_usual_split(names: tuple[str, ...], usual: str) -> None:
    assert usual_split(SimpleNamespace(split_names=names)) == usual  # type: ignore[arg-type]


def paired(network: str, data: str, trained_on: str, problem: str = "") -> Pair:
    checkpoint: Any = SimpleNamespace(name=network, provenance={"data": trained_on} if trained_on else {})
    return Pair(checkpoint, None, data, SimpleNamespace(name="test"), problem)  # type: ignore[arg-type]


def measured(value: float, n: int = 10) -> Any:
    return SimpleNamespace(
        n=n, split="held out", classes=("a",), label_map=(), value=lambda metric: value,
        estimate=lambda metrics: {metrics[0]: Estimate(value, value, value)},
    )  # fmt: skip


def test_a_matrix_marks_own_data_seen_images_and_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {"a": 0, "b": 3, "c": 0}
    compared: list[int] = []

    def overlap(evaluation: Any, network: Any, dataset: Any, name: str) -> Any:
        return None if not seen[network.name] else SimpleNamespace(trained=np.arange(10) < seen[network.name])

    def compare(evaluations: Any, metric: str) -> str:
        compared.append(len(evaluations))
        return "pairs"

    monkeypatch.setattr(transfer, "training_overlap", overlap)
    monkeypatch.setattr(transfer, "compare", compare)
    monkeypatch.setattr(transfer, "winner", lambda metric, values, pairs: int(np.argmax(values)))
    rows: list[Any] = [
        [(paired("a", "one", "one"), measured(0.5)), (paired("a", "two", "one"), measured(0.75))],
        [(paired("b", "one", ""), measured(0.9)), (paired("b", "two", ""), measured(0.9))],
        [(paired("c", "one", "two"), measured(0.6)), (paired("c", "two", "two", "no class in common"), None)],
    ]
    told: list[float] = []
    found = transfer_matrix(rows, "accuracy", lambda done, words: told.append(done))
    assert told == [0, 0.25, 0.5, 0.75] and found.data == ("one", "two") and found.networks == ("a", "b", "c")
    assert found.trained_on == ("one", "not known", "two")
    assert [[cell.own for cell in line] for line in found.cells] == [[True, False], [False, False], [False, True]]
    assert [[cell.seen for cell in line] for line in found.cells] == [[0, 0], [3, 3], [0, 0]]
    assert [[cell.best for cell in line] for line in found.cells] == [[False, False], [False, False], [True, False]]
    assert compared == [2], "one fair network alone is not the best"
    last = found.cells[2][1]
    assert (last.estimate, last.n, last.problem, last.split) == (None, 0, "no class in common", "test")
    assert found.cells[0][0].split == "held out" and found.cells[0][0].n == 10


def test_networks_that_cannot_be_compared_have_no_best(monkeypatch: pytest.MonkeyPatch) -> None:
    assert transfer._best([measured(0.5)], "accuracy") is None and transfer._best([], "accuracy") is None

    def refuse(*_: Any) -> None:
        raise UserError("other images")

    monkeypatch.setattr(transfer, "compare", refuse)
    assert transfer._best([measured(0.5), measured(0.6)], "accuracy") is None


class Ten:
    """Ten images, the first four wrong."""

    n, units, classes = 10, None, ("a", "b")
    targets = np.zeros(10, int)
    predictions = (np.arange(10) < 4).astype(int)
    probabilities = np.full((10, 2), 0.5)


def part(*positions: int, value: float = 0.5) -> Any:
    return SimpleNamespace(n=len(positions), positions=np.array(positions), estimate=Estimate(value, value, value))


def test_a_share_is_worse_by_fishers_test() -> None:
    from fer_models.evaluation.slicing.worse import METRICS

    ten: Any = Ten()
    accuracy = METRICS["accuracy"]
    for positions in ((0, 1, 2), (0, 4, 5), (7, 8, 9)):
        right = sum(p >= 4 for p in positions)
        assert worse._p(ten, part(*positions), accuracy) == pytest.approx(hypergeom.cdf(right, 10, 6, 3))
    assert worse._p(ten, part(*range(10)), accuracy) is None and worse._p(ten, part(0, value=np.nan), accuracy) is None
    ten.units = np.arange(10) // 2
    crossing = worse._p(ten, part(0, 2, 4), accuracy)
    assert crossing == pytest.approx(hypergeom.cdf(1, 10, 6, 3)), "parts of people: single images are drawn"
    whole = worse._p(ten, part(0, 1, 2, 3), accuracy)
    assert whole is not None and whole != pytest.approx(hypergeom.cdf(0, 10, 6, 4)) and whole < 0.1
    good = worse._p(ten, part(4, 5, 6, 7), accuracy)
    assert good is not None and good > 0.5


def test_random_slices_hold_as_many_whole_groups() -> None:
    units = np.array([0, 0, 1, 1, 1, 2, 3, 3])
    drawn = worse._random(units, np.array([True, True, False, False, False, True, False, False]))
    assert drawn.shape == (worse._DRAWS, 8) and set(np.unique(drawn)) == {0, 1}
    for group in range(4):
        assert (np.ptp(drawn[:, units == group], axis=1) == 0).all()
    assert (sum(drawn[:, np.flatnonzero(units == group)[0]] for group in range(4)) == 2).all()
    assert len(np.unique(drawn, axis=0)) == 6, "every pair of groups"
    all_of_them = worse._random(np.arange(3), np.ones(3, bool))
    assert (all_of_them == 1).all()
