"""Studies: what they vary, what their runs allow to say, and that they go on, stop and resume with real workers."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, save_checkpoint, write_figures
from fer_models.cli import main
from fer_models.errors import UserError
from fer_models.preprocess import Preprocess
from fer_models.training.recipe import Recipe
from fer_models.training.runs import run as run_module
from fer_models.training.runs.run import list_runs
from fer_models.training.study import start
from fer_models.training.study.axes import Span, fold_protocol, parse_axis, parse_folds, settings_of, shown
from fer_models.training.study.results import Result, curves, pooled, results_of
from fer_models.training.study.selection import flattery
from fer_models.training.study.start import cancel_study, start_study
from fer_models.training.study.statistics import difference, spread, verdict
from fer_models.training.study.study import Study, Trial, create_study, find_study, list_studies, state_of
from fer_models.training.study.tables import ablation_table, fold_table, overlap_of

SMALL = Recipe(
    data="synthetic:count=140,size=48,identities=12",
    network="mini_xception",
    epochs=1,
    batch_size=32,
    precision="float32",
)


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Studies make their runs, no process is started; what would have been started is in the list."""
    started: list[list[str]] = []
    monkeypatch.setattr(start, "_spawn", lambda module, given, log: started.append([module, *given]) or 0)
    return started


def test_a_worker_that_starts_slowly_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_spawn", lambda module, given, log: os.getpid())
    monkeypatch.setattr(run_module, "_STARTING", 0)  # as on a machine so busy that a minute passes first
    study = create_study(SMALL)
    start_study(study)
    assert state_of(find_study(study.id)).counts == {"queued": 1}


def finish(run, value: float, validation: float, epochs: int = 2) -> None:
    """Make a run look finished with these accuracies, by the files that a worker writes."""
    rows = [
        {
            "metric": "accuracy",
            "value": v,
            "low": v,
            "high": v,
            "n": 28,
            "data": "s",
            "split": split,
            "selection": "val",
            "averaging": averaging,
        }
        for split, v in (("val", validation), ("test", value))
        for averaging in ("none", "flip")
    ]
    network, provenance = create_model("mini_xception", 2, 1), {"validation": "val"}
    best = run.folder / "checkpoints" / "best"
    save_checkpoint(best, network, ("happy", "sad"), Preprocess(), provenance=provenance)
    write_figures(best, rows)
    for epoch in range(1, epochs + 1):
        run.append_metrics({"epoch": epoch, "val_accuracy": value * epoch / epochs, "seconds": 2.0})
    run.write_status(state="finished", epoch=epochs, best_epoch=epochs)


def finish_all(study, values: list[float]) -> None:
    """Let the queue work: every run of the study is made and finished with the next of these accuracies."""
    for value in values:
        start.advance(study)
        fresh = find_study(study.id)
        run = next(r for t in fresh.trials if (r := fresh.run_of(t)) and r.status().active)
        finish(run, value, value + 0.01)
    start.advance(study)


def test_axes_are_read_as_they_are_written() -> None:
    assert parse_axis("options.attention=none,cam, fusion") == ("options.attention", ["none", "cam", "fusion"])
    assert parse_axis("options.growth=[32,64],[8]") == ("options.growth", [[32, 64], [8]])
    assert parse_axis('augmentation={},{"rotation": 8, "scale": 0.1}')[1] == [{}, {"rotation": 8, "scale": 0.1}]
    assert parse_axis("exclude_leaks=true,false")[1] == [True, False]
    assert parse_axis("lr=log:1e-4..1e-2") == ("lr", Span(1e-4, 1e-2, True))
    for wrong in ("lr", "lr=", "lr=1,1", "lr=2..1", "lr=log:0..1", "seed=1,2", "fold=0,1", "ema=a..b"):
        with pytest.raises(UserError):
            parse_axis(wrong)


