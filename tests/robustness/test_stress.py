"""The stress test: the same faces for all, hand-made figures, and a mean corruption error that can be checked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import Classifier
from fer_models.data.synthetic import SyntheticOptions, generate
from fer_models.errors import UserError
from fer_models.evaluation.intervals import wilson
from fer_models.explain import explain
from fer_models.explain.faithfulness.similarity import rank_correlation
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.robustness import CORRUPTIONS
from fer_models.robustness.figures import class_recalls, conditions, corruption_errors, rows
from fer_models.robustness.split import drawn_index, report, stress_split, table
from fer_models.robustness.stress import Answers, StressResult, StressSettings, corrupt, stress

FACES = generate(SyntheticOptions(count=14, size=48, seed=1))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("net")
    return Classifier(save_checkpoint(folder / "a", create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1)))


def answers(predicted: list[int], likeness: float = 0.5) -> Answers:
    count = len(predicted)
    confidence = np.full(count, 0.8, np.float32)
    return Answers(np.array(predicted), confidence, np.ones(count, bool), np.full(2, likeness))


def made(**wrong: dict[tuple[str, int], int]) -> StressResult:
    """Four faces of two classes; each network gets the first so many wrong, by (kind, severity)."""
    truth = np.array([0, 0, 1, 1])
    kinds, levels = ("blur", "noise"), (1, 2)
    all_answers: dict[tuple[str, str, int], Answers] = {}
    for name, counts in wrong.items():
        for kind in kinds:
            for severity in (0, *levels):
                number = counts.get((kind, severity), counts.get(("", 0), 0) if severity == 0 else 0)
                flipped = truth.copy()
                flipped[:number] = 1 - flipped[:number]
                all_answers[name, kind, severity] = answers(flipped.tolist(), 1.0 if severity == 0 else 0.5)
    return StressResult(tuple(wrong), kinds, levels, ("happy", "sad"), truth, all_answers)


def test_mean_corruption_error_by_hand() -> None:
    # Errors of b: blur 1/4, 2/4; noise 2/4, 2/4. Of a: blur 1/4, 3/4; noise 1/4, 1/4, clean 1/4.
    result = made(
        b={("blur", 1): 1, ("blur", 2): 2, ("noise", 1): 2, ("noise", 2): 2},
        a={("", 0): 1, ("blur", 1): 1, ("blur", 2): 3, ("noise", 1): 1, ("noise", 2): 1},
    )
    base, other = corruption_errors(result)
    assert (base.network, base.mce.value, base.relative.value) == ("b", 1.0, 1.0)
    assert base.error.value == pytest.approx(7 / 16) and base.rise.value == pytest.approx(7 / 16)
    assert other.against["blur"].value == pytest.approx((1 + 3) / (1 + 2))
    assert other.against["noise"].value == pytest.approx((1 + 1) / (2 + 2))
    assert other.mce.value == pytest.approx((4 / 3 + 1 / 2) / 2)
    # Relative: blur (0 + 2/4) / (1/4 + 2/4), noise 0 / (2/4 + 2/4).
    assert other.relative.value == pytest.approx((2 / 3 + 0) / 2)
    assert other.rise.value == pytest.approx(6 / 16 - 1 / 4)
    assert other.mce.low <= other.mce.value <= other.mce.high
    (turned, _) = corruption_errors(result, "a")
    assert turned.mce.value == pytest.approx((3 / 4 + 2) / 2)
    with pytest.raises(UserError, match="no network 'c'"):
        corruption_errors(result, "c")
    # Relative to a reference that is wrong without corruption too: blur (0 + 1/4) / (1/4 + 1/4), noise 0 / (1/4 + 1/4).
    twice = {("blur", 1): 2, ("blur", 2): 2, ("noise", 1): 2, ("noise", 2): 2}
    once = {("blur", 1): 1, ("blur", 2): 2, ("noise", 1): 1, ("noise", 2): 1}
    _, relative = corruption_errors(made(b={("", 0): 1, **twice}, a={("", 0): 1, **once}))
    assert relative.relative.value == pytest.approx(1 / 4)


def test_a_reference_without_errors_gives_no_ratio() -> None:
    base, other = corruption_errors(made(b={}, a={("blur", 1): 1}))
    assert np.isnan(base.mce.value) and np.isnan(other.relative.value)
    assert other.error.value == pytest.approx(1 / 16)
    assert report(made(b={}, a={}))["corruption_errors"][0]["mce"] == {"value": None, "low": None, "high": None}


def test_rows_have_every_figure_with_its_interval() -> None:
    result = made(a={("", 0): 1, ("blur", 1): 2, ("blur", 2): 4})
    lines = {(line["kind"], line["severity"]): line for line in rows(result)}
    assert len(lines) == 6
    clean, worst = lines["blur", 0], lines["blur", 2]
    assert clean["accuracy"].value == 0.75 and clean["agreement"] == (1, *wilson(4, 4))
    assert worst["accuracy"] == (0, *wilson(0, 4)) and worst["agreement"].value == 0.25
    half = lines["blur", 1]["accuracy"]
    assert half.low < half.value == 0.5 < half.high
    assert worst["likeness"] == (0.5, 0.5, 0.5) and worst["confidence"].value == pytest.approx(0.8)
    assert worst["strength"] == CORRUPTIONS["blur"].severities[1]
    head, cells = table(result)
    assert len(cells) == 6 and all(len(line) == len(head) for line in cells)
    assert cells[2][head.index("accuracy")] == 0.0


def test_one_face_gives_no_interval_and_all_right_is_no_proof() -> None:
    names, levels = ("blur", "low_light", "mask", "glasses"), (3, 5)
    for n in (1, 4):
        truth = np.arange(n) % 2
        all_right = {("a", kind, s): answers(truth.tolist()) for kind in names for s in (0, *levels)}
        result = StressResult(("a",), names, levels, ("happy", "sad"), truth, all_right)
        figures = [line[key] for line in rows(result) for key in ("accuracy", "agreement", "mirrored")]
        figures += conditions(result)["a"].values()
        (cost,) = corruption_errors(result)
        figures += [1 - np.array(cost.error), *(1 - np.array(error) for error in cost.kinds.values())]
        for value, low, high in figures:
            assert value == 1 and (np.isnan([low, high]).all() if n == 1 else min(low, high) < 0.6)


def test_more_faces_of_the_same_people_say_no_more() -> None:
    one = made(b={("blur", 1): 1, ("noise", 2): 2}, a={("", 0): 1, ("blur", 1): 2, ("blur", 2): 3, ("noise", 1): 1})
    confidence = np.array([0.2, 0.9, 0.4, 0.8], np.float32)
    one = replace(one, answers={key: replace(each, confidence=confidence) for key, each in one.answers.items()})
    many = {
        key: Answers(*(np.repeat(part, 25) for part in (each.predicted, confidence, each.mirrored, each.likeness)))
        for key, each in one.answers.items()
    }
    people = np.repeat(np.arange(4), 25)
    result = replace(one, targets=np.repeat(one.targets, 25), answers=many, units=people)
    assert result.people == 4 and one.people is None and report(result)["people"] == 4
    for line, of_one in zip(rows(result), rows(one), strict=True):
        assert line["confidence"] == pytest.approx(of_one["confidence"])
        for key in ("accuracy", "agreement"):
            assert line[key].low <= of_one[key].low + 1e-9 and line[key].high >= of_one[key].high - 1e-9
    for cost, of_one in zip(corruption_errors(result), corruption_errors(one), strict=True):
        assert (*cost.mce, *cost.rise) == pytest.approx((*of_one.mce, *of_one.rise), nan_ok=True)
        assert cost.error.high - cost.error.low >= of_one.error.high - of_one.error.low - 1e-9


def test_recall_by_class_and_conditions() -> None:
    result = made(a={("blur", 1): 1, ("blur", 2): 2})
    table = class_recalls(result, "a")
    assert table["happy"] == {"clean": 1.0, "blur": 0.25, "noise": 1.0}
    assert table["sad"] == {"clean": 1.0, "blur": 1.0, "noise": 1.0}
    assert list(conditions(result)["a"]) == ["normal"]  # neither low light nor a cover was made
    bare = StressResult(("a",), ("blur",), (1,), ("x", "y"), None, {("a", "blur", s): answers([0, 1]) for s in (0, 1)})
    with pytest.raises(UserError, match="labelled"):
        class_recalls(bare, "a")
    with pytest.raises(UserError, match="labelled"):
        corruption_errors(bare)
    assert "corruption_errors" not in report(bare) and "accuracy" not in rows(bare)[0]


def test_every_second_face_goes_the_other_way() -> None:
    plain = np.full((48, 48, 1), 90, np.uint8)
    plain[:, 30:] = 200
    shift = CORRUPTIONS.create("shift")
    first, second = corrupt(shift, [plain, plain], 3)
    assert first.shape == (48, 48, 3)
    assert first.mean() < plain.mean() < second.mean()


def test_predictions_and_heatmaps_of_a_stress_test(network: Classifier) -> None:
    steps: list[tuple[float, str]] = []
    result = stress(
        {"net": network},
        FACES.images[:3],
        FER7,
        np.asarray(FACES.labels[:3]),
        StressSettings(kinds=("mask", "rotation", "low_light"), severities=(5, 1), heatmaps=2),
        progress=lambda part, words: steps.append((part, words)),
    )
    assert result.kinds == ("mask", "rotation", "low_light") and result.severities == (1, 5) and result.n == 3
    clean = network.predict(FACES.images[:3], exact=True)
    assert np.array_equal(result.clean("net").predicted, clean.top)
    assert np.allclose(result.clean("net").confidence, clean.probabilities.max(1), atol=1e-6)
    mask = CORRUPTIONS.create("mask")
    worst = network.predict([mask.apply(np.repeat(f, 3, 2), 1.0) for f in FACES.images[:3]], exact=True)
    assert np.array_equal(result.answers["net", "mask", 5].predicted, worst.top)
    assert result.answers["net", "mask", 0] is not None and (result.clean("net").likeness == 1).all()
    mirrored = network.predict([face[:, ::-1] for face in FACES.images[:3]], exact=True).top
    assert result.clean("net").mirrored.tolist() == (mirrored == clean.top).tolist()
    likeness = result.answers["net", "mask", 5].likeness
    assert likeness.shape == (2,) and (np.abs(likeness) <= 1).all()
    made = corrupt(mask, FACES.images[:2], 5)
    maps = [
        explain(network, network.prepare(pictures), "layer_cam", clean.top[:2]).values
        for pictures in (FACES.images[:2], made)
    ]
    assert result.method == "layer_cam" and np.allclose(likeness, rank_correlation(*maps), atol=1e-5)
    assert steps[-1][0] == 1.0 and [part for part, _ in steps] == sorted(part for part, _ in steps)
    accuracies = conditions(result)
    assert list(accuracies["net"]) == ["normal"]  # low light at 3 was not made


def test_a_split_with_classes_that_a_network_lacks(network: Classifier, tmp_path: Any) -> None:
    torch.manual_seed(1)
    six = Classifier(
        save_checkpoint(tmp_path / "six", create_model("mini_xception", 6, 1), FER7[:6], Preprocess(48, 1))
    )
    index = np.arange(len(FACES.labels))
    from fer_models.data import FaceDataset

    labels = np.asarray(FACES.labels, np.int64)
    data = FaceDataset("drawn", FACES.images, labels, FER7, np.zeros(14, np.int8), ("all",), index, "test")
    settings = StressSettings(kinds=("grey",), severities=(1,), heatmaps=0, flips=False)
    result = stress_split({"seven": network, "six": six}, data, index, settings)
    assert result.classes == FER7[:6]
    assert result.n == (labels < 6).sum() and result.answers["six", "grey", 1].mirrored is None
    with pytest.raises(UserError, match="does not know neutral"):
        stress({"six": six}, FACES.images[:1], FER7)


def test_what_is_refused(network: Classifier) -> None:
    faces = FACES.images[:1]
    with pytest.raises(UserError, match="no corruption called 'fog'"):
        stress({"net": network}, faces, FER7, settings=StressSettings(kinds=("fog",)))
    with pytest.raises(UserError, match="at least one network and one face"):
        stress({"net": network}, [], FER7)
    with pytest.raises(UserError, match="Severities run from 1 to 5, not 7"):
        stress({"net": network}, faces, FER7, settings=StressSettings(severities=(7,)))
    with pytest.raises(UserError, match="1 faces and 2 classes"):
        stress({"net": network}, faces, FER7, np.array([0, 1]))


def test_a_cancel_from_the_progress_reaches_the_caller(network: Classifier) -> None:
    def stop(part: float, words: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stress({"net": network}, FACES.images[:1], FER7, progress=stop)


def test_a_limit_draws_the_same_labelled_pictures_again() -> None:
    from fer_models.data import FaceDataset

    labels = np.tile([0, 1, -1], 20)
    data = FaceDataset(
        "d",
        np.zeros((60, 8, 8, 1), np.uint8),
        labels,
        ("a", "b"),
        np.zeros(60, np.int8),
        ("all",),
        np.arange(60),
        "test",
    )
    assert len(drawn_index(data, np.arange(60), None)) == 40
    first, again = (drawn_index(data, np.arange(60), 10, seed=4) for _ in range(2))
    assert np.array_equal(first, again) and len(set(first)) == 10 and (labels[first] >= 0).all()
