"""How often intervals hold the truth and tests are wrong, by simulation: the figures of ``docs/statistics.md``.

Run: ``python benchmarks/error_rates.py [--repeats R] [--only PART ...]``. With 200 repeats a share of 95 % is known to
within 3 points.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from collections.abc import Callable

import numpy as np

from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.comparison.significance import LEVEL, compare
from fer_models.evaluation.comparison.swap import exact_sign_p, mean_swap_p
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.intervals import estimates, percentile_interval, row_weights, share_estimate, wilson
from fer_models.evaluation.metrics import METRICS
from fer_models.evaluation.slicing.slices import slice_metric
from fer_models.evaluation.slicing.worse import against_rest
from fer_models.training.study.selection import flattery
from fer_models.training.study.statistics import spread

#: Shares of the seven classes in FER2013, disgust being rare.
SHARES = np.array([0.14, 0.015, 0.14, 0.25, 0.17, 0.11, 0.175])
SHARES /= SHARES.sum()
RESAMPLES = 500


def network(rng: np.random.Generator, n: int, calibrated: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Targets and probabilities (N, 7) of a made network, about 70 % right; its confidence is too high, or right."""
    targets = rng.choice(7, n, p=SHARES)
    logits = rng.normal(size=(n, 7)) * 1.2 + 2.2 * np.eye(7)[targets]
    probabilities = softmax(1.6 * logits)
    if calibrated:
        drawn = rng.random((n, 1)) > np.cumsum(probabilities, 1)
        targets = np.minimum(drawn.sum(1), 6)
    return targets, probabilities


def coverage(repeats: int) -> None:
    """Share of 95 % intervals that hold the figure of 300,000 images, and the mean error of the figure, in points."""
    rng = np.random.default_rng(0)
    every = dict(METRICS.items())
    names = (
        "accuracy",
        "top_2",
        "balanced_accuracy",
        "macro_f1",
        "mcc",
        "log_loss",
        "ece",
        "roc_auc",
        "pr_auc",
        "aurc",
    )
    large = network(rng, 300_000)
    truth = {key: every[key].function(*large, None) for key in names if every[key].needs == "probabilities"}
    whole = np.bincount(large[0] * 7 + large[1].argmax(1), minlength=49).reshape(7, 7)
    truth |= {key: every[key].function(whole) for key in names if every[key].needs == "confusion"}
    heads = "".join(f"{key:>20}" for key in names)
    print(f"coverage of the 95 % interval, % (mean error, points)\n{' ' * 20}{heads}")
    for n in (20, 100, 300, 1000, 3589):
        drawn = [estimates({k: every[k] for k in names}, *network(rng, n), resamples=RESAMPLES) for _ in range(repeats)]
        cells = []
        for key in names:
            held = np.mean([each[key].low <= truth[key] <= each[key].high for each in drawn])
            error = np.mean([each[key].value for each in drawn]) - truth[key]
            cells.append(f"{100 * held:.0f} ({100 * error:+.1f})")
        print(f"n = {n:<16}" + "".join(f"{cell:>20}" for cell in cells), flush=True)
    for n in (50, 300, 1000, 3589):
        made = [network(rng, n, calibrated=True) for _ in range(repeats)]
        found = [estimates({"ece": every["ece"]}, *each, resamples=RESAMPLES)["ece"] for each in made]
        plain = np.mean([every["ece"].function(*each, None) for each in made])
        held = np.mean([each.low <= 0 for each in found])
        middle = np.mean([each.value for each in found])
        print(
            f"calibrated, n = {n}: ECE as measured {100 * plain:.1f} %, corrected {100 * middle:.1f} %; "
            f"its interval holds 0 in {held:.0%}"
        )