def test_a_grid_combines_and_a_random_search_draws_the_same_again() -> None:
    axes = {"lr": [0.1, 0.2], "options.attention": ["none", "cam"]}
    assert len(settings_of(axes)) == 4
    assert settings_of(axes)[1] == {"lr": 0.1, "options.attention": "cam"}
    spans = dict([parse_axis("lr=log:1e-4..1e-2"), parse_axis("epochs=2..5"), parse_axis("loss=a,b")])
    drawn = settings_of(spans, 12, seed=3)
    assert drawn == settings_of(spans, 12, seed=3) != settings_of(spans, 12, seed=4)
    assert len(drawn) == 12
    assert all(1e-4 <= d["lr"] <= 1e-2 and d["epochs"] in (2, 3, 4, 5) and d["loss"] in "ab" for d in drawn)
    assert len(settings_of({"lr": [1, 2]}, 10)) == 2  # there are no more
    with pytest.raises(UserError, match="random"):
        settings_of(spans)
    with pytest.raises(UserError, match="field"):
        settings_of({}, 3)


def test_folds_and_their_protocols() -> None:
    assert parse_folds("5") == (5, 5)
    assert parse_folds("2/5") == (2, 5)
    for wrong in ("3", "0/5", "6/5", "many", "2/x"):
        with pytest.raises(UserError, match="5 or 10"):
            parse_folds(wrong)
    assert fold_protocol(5, by_subject=False) == "folds-5"
    assert fold_protocol(10, by_subject=True) == "folds-10-subject"


def test_spread_and_difference_against_hand_figures() -> None:
    average = spread([0.6, 0.7, 0.8])
    assert (average.n, average.mean) == (3, pytest.approx(0.7))
    assert average.deviation == pytest.approx(0.1)
    assert average.high == pytest.approx(0.7 + 4.302653 * 0.1 / np.sqrt(3), abs=1e-6)  # t(0.975, 2) = 4.302653
    folds = spread([0.6, 0.7, 0.8, 0.7, 0.7], overlap=1 / 4)
    assert folds.high - folds.mean == pytest.approx(2.776445 * np.sqrt(0.005 * (1 / 5 + 1 / 4)), abs=1e-6)
    assert spread([0.5]).low is None
    paired = difference([0.61, 0.72, 0.83], [0.6, 0.7, 0.8], paired=True)
    assert paired.value == pytest.approx(0.02)
    assert paired.p == pytest.approx(0.0742, abs=1e-4)  # t = 0.02 / (0.01 / sqrt(3)) = 3.4641, 2 degrees
    assert "no difference larger than chance" in verdict(paired, paired.p)
    assert "larger than chance (p = 0.01)" in verdict(paired, 0.01)
    apart = difference([0.9, 0.91, 0.92], [0.5, 0.51, 0.49], paired=False)
    assert apart.p is not None and apart.p < 0.01
    assert difference([0.5], [0.4], paired=True).p is None
    assert "too few runs" in verdict(difference([0.5, 0.6], [0.4, 0.5], paired=True), None)


def test_two_runs_or_equal_ones_give_no_interval() -> None:
    assert spread([0.6, 0.8]).low is None and spread([0.6, 0.8]).deviation == pytest.approx(0.1414, abs=1e-4)
    assert spread([2 / 3] * 4).low is None
    assert difference([0.6, 0.8], [0.1, 0.2], paired=True).p is None
    high = spread([0.9, 1.0, 1.0])
    assert high.high == 1.0 and high.low is not None and high.low < 0.9


def test_seeds_that_draw_the_measured_images_widen_the_interval() -> None:
    """Over seeds of 7:2:1 or of one fold each run tests other images; over seeds of PublicTest the same ones."""
    for protocol, measured_on, expected in (
        ("7-2-1", "test part (7:2:1 of images, seed 0)", 1 / 7),
        ("folds-5", "test part (5 folds of images, fold 1 of 5, seed 0)", 1 / 4),
        ("official", "validation part (Official, seed 0)", 1 / 4),
        ("official", "PublicTest", 0),
        ("official-holdout", "test part (Official, validated on training, seed 0)", 0),
    ):
        trials = [Trial({}, 0, seed) for seed in range(3)]
        study = Study("x", {**asdict(SMALL), "protocol": protocol}, trials, [])
        results = [
            Result(trial, "finished", {"accuracy": 0.7 + 0.01 * trial.seed}, measured_on, 1, 1, 1, 1.0, None)
            for trial in trials
        ]
        assert overlap_of(study, {}, results) == pytest.approx(expected), measured_on
        (row,) = ablation_table(study, results)
        assert row.spread is not None and row.spread.high == spread([0.7, 0.71, 0.72], expected).high


