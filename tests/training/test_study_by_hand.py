"""A study's words, states, curves and tables from results that are given, and a film's frames."""

from __future__ import annotations

import io
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from fer_models.errors import UserError
from fer_models.labels import FER7
from fer_models.training.recipe import Recipe
from fer_models.training.runs.status import Status
from fer_models.training.study import results, start, tables
from fer_models.training.study import study as module
from fer_models.training.study.results import Result, chosen_figure, curves, pooled
from fer_models.training.study.study import Study, StudyState, Trial, label_of
from fer_models.training.study.tables import ablation_table, fold_table, overlap_of
from fer_models.training.watch import film

RECIPE = Recipe(data="/data/faces.csv", network="mini_xception", protocol="folds-5").to_dict()


def study_of(*trials: Trial, fields: tuple[str, ...] = ("lr",), **changes: Any) -> Study:
    return Study("s", RECIPE | changes, list(trials), list(fields))


def result(trial: Trial, accuracy: float | None, flattery: float | None = None, selection: str = "val") -> Result:
    figures = {} if accuracy is None else {"accuracy": accuracy, "macro_f1": accuracy - 0.1}
    checkpoint: Any = SimpleNamespace(selection=selection)
    return Result(trial, "finished", figures, "test", 2, 2, 1, 3.0, checkpoint, flattery)


def test_a_study_is_told_by_what_differs() -> None:
    one = study_of(Trial({"lr": 0.1}, 0, 3), fields=())
    assert one.title == "Mini-Xception on faces.csv" and label_of(one, one.trials[0]) == "the one run"
    many = study_of(*(Trial({"lr": lr}, fold, seed) for lr in (0.1, 0.2) for fold in (0, 1) for seed in (3, 4, 5)))
    assert many.title.endswith("on faces.csv over 2 settings, 2 folds, 3 seeds") and len(many.settings) == 2
    assert label_of(many, many.trials[5]) == "lr 0.1, fold 2, seed 5"
    folds = study_of(Trial({"lr": 0.1}, 0, 3), Trial({"lr": 0.1}, 1, 3))
    assert folds.title.endswith("over 2 folds") and label_of(folds, folds.trials[1]) == "lr 0.1, fold 2"
    assert study_of(Trial({}, 0, 0), network="gone").title == "gone on faces.csv"
    titles = [study_of(Trial({}, 0, 0), data=data).title for data in ("fer2013", "synthetic", "synthetic:count=200")]
    assert titles == [
        "Mini-Xception on FER2013", "Mini-Xception on Built-in faces", "Mini-Xception on Built-in faces, count=200"
    ]  # fmt: skip


def test_states_of_a_study() -> None:
    done, half = StudyState({"finished": 3}, True), StudyState({"finished": 2, "failed": 1}, False)
    assert (done.total, done.complete, done.word) == (3, True, "finished")
    assert (half.total, half.complete, half.word) == (3, False, "stopped")
    assert StudyState({"missing": 1}, True).word == "running"


@pytest.mark.parametrize(
    ("place", "age", "state"),
    [("ray", 0, "running"), ("ray", 179, "running"), ("ray", 181, "lost"), ("ray", -60, "lost"), ("local", 0, "lost")],
)
def test_a_run_on_a_cluster_is_lost_after_three_minutes(monkeypatch, place: str, age: float, state: str) -> None:
    study = study_of(Trial({}, 0, 0))
    study.place = place
    status = Status("lost", updated=time.time() - age)
    monkeypatch.setattr(Study, "run_of", lambda self, trial: SimpleNamespace(status=lambda: status))
    found = study.status_of(study.trials[0])
    assert found is not None and found.state == state