def people(repeats: int) -> None:
    """Coverage for images of the same people, whose ease differs, by what is resampled."""
    rng = np.random.default_rng(0)
    print("share of 95 % intervals that hold the accuracy; images of the same people")
    for count, each in ((118, 8), (10, 20), (30, 3)):
        unit = np.repeat(np.arange(count), each)
        held = {"Wilson over images": 0, "Wilson, effective number": 0, "bootstrap over people": 0}
        effects = []
        for _ in range(repeats):
            hits = rng.random(count * each) < rng.beta(2, 0.5, count)[unit]
            low, high = wilson(hits.sum(), len(hits))
            held["Wilson over images"] += low <= 0.8 <= high
            _, low, high = share_estimate(hits, unit)
            held["Wilson, effective number"] += low <= 0.8 <= high
            means = np.concatenate([w @ hits / w.sum(1) for w in row_weights(len(hits), RESAMPLES, units=unit)])
            low, high = percentile_interval(means)
            held["bootstrap over people"] += low <= 0.8 <= high
            gaps = np.bincount(unit, hits - hits.mean())
            spread_of_images = max(hits.mean() * (1 - hits.mean()) * len(hits), 1e-9)
            effects.append(count / (count - 1) * (gaps @ gaps) / spread_of_images)
        words = ", ".join(f"{name} {100 * number / repeats:.0f} %" for name, number in held.items())
        print(f"{count} people with {each} images (design effect {np.mean(effects):.1f}): {words}", flush=True)


def seeds(repeats: int) -> None:
    """Coverage of the interval over runs that each draw their measured images, for a linear classifier."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    rng = np.random.default_rng(0)
    centres = rng.normal(size=(5, 12)) * 0.55

    def images(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = rng.integers(0, 5, count)
        return centres[labels] + rng.normal(size=(count, 12)), labels

    far = images(20_000)

    def runs(test: int, train: int, number: int) -> tuple[list[float], list[float]]:
        data, labels = images(500)
        measured, true = [], []
        for _ in range(number):
            order = rng.permutation(500)
            model = LinearDiscriminantAnalysis().fit(
                data[order[test : test + train]], labels[order[test : test + train]]
            )
            measured.append(model.score(data[order[:test]], labels[order[:test]]))
            true.append(model.score(*far))
        return measured, true

    print("share of 95 % intervals over runs that hold the expected accuracy")
    for name, test, train, overlap in (("7:2:1", 50, 350, 1 / 7), ("one fold of 5", 100, 320, 1 / 4)):
        expected = np.mean([np.mean(runs(test, train, 1)[1]) for _ in range(200)])
        for number in (3, 5):
            held = {"t": 0, "corrected": 0}
            for _ in range(repeats):
                measured, _ = runs(test, train, number)
                for key, share in (("t", 0.0), ("corrected", overlap)):
                    found = spread(measured, share)
                    held[key] += (
                        found.low is not None and found.high is not None and found.low <= expected <= found.high
                    )
            words = ", ".join(f"{key} {100 * hits / repeats:.0f} %" for key, hits in held.items())
            print(f"{name}, {number} seeds: {words}", flush=True)
    for number in (2, 3, 5):
        same_images(rng, repeats, number)


def same_images(rng: np.random.Generator, repeats: int, number: int) -> None:
    """Runs on one split that differ by chance of the training alone: what Student's t says of their expected figure."""
    held, drawn = 0, 0
    for _ in range(repeats):
        expected = 0.7 + 0.02 * rng.normal()
        found = spread((expected + 0.008 * rng.normal(size=number)).tolist())
        if found.low is not None and found.high is not None:
            held, drawn = held + (found.low <= expected <= found.high), drawn + 1
    words = f"t {100 * held / drawn:.0f} %" if drawn else "no interval"
    print(f"a split of its own that stays, {number} seeds: {words}", flush=True)


def explainers(repeats: int) -> None:
    """How often one of two equal explanation methods is called better, by its test and by a bootstrap interval."""
    rng = np.random.default_rng(0)
    print("two equal explanation methods, called different, % (by a bootstrap interval that leaves out 0)")
    for n in (2, 3, 5, 10, 20, 48):
        tested, bootstrap = 0, 0
        for _ in range(repeats):
            gain = rng.gamma(2, 1, n) - rng.gamma(2, 1, n)
            tested += mean_swap_p(gain) < LEVEL
            means = np.concatenate([w @ gain / w.sum(1) for w in row_weights(n, RESAMPLES)])
            low, high = percentile_interval(means)
            bootstrap += low > 0 or high < 0
        print(f"n = {n}: {100 * tested / repeats:.0f} ({100 * bootstrap / repeats:.0f})", flush=True)