def test_the_best_of_more_epochs_flatters_more() -> None:
    """Two settings of the same worth, with 60 and 10 epochs: their difference is corrected for the choice."""
    random, plain, corrected = np.random.default_rng(0), [], []
    for _ in range(40):
        gains = []
        for epochs in (60, 10):
            history = 0.65 + 0.01 * random.normal(size=epochs)
            gains.append((history.max(), flattery(history.tolist()) or 0.0))
        plain.append(gains[0][0] - gains[1][0])
        corrected.append(plain[-1] - gains[0][1] + gains[1][1])
    assert np.mean(plain) > 0.005 and abs(np.mean(corrected)) < np.mean(plain) / 2
    trials = [Trial({"epochs": n}, 0, seed) for n in (10, 60) for seed in range(3)]
    study = Study("x", asdict(SMALL), trials, ["epochs"])
    selected = {"validation": "PublicTest"}
    chosen = Checkpoint(Path(), "mini_xception", {}, 1, ("a", "b"), Preprocess(48, 1), "", provenance=selected)
    results = []
    for trial in trials:
        flattered = 0.02 if trial.settings["epochs"] > 10 else 0.0
        figures = {"accuracy": 0.6 + 0.01 * trial.seed + flattered, "macro_f1": 0.5 + flattered}
        results.append(Result(trial, "finished", figures, "PublicTest", 1, 1, 1, 1.0, chosen, flattered))
    (_, other) = ablation_table(study, results)
    assert other.difference is not None and other.difference.value == pytest.approx(0.0)
    assert other.spread is not None and other.spread.mean == pytest.approx(0.63), "as measured"
    (_, by_f1) = ablation_table(study, results, "macro_f1")
    assert by_f1.difference is not None and by_f1.difference.value == pytest.approx(0.02)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        average = spread(random.normal(0.7, 0.02, 4).tolist())
        assert average.low is not None and average.high is not None
        hits += average.low <= 0.7 <= average.high
    assert 0.92 < hits / 400 < 0.98


def test_two_runs_are_under_way_at_a_time_until_all_are_made(no_worker: list[list[str]]) -> None:
    study = create_study(SMALL, settings=settings_of({"lr": [1e-3, 1e-2]}), folds=range(2), seeds=(0, 1))
    assert len(study.trials) == 8 and not list_runs()
    start_study(study)
    assert len(list_runs()) == len(no_worker) == 2
    assert all(call[0] == "fer_models.training.study.worker" and call[2] == study.id for call in no_worker)
    start.advance(study)
    assert len(list_runs()) == 2  # both wait still
    with pytest.raises(UserError, match="already running"):
        start_study(study)
    finish_all(study, [0.5] * 8)
    fresh = find_study(study.id)
    assert len(list_runs()) == 8 and state_of(fresh).complete and state_of(fresh).word == "finished"
    recipes = [fresh.run_of(trial).recipe for trial in fresh.trials]  # type: ignore[union-attr]
    assert {(r.lr, r.fold, r.seed) for r in recipes} == {
        (lr, fold, seed) for lr in (1e-3, 1e-2) for fold in (0, 1) for seed in (0, 1)
    }
    with pytest.raises(UserError, match="finished"):
        start_study(fresh)


def test_cancel_and_resume_start_only_what_is_missing(no_worker: list[list[str]]) -> None:
    study = create_study(SMALL, folds=range(4))
    start_study(study)
    fresh = find_study(study.id)
    first = fresh.run_of(fresh.trials[0])
    finish(first, 0.6, 0.6)
    cancel_study(study)
    fresh = find_study(study.id)
    assert state_of(fresh).counts == {"finished": 1, "cancelled": 1, "missing": 2}
    assert start.advance(study) == []
    assert state_of(fresh).word == "stopped"
    start_study(fresh)
    fresh = find_study(study.id)
    assert state_of(fresh).counts == {"finished": 1, "queued": 2, "missing": 1}
    assert not fresh.run_of(fresh.trials[1]).cancelled  # type: ignore[union-attr]
    assert len(list_runs()) == 3
    finish_all(study, [0.5, 0.5, 0.5])
    assert state_of(find_study(study.id)).complete