def test_a_study_is_active_while_a_run_or_its_driver_is(monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_of(Trial({}, 0, 0), Trial({}, 0, 1))
    states: list[Status | None] = [None, None]
    monkeypatch.setattr(Study, "status_of", lambda self, trial: states[trial.seed])
    assert module.state_of(study) == StudyState({"missing": 2}, False)
    states[1] = Status("running")
    assert module.state_of(study) == StudyState({"missing": 1, "running": 1}, True)
    states[1] = Status("failed")
    for alive in (True, False):
        monkeypatch.setattr(module, "is_alive", lambda *_, alive=alive: alive)
        study.driver = None
        assert not module.state_of(study).active
        study.driver = (1, 2)
        assert module.state_of(study).active is alive


def test_a_study_at_work_or_finished_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    study = study_of(Trial({}, 0, 0, "a"), Trial({}, 0, 1, "b"), Trial({}, 0, 2))
    begun: list[str] = []
    statuses = {0: Status("failed"), 1: Status("finished"), 2: None}
    monkeypatch.setattr(start, "locked", lambda study: nullcontext(study))
    monkeypatch.setattr(Study, "save", lambda self: None)
    monkeypatch.setattr(Study, "status_of", lambda self, trial: statuses[trial.seed])
    monkeypatch.setattr(start, "advance", lambda study: begun.append("here"))
    monkeypatch.setattr(start, "_drive", lambda study: begun.append("there"))
    for counts, active, cancelled, said in (
        ({"finished": 3}, False, False, "is finished"), ({"running": 3}, True, False, "already running"),
    ):  # fmt: skip
        monkeypatch.setattr(start, "state_of", lambda study, c=counts, a=active: StudyState(c, a))
        study.cancelled = cancelled
        with pytest.raises(UserError, match=said):
            start.start_study(study)
    study.cancelled = True
    start.start_study(study)
    study.place = "ray"
    monkeypatch.setattr(start, "state_of", lambda study: StudyState({"failed": 1}, False))
    start.start_study(study)
    assert begun == ["here", "there"] and study.again == ["a"] and not study.cancelled


@pytest.mark.parametrize(
    ("slots", "active", "leaving", "made"), [(1, 0, "", 2), (1, 1, "", 1), (2, 1, "a", 3), (1, 2, "", 0)]
)
def test_as_many_runs_are_under_way_as_there_are_slots_and_one_waits(monkeypatch, slots, active, leaving, made) -> None:
    from contextlib import nullcontext

    from fer_models.training import devices

    study = study_of(*(Trial({}, 0, seed, "ab"[seed] if seed < active else None) for seed in range(6)))
    runs: list[int] = []
    monkeypatch.setattr(devices, "slot_count", lambda: slots)
    monkeypatch.setattr(start, "locked", lambda study: nullcontext(study))
    monkeypatch.setattr(Study, "status_of", lambda self, trial: Status("running") if trial.run else None)
    new = SimpleNamespace(folder=Path("x"), write_status=lambda **values: runs.append(0))
    monkeypatch.setattr(start, "_spawn", lambda *_: 1)
    monkeypatch.setattr(start, "start_ticks", lambda pid: None)
    monkeypatch.setattr(start, "next_run", lambda study, trial: None if trial.run else new)
    assert len(start.advance(study, leaving=leaving)) == made and runs == []
    monkeypatch.setattr(start, "start_ticks", lambda pid: 5)
    assert len(runs) == 0 and len(start.advance(study, leaving=leaving)) == len(runs) == made
    study.cancelled = True
    assert start.advance(study) == []


def test_folds_of_a_setting_and_where_seeds_draw_the_images() -> None:
    study = study_of(Trial({}, 0, 0))
    assert module.folds_of(study, {}) == 5 and module.folds_of(study, {"protocol": "official"}) == 1
    assert module.folds_of(study, {"protocol": "gone"}) == 1 and overlap_of(study, {"protocol": "gone"}, []) == 0
    assert overlap_of(study, {}, []) == tables.PROTOCOLS["folds-5"].redrawn > 0
    official = {"protocol": "official"}
    drawn = Result(Trial(official, 0, 0), "finished", {}, "validation part, seed 0", 1, 1, 1, 0.0, None)
    fixed = Result(Trial(official, 0, 0), "finished", {}, "PublicTest", 1, 1, 1, 0.0, None)
    assert overlap_of(study, official, [fixed]) == 0 == overlap_of(study, official, [])
    assert overlap_of(study, official, [fixed, drawn]) == tables.PROTOCOLS["official"].redrawn


def test_tables_by_hand() -> None:
    trials = [Trial({"lr": lr}, fold, 0) for lr in (0.1, 0.2) for fold in (0, 1, 2)]
    study = study_of(*trials, lr=0.2)
    values = [0.5, 0.6, None, 0.7, 0.8, 0.9]
    found = [result(trial, value, flattery=0.125) for trial, value in zip(trials, values, strict=True)]
    rows = fold_table(study, found)
    assert [row.values for row in rows] == [(0.5, 0.6, None), (0.7, 0.8, 0.9)]
    assert rows[0].average is not None and rows[0].average.mean == pytest.approx(0.55) and rows[0].average.n == 2
    assert fold_table(study, found, "macro_f1")[1].values == pytest.approx((0.6, 0.7, 0.8))
    base, other = ablation_table(study, found)
    assert base.settings == {"lr": 0.2} and (base.said, base.runs, other.runs) == ("compared with", 3, 2)
    assert other.difference is not None and other.difference.value == pytest.approx(-0.2) and other.difference.paired
    alone = study_of(*trials[3:], lr=0.2)
    assert [row.said for row in ablation_table(alone, found)] == [""]
    waiting = ablation_table(study, found[3:])
    assert [row.said for row in waiting] == ["compared with", "waits for runs"] and waiting[1].spread is None
    apart = [found[3], result(Trial({"lr": 0.1}, 1, 0), 0.5)]
    assert [row.difference for row in ablation_table(study, apart)] == [None, None], "no fold in common"


def test_an_accuracy_that_chose_the_epoch_is_less_its_flattery() -> None:
    trial = Trial({"lr": 0.1}, 0, 0)
    plain, chosen = result(trial, 0.75, 0.125), result(trial, 0.75, 0.125, selection="test")
    unknown = result(trial, 0.75, None, selection="test")
    assert [each.chosen_by_it for each in (plain, chosen, unknown)] == [False, True, True]
    assert [chosen_figure(chosen, name) for name in ("accuracy", "macro_f1", "validation_accuracy")] == [
        True,
        False,
        True,
    ]
    assert not chosen_figure(plain, "accuracy") and chosen_figure(plain, "validation_accuracy")

    def value(one: Result, *, corrected: bool) -> float:
        return tables._by_fold_and_seed([one], {"lr": 0.1}, "accuracy", corrected=corrected)[0, 0]

    assert [value(one, corrected=True) for one in (plain, chosen, unknown)] == [0.75, 0.625, 0.75]
    assert [value(one, corrected=False) for one in (plain, chosen)] == [0.75, 0.75]


def test_curves_are_means_over_the_runs_that_reached_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {0: [(1, 0.25), (2, 0.5)], 1: [(1, 0.75)], 2: [(1, None)]}
    study = study_of(*(Trial({"lr": 0.1}, 0, seed) for seed in range(3)), Trial({"lr": 0.2}, 0, 0))
    lines = {seed: [{"epoch": e, "val_accuracy": v} for e, v in pairs] for seed, pairs in rows.items()}
    monkeypatch.setattr(Study, "run_of", lambda self, trial: SimpleNamespace(metrics=lambda: lines[trial.seed]))
    curve = curves(study, {"lr": 0.1}, "val_accuracy")
    assert curve is not None and curve.epochs.tolist() == [1, 2] and curve.runs.tolist() == [2, 1]
    assert curve.mean.tolist() == [0.5, 0.5] and curve.deviation == pytest.approx([0.5**0.5 / 2, 0])
    assert curves(study, {"lr": 0.3}, "val_accuracy") is None


def test_figures_of_a_checkpoint_are_those_where_its_accuracy_is() -> None:
    def row(metric: str, split: str, value: float | None, averaging: str = "none") -> dict[str, Any]:
        return {"metric": metric, "split": split, "value": value, "averaging": averaging}

    metrics = [
        row("accuracy", "test", 0.5),
        row("accuracy", "val", 0.75),
        row("macro_f1", "test", None),
        row("a", "test", 0.1, "flip"),
    ]
    checkpoint: Any = SimpleNamespace(
        metrics=metrics, selection="val", accuracy=lambda: metrics[0],
        figures=lambda name: [each for each in metrics if each["metric"] == name],
    )  # fmt: skip
    assert results._figures(checkpoint) == ({"accuracy": 0.5, "validation_accuracy": 0.75}, "test")
    checkpoint.accuracy = lambda: None
    assert results._figures(checkpoint) == ({}, "")


def test_what_cannot_be_pooled_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial({"lr": 0.1}, 0, 0)
    with pytest.raises(UserError, match="Only folds can be pooled"):
        pooled(study_of(trial, protocol="official"), {"lr": 0.1}, 0)
    unfinished = Result(trial, "running", {}, "", 0, 1, None, 0.0, None)
    for found in (unfinished, Result(trial, "finished", {}, "", 0, 1, None, 0.0, None)):
        monkeypatch.setattr(results, "_result", lambda study, trial, found=found: found)
        with pytest.raises(UserError, match=r"No fold of lr 0\.1 has finished yet"):
            pooled(study_of(trial), {"lr": 0.1}, 0)


@pytest.mark.parametrize(("done", "name"), [(5, "all 5 folds pooled"), (2, "2 of 5 folds pooled")])
def test_pooled_folds_are_named_and_told(monkeypatch: pytest.MonkeyPatch, done: int, name: str) -> None:
    trials = [Trial({"lr": 0.1}, fold, 0) for fold in range(5)] + [Trial({"lr": 0.1}, 0, 1)]
    study, told = study_of(*trials), list[tuple[float, str]]()
    monkeypatch.setattr(results, "_result", lambda study, trial: result(trial, 0.5) if trial.fold < done else
                        Result(trial, "missing", {}, "", 0, 1, None, 0.0, None))  # fmt: skip
    monkeypatch.setattr(Study, "run_of", lambda self, trial: SimpleNamespace(recipe=SimpleNamespace(data="d")))
    monkeypatch.setattr(results, "held_out", lambda *_: ("part", np.arange(3), "rule"))
    monkeypatch.setattr(results, "predictions_for", lambda checkpoint, faces, protocol: protocol.part.name)
    monkeypatch.setattr(results, "pool", lambda parts, faces, name: (parts, name))
    dataset: Any = "opened"
    found: Any = pooled(study, {"lr": 0.1}, 0, lambda *progress: told.append(progress), dataset)
    assert found == (["part"] * done, name)
    assert told == [((i + 1) / done, f"fold {i + 1} of {done}") for i in range(done)]


def watched(classes: tuple[str, ...] = FER7, heat: bool = False) -> Any:
    return SimpleNamespace(
        classes=classes, epochs=np.array([1, 4, 9]), scores=np.zeros((3, 1, len(classes)), np.float16), modules=(),
        heat=np.zeros((3, 1, 4, 4) if heat else (3, 1, 0, 0), np.float16), attention=np.zeros((3, 0, 1, 4, 4)),
        faces=SimpleNamespace(targets=np.array([0])),
    )  # fmt: skip


def test_a_film_shows_each_epoch_half_a_second_and_the_last_two() -> None:
    face = np.full((48, 48, 1), 90, np.uint8)
    with Image.open(io.BytesIO(film.film(watched(), 0, face, "gif"))) as picture:
        lengths = []
        for number in range(3):
            picture.seek(number)
            lengths.append(picture.info["duration"])
    assert lengths == [500, 500, 2000]
    with av.open(io.BytesIO(film.film(watched(), 0, face, "mp4"))) as container:
        frames = sum(1 for _ in container.decode(video=0))
        assert frames == 5 + 5 + 20 and container.streams.video[0].average_rate == 10
    assert all(side % 2 == 0 for side in film.frames(watched(heat=True), 0, face)[0].shape[:2])


def test_words_of_a_film_stand_beside_what_they_name() -> None:
    drawn = film.frames(watched(), 0, np.full((48, 48, 1), 90, np.uint8))[0].astype(int)
    ink = (drawn.sum(2) < 300) & (np.ptp(drawn, axis=2) < 40)
    below = np.flatnonzero(ink[44 + 192 :, :204].any(1))
    assert below.min() >= 4 and below.max() <= 24, "the title below its picture"
    left, step = 12 + 204, 192 / 7
    names, shares = ink[44 : 44 + 192, left : left + 70], ink[44 : 44 + 192, left + 190 :]
    for column in (names, shares):
        for number in range(7):
            rows = np.flatnonzero(column[round(number * step) : round((number + 1) * step)].any(1))
            assert len(rows) and abs(rows.mean() - step / 2) < 4, "a line in the middle of its bar"