def tests(repeats: int) -> None:
    """How often two networks of the same worth are called different, by the exchange test and by the bootstrap."""
    rng = np.random.default_rng(0)
    names = ("accuracy", "macro_f1", "log_loss", "roc_auc")
    print("two equal networks, called different at p < 0.05, % (by an interval that leaves out 0)")
    for n in (2, 10, 30, 100, 300):
        wrong = {name: [0, 0] for name in names}
        for _ in range(repeats):
            targets, first = network(rng, n)
            second = softmax(1.6 * (rng.normal(size=(n, 7)) * 1.2 + 2.2 * np.eye(7)[targets]))
            two = [evaluation(targets, probabilities) for probabilities in (first, second)]
            for name in names:
                (pair,) = compare(two, name, resamples=RESAMPLES)
                wrong[name][0] += pair.proven
                wrong[name][1] += pair.difference.low > 0 or pair.difference.high < 0
        cells = ", ".join(f"{k} {100 * a / repeats:.0f} ({100 * b / repeats:.0f})" for k, (a, b) in wrong.items())
        print(f"n = {n}: {cells}", flush=True)
    people_tests(rng, repeats)


def people_tests(rng: np.random.Generator, repeats: int) -> None:
    """The same for 118 people with eight images, on whom the networks do well or badly together."""
    unit = np.repeat(np.arange(118), 8)
    wrong = {"images": 0, "people": 0}
    for _ in range(repeats):
        hits = [(rng.random(len(unit)) < rng.beta(2, 0.5, 118)[unit]).astype(np.int64) for _ in range(2)]
        sums = np.bincount(unit, hits[0] - hits[1]).astype(np.int64)
        wrong["images"] += exact_sign_p(hits[0] - hits[1]) < LEVEL
        wrong["people"] += exact_sign_p(sums) < LEVEL
    print(
        "of 118 people: " + ", ".join(f"exchanging {k} {100 * v / repeats:.0f} %" for k, v in wrong.items()), flush=True
    )


def evaluation(targets: np.ndarray, probabilities: np.ndarray) -> Evaluation:
    """Predictions as a comparison takes them."""
    rows, logits = np.arange(len(targets)), np.log(probabilities + 1e-12).astype(np.float32)
    answers = probabilities.argmax(1)
    return Evaluation(
        tuple("abcdefg"), targets, answers, logits, probabilities, None, rows, rows, "made", "", "all", ""
    )


def slices(repeats: int) -> None:
    """How often some slice is called worse where none is."""
    rng = np.random.default_rng(0)
    for count in (20, 60):
        for metric in ("accuracy", "macro_f1"):
            found = 0
            for _ in range(repeats):
                made = evaluation(*network(rng, 3589))
                parts = slice_metric(made, rng.integers(0, count, 3589).astype(str), "drawn", metric)
                found += any(p.p is not None and p.p < LEVEL for p in against_rest(made, parts, metric))
            print(f"{count} slices, {metric}: some slice is called worse in {100 * found / repeats:.0f} %", flush=True)


def epochs(repeats: int) -> None:
    """What the choice of the best of many epochs adds, and what its correction finds, in points."""
    rng = np.random.default_rng(0)
    for count in (10, 30, 60):
        worth = 0.65 - 0.1 * np.exp(-np.arange(count) / (count / 4))
        added, found = [], []
        for _ in range(repeats):
            history = worth + 0.008 * rng.normal(size=count)
            best = history.argmax()
            added.append(history[best] - worth[best])
            found.append(flattery(history.tolist()) or 0.0)
        print(
            f"{count} epochs: adds {100 * np.mean(added):.2f} points, estimated {100 * np.mean(found):.2f}", flush=True
        )


PARTS: dict[str, Callable[[int], None]] = {
    "coverage": coverage,
    "people": people,
    "seeds": seeds,
    "explainers": explainers,
    "tests": tests,
    "slices": slices,
    "epochs": epochs,
}


def main() -> None:
    """Run all parts, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    args = parser.parse_args()
    for name in args.only:
        PARTS[name](args.repeats)


if __name__ == "__main__":
    main()