def test_a_killed_run_is_lost_and_goes_on_with_the_study(no_worker: list[list[str]]) -> None:
    study = create_study(SMALL, folds=range(2))
    start_study(study)
    fresh = find_study(study.id)
    first, second = (fresh.run_of(trial) for trial in fresh.trials)
    first.write_status(state="running", pid=2**22 - 1, pid_started=1, epoch=1)  # killed: no such process any more
    finish(second, 0.6, 0.6)
    assert start.advance(study, leaving=second.id) == []  # a lost run waits until someone looks at it
    assert state_of(fresh).counts == {"lost": 1, "finished": 1} and state_of(fresh).word == "stopped"
    start_study(study)
    assert len(no_worker) == 3 and no_worker[-1][1] == str(first.folder) and len(list_runs()) == 2
    second.folder.rename(second.folder.with_name("elsewhere"))
    assert state_of(find_study(study.id)).counts == {"queued": 1, "missing": 1}  # removed by hand: made anew
    assert len(start.advance(study)) == 1


def test_tables_of_a_part_and_of_the_whole(no_worker: list[list[str]]) -> None:
    recipe = Recipe.from_dict({**SMALL.to_dict(), "network": "fcsdnet", "protocol": "folds-5"})
    study = create_study(recipe, settings=settings_of({"options.attention": ["none", "fusion"]}), folds=range(5))
    results = results_of(study)
    assert [row.values for row in fold_table(study, results)] == [(None,) * 5] * 2
    start_study(study)
    finish_all(study, [0.60, 0.70])
    part = find_study(study.id)
    rows = fold_table(part, results_of(part))
    assert [row.values[0] for row in rows] == [0.6, 0.7] and rows[0].values[1] is None
    (base, other) = ablation_table(part, results_of(part))
    assert base.settings == {"options.attention": "fusion"}  # what the recipe has anyway stands first
    assert other.runs == 1 and "one run each" in other.said
    finish_all(study, [0.61, 0.72, 0.59, 0.70, 0.60, 0.69, 0.62, 0.72])
    whole = find_study(study.id)
    results = results_of(whole)
    none, fusion = fold_table(whole, results)
    assert none.values == (0.60, 0.61, 0.59, 0.60, 0.62)
    assert fusion.average is not None and fusion.average.mean == pytest.approx(0.706)
    (base, other) = ablation_table(whole, results)
    assert other.difference is not None and other.difference.paired and other.difference.n == 5
    assert other.difference.value == pytest.approx(-0.102) and "larger than chance" in other.said
    assert results[0].figures["validation_accuracy"] == pytest.approx(0.61)
    assert results[0].measured_on == "test"
    curve = curves(whole, {"options.attention": "none"}, "val_accuracy")
    assert curve is not None
    np.testing.assert_allclose(curve.mean, [0.302, 0.604])
    assert curve.runs.tolist() == [5, 5] and curve.deviation[1] == pytest.approx(np.std(none.values, ddof=1))
    assert shown(base.settings) == "attention fusion"


def test_random_and_subject_folds_are_not_compared_in_pairs(no_worker: list[list[str]]) -> None:
    settings = settings_of({"protocol": ["folds-5", "folds-5-subject"]})
    study = create_study(SMALL, settings=settings, folds=range(5))
    start_study(study)
    finish_all(study, [0.9, 0.5, 0.88, 0.52, 0.91, 0.48, 0.9, 0.5, 0.89, 0.51])
    rows = ablation_table(find_study(study.id), results_of(find_study(study.id)))
    assert rows[1].difference is not None and not rows[1].difference.paired
    assert "larger than chance" in rows[1].said
    assert shown(rows[1].settings) == "5 folds by subject"


def test_bad_studies_are_one_sentence(no_worker: list[list[str]], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="attention"):
        create_study(Recipe(), settings=[{"options.attention": "nonsense"}])
    with pytest.raises(UserError, match="has no option colour"):
        create_study(Recipe(), settings=[{"colour": 1}])
    study = create_study(SMALL)
    study.file.write_text("{")
    assert list_studies() == []
    with pytest.raises(UserError, match="damaged"):
        find_study(study.id)
    with pytest.raises(UserError, match="no study"):
        find_study("../../etc/passwd")


def test_the_command_line_makes_lists_and_shows(no_worker: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", SMALL.data, "--set", "network=mini_xception"]
    options = [*data, "--folds", "2/5", "--by", "subject", "--seeds", "2", "--grid", "lr=0.001,0.01"]
    assert main(["study", "quick", *options, "--detach"]) == 0
    study = find_study(capsys.readouterr().out.strip())
    assert len(study.trials) == 2 * 2 * 2 and study.recipe["protocol"] == "folds-5-subject"
    assert study.title.startswith("mini-Xception") or "2 folds" in study.title
    assert main(["study", "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert line["id"] == study.id and line["state"] == "running" and len(line["runs"]) == 8
    assert main(["study", "--show", study.id]) == 0
    assert "R#1" in capsys.readouterr().out
    assert main(["study", "--cancel", study.id]) == 0
    assert state_of(find_study(study.id)).word == "stopped"
    for wrong in (["--folds", "3"], ["--by", "subject"], ["--grid", "lr=1..2"], ["--on", "moon"], ["--seeds", "0"]):
        assert main(["study", "quick", *data, *wrong, "--detach"]) == 2
    assert main(["study", "quick", "--data", "nowhere", "--detach"]) == 2
    assert main(["study", "--folds", "5"]) == 2


def test_real_folds_are_trained_one_after_the_other_and_pooled() -> None:
    recipe = Recipe.from_dict({**SMALL.to_dict(), "protocol": "folds-5-subject"})
    study = create_study(recipe, folds=range(2))
    start_study(study)
    wait(study, lambda s: state_of(s).complete)
    done = find_study(study.id)
    (row,) = fold_table(done, results_of(done))
    assert all(value is not None and 0 <= value <= 1 for value in row.values)
    together = pooled(done, {}, 0)
    sizes = [json.loads((run.folder / "split.json").read_text())["test"] for run in runs_of(done)]
    assert together.n == sum(map(len, sizes)) and together.split == "2 of 5 folds pooled"
    assert together.confusion.sum() == together.n
    weighted = sum(v * len(s) for v, s in zip(row.values, sizes, strict=True)) / together.n
    assert together.value("accuracy") == pytest.approx(weighted)


def runs_of(study):
    return [run for trial in study.trials if (run := study.run_of(trial)) is not None]


def wait(study, condition, seconds: float = 120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        fresh = find_study(study.id)
        if result := condition(fresh):
            return result
        time.sleep(0.1)
    tails = [run.log_tail() for run in runs_of(fresh)]
    raise AssertionError(f"still {state_of(fresh)} after {seconds} s\n{tails}")


def test_spread_and_difference_by_hand() -> None:
    """Three runs: Student's t with two degrees of freedom is 4.303 at 95 %."""
    values = [0.5, 0.6, 0.7]
    half = 4.3027 * 0.1 / np.sqrt(3)
    found = spread(values)
    assert (found.n, found.mean, found.deviation) == (3, pytest.approx(0.6), pytest.approx(0.1))
    assert (found.low, found.high) == (pytest.approx(0.6 - half, abs=1e-4), pytest.approx(0.6 + half, abs=1e-4))
    wider = spread(values, overlap=1.0)
    assert wider.high - 0.6 == pytest.approx(min(0.4, 2 * half), abs=1e-4)  # 1 / 3 becomes 4 / 3
    assert spread(values[:2]).low is None and spread(values[:2]).deviation == pytest.approx(0.0707, abs=1e-4)
    assert spread(values[:1]).deviation is None and spread([0.6] * 3).low is None
    paired = difference([0.6, 0.7, 0.95], values, paired=True)  # 0.1, 0.1 and 0.25
    deviation = np.std([0.1, 0.1, 0.25], ddof=1) / np.sqrt(3)
    assert paired.value == pytest.approx(0.15)
    assert (paired.low, paired.high) == (
        pytest.approx(0.15 - 4.3027 * deviation, abs=1e-4),
        pytest.approx(0.15 + 4.3027 * deviation, abs=1e-4),
    )
    apart = difference([0.6, 0.7, 0.8], values, paired=False, overlap=0.5, overlap_b=0.25)
    variance = 0.01 * (1 / 3 + 0.5) + 0.01 * (1 / 3 + 0.25)
    assert apart.high == pytest.approx(0.1 + 4.3027 * np.sqrt(variance), abs=1e-4)
    assert difference(values[:2], values, paired=False).p is None
    same = difference(values, values, paired=True)
    assert (same.low, same.high, same.p) == (0, 0, 1)
    assert difference([v + 0.125 for v in (0.5, 0.25, 0.75)], (0.5, 0.25, 0.75), paired=True).p is None
