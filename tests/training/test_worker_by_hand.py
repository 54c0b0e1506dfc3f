"""A worker's epochs on a loop that is told its figures; devices, outputs and histories at their limits."""

from __future__ import annotations

import dataclasses
import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from fer_models.errors import UserError
from fer_models.training import build, devices
from fer_models.training.loop import CancelledError
from fer_models.training.recipe import Recipe
from fer_models.training.runs import epochs, record, side_by_side, steps, worker
from fer_models.training.runs.epochs import EpochOutputs, read_epoch, write_epoch
from fer_models.training.runs.run import Run, create_run, list_runs
from fer_models.training.runs.status import Status
from fer_models.training.watch import watcher
from fer_models.training.watch.faces import WatchedFaces, _drawn, _in_turns
from fer_models.training.watch.history import FILE, Watched, read_watched, write_watched


class Told:
    """A loop whose epochs have the figures that it is given."""

    steps = 10

    def __init__(self, values: list[float], epoch: int = 0, cancel: int = 0, **changes: Any) -> None:
        settings: dict[str, Any] = {"epochs": len(values), "batch_size": 8, "patience": 0}
        self.recipe = dataclasses.replace(Recipe(), **settings | changes)
        self.values, self.epoch, self.cancel, self.told = values, epoch, cancel, []
        self.fabric = SimpleNamespace(broadcast=lambda value: value)
        self.evaluated = None

    def train_epoch(self, progress: Any, stop: Any, note: Any) -> dict[str, Any]:
        if self.epoch + 1 == self.cancel:
            raise CancelledError
        progress(0.5, "half")
        self.epoch += 1
        return {"epoch": self.epoch, "train_loss": 1.0, "train_accuracy": 0.5, "images_per_second": 70.0}

    def validate(self) -> Any:
        figures = dict.fromkeys(("val_loss", "val_accuracy", "val_macro_recall"), self.values[self.epoch - 1])
        return SimpleNamespace(figures=figures)


class Folder:
    """A run that keeps in memory what is written."""

    def __init__(self, rows: list[dict[str, Any]] | None = None, cancelled: bool = False) -> None:
        self.rows, self.cancelled, self.statuses = rows or [], cancelled, list[dict[str, Any]]()

    def metrics(self) -> list[dict[str, Any]]:
        return list(self.rows)

    def append_metrics(self, row: dict[str, Any]) -> None:
        self.rows.append(row)

    def write_status(self, **values: Any) -> None:
        self.statuses.append(values)


def went(monkeypatch: pytest.MonkeyPatch, loop: Told, run: Folder, tick: float = 4.0) -> tuple[Any, list[Any]]:
    """What the epochs end with, and what was written: best epochs, and whether the watcher was told of the last."""
    seen: list[Any] = []
    clock = iter(range(1000))
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: tick * next(clock)))
    monkeypatch.setattr(worker, "save_outputs", lambda run, loop, source, measured, best: seen.append(("kept", best)))
    journal: Any = SimpleNamespace(
        source=None, losses=None, board=SimpleNamespace(add_scalar=lambda *scalar: None),
        recorder=SimpleNamespace(best=lambda loop, row: seen.append(("best", row["epoch"])), epoch=lambda loop: None),
        watcher=SimpleNamespace(epoch=lambda network, epoch, best, accuracy, last: seen.append((epoch, best, last))),
    )  # fmt: skip
    return worker._epochs(run, loop, journal), seen  # type: ignore[arg-type]


def test_epochs_go_to_their_end_and_the_later_of_equal_ones_is_best(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    run, loop = Folder(), Told([0.5, 0.7, 0.7, 0.6])
    ended, seen = went(monkeypatch, loop, run)
    assert ended == ("finished", "Finished; epoch 3 was the best.")
    assert [epoch for word, epoch in (each for each in seen if each[0] == "best")] == [1, 2, 3]
    assert [each[1] for each in seen if each[0] == "kept"] == [1, 2, 3, 3]
    assert [each for each in seen if len(each) == 3] == [(1, 1, False), (2, 2, False), (3, 3, False), (4, 3, True)]
    # Each epoch: a look at its start, one as it is half done, one at its end, 4 seconds apart; its steps end before.
    half, steps_done, whole = run.statuses[:3]
    assert steps_done == {"step_fraction": 1.0}
    assert half == {"step_fraction": 0.5, "images_per_second": 0.5 * 10 * 8 / 4, "seconds_left": 8.0 * 4 - 4}
    assert (whole["epoch"], whole["best_epoch"], whole["best_value"]) == (1, 1, 0.5)
    assert whole["seconds_left"] == 8.0 * 3 and whole["images_per_second"] == 70 and whole["step_fraction"] == 0
    assert run.statuses[5]["seconds_left"] == 8.0 * 2 and run.statuses[3]["seconds_left"] == 8.0 * 3 - 4
    assert run.statuses[-1]["seconds_left"] == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("epoch 2/4  loss 1.0000  accuracy 0.5000  val loss 0.7")


def test_the_lowest_loss_is_best(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, _ = went(monkeypatch, Told([0.5, 0.7, 0.5, 0.6], monitor="val_loss"), Folder())
    assert ended[1] == "Finished; epoch 3 was the best."


@pytest.mark.parametrize(("patience", "epochs_taken"), [(0, 6), (1, 3), (2, 4), (4, 6), (5, 6)])
def test_a_run_stops_after_so_many_epochs_without_a_better_one(monkeypatch, patience: int, epochs_taken: int) -> None:
    loop = Told([0.5, 0.7, 0.6, 0.6, 0.6, 0.6], patience=patience)
    ended, _ = went(monkeypatch, loop, Folder())
    assert loop.epoch == epochs_taken
    stopped = ended[1] == "Stopped early: no better epoch since 2."
    assert stopped is (0 < patience <= 4)


def test_a_cancelled_run_keeps_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, seen = went(monkeypatch, Told([0.5, 0.7], cancel=1), Folder())
    assert ended == ("cancelled", "Cancelled in epoch 1; the best checkpoint so far is kept.") and seen == [("best", 0)]
    ended, seen = went(monkeypatch, Told([0.5, 0.7, 0.9], cancel=3), Folder())
    assert ended[1].startswith("Cancelled in epoch 3;") and [each for each in seen if each[0] == "best"][-1][1] == 2
    ended, _ = went(monkeypatch, Told([0.5, 0.7]), Folder(cancelled=True))
    assert ended == ("cancelled", "Cancelled after epoch 1; the best checkpoint so far is kept.")


def test_a_resumed_run_knows_its_best_epoch_from_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"epoch": 1, "val_accuracy": 0.6}, {"epoch": 2, "val_accuracy": 0.8}, {"epoch": 3, "val_accuracy": 0.9}]
    loop = Told([0.6, 0.8, 0.7, 0.7], epoch=2)
    ended, _ = went(monkeypatch, loop, Folder(rows))
    assert ended[1] == "Finished; epoch 2 was the best.", "a line of lost work does not count"
    assert worker._best_so_far(Folder(rows), loop.recipe, 3) == (3, 0.9)  # type: ignore[arg-type]
    assert worker._best_so_far(Folder([{"epoch": 1, "val_accuracy": None}]), loop.recipe, 3) == (0, None)  # type: ignore[arg-type]


def test_others_train_without_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Folder()
    assert worker._epochs(run, Told([0.5, 0.7]), None)[0] == "finished" and run.statuses == run.rows == []  # type: ignore[arg-type]
    assert worker._epochs(run, Told([0.5], cancel=1), None)[0] == "cancelled"  # type: ignore[arg-type]


def test_a_failed_run_says_why(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class LostError(Exception):
        """A peer went away."""

    said = {
        UserError("no data"): "no data",
        OSError(errno.ENOSPC, "full"): "The disk is full",
        OSError(errno.EDQUOT, "full"): "The disk is full",
        OSError(errno.EACCES, "not allowed"): r"(not allowed)",
        LostError("Connection closed by PEER"): "unexpected LostError;",
        worker.PeerLostError(): "unexpected PeerLostError;",
    }
    for error, words in said.items():
        assert words in worker._reason(error)
    monkeypatch.setattr(worker, "processes", lambda: 2)
    for peer in (LostError("Connection closed by PEER"), worker.PeerLostError()):
        assert worker._reason(peer).startswith("One of the 2 processes of this run ended")
    assert "unexpected LostError" in worker._reason(LostError("something else"))
    assert "full" not in capsys.readouterr().err


def test_a_run_waits_for_its_teacher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    teacher = create_run(Recipe(epochs=1))
    best = teacher.folder / "checkpoints" / "best"
    waits: list[float] = []

    def of(path: object, **status: Any) -> Any:
        run = SimpleNamespace(recipe=SimpleNamespace(teacher=str(path)), cancelled=False, write_status=lambda **_: None)
        if status:
            teacher.write_status(**status)
        monkeypatch.setattr(worker, "time", SimpleNamespace(sleep=lambda s: (waits.append(s), ends(run))))
        return run

    def ends(run: Any) -> None:
        run.cancelled = len(waits) == 3
        if len(waits) == 2:
            teacher.write_status(state="finished")

    assert worker._teacher_is_trained(of("")) and worker._teacher_is_trained(of(tmp_path / "checkpoints" / "best"))
    assert worker._teacher_is_trained(of(teacher.folder / "checkpoints" / "last")), "no best checkpoint of a run"
    assert worker._teacher_is_trained(of(best, state="queued")) and waits == [1, 1]
    assert not worker._teacher_is_trained(of(best, state="queued"))
    with pytest.raises(UserError, match=r"ended early \(failed\)"):
        worker._teacher_is_trained(of(best, state="failed"))


def test_slots_are_counted_on_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_GPU_SLOTS", "3")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.slot_count() == 6 and [devices.gpu_of(slot) for slot in range(4)] == [0, 1, 0, 1]
    monkeypatch.setattr(devices, "processes", lambda: 5)
    assert devices.slots_of_a_run() == 2
    assert devices._ROOM == 2_147_483_648


def test_runs_side_by_side_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    monkeypatch.setattr(devices, "cores", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    for slots, gpu, threads, expected in (
        (1, False, None, []), (2, False, None, [4]), (16, False, None, [1]), (2, True, None, []), (2, False, "3", []),
    ):  # fmt: skip
        monkeypatch.setattr(devices, "slot_count", lambda n=slots: n)
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=gpu: there)
        if threads:
            monkeypatch.setenv("OMP_NUM_THREADS", threads)
        set_to.clear()
        devices.share_cores()
        assert set_to == expected


def test_a_device_is_named_with_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for threads, words in ((1, "CPU, 1 thread"), (4, "CPU, 4 threads")):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=threads: n)
        assert build.device_name(torch.device("cpu")) == words
    monkeypatch.setattr(build, "processes", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "A card")
    assert build.device_name(torch.device("cpu")) == "2 x CPU, 4 threads"
    assert build.device_name(torch.device("cuda")) == "2 x A card"


@pytest.mark.parametrize(
    ("ids", "targets", "logits", "embedding"),
    [((3, 1), (3,), (3, 7), (3, 4)), ((3,), (2,), (3, 7), (3, 4)), ((3,), (3, 1), (3, 7), (3, 4)),
     ((3,), (3,), (3, 7, 1), (3, 4)), ((3,), (3,), (3, 7), (3,)), ((3,), (3,), (4, 7), (3, 4)),
     ((3,), (3,), (3, 7), (2, 4))],
)  # fmt: skip
def test_outputs_whose_arrays_do_not_belong_together_are_damaged(tmp_path, ids, targets, logits, embedding) -> None:
    (tmp_path / "epochs").mkdir()
    write_epoch(tmp_path, 3, EpochOutputs(*(np.zeros(shape) for shape in ((3,), (3,), (3, 7), (3, 4)))))
    assert read_epoch(tmp_path, 3).logits.shape == (3, 7)
    write_epoch(tmp_path, 3, EpochOutputs(*(np.zeros(shape) for shape in (ids, targets, logits, embedding))))
    with pytest.raises(UserError, match=r"outputs of epoch 3 of .* are damaged; delete epochs/0003\.npz"):
        read_epoch(tmp_path, 3)


def test_outputs_are_published_shorter_and_large_ones_are_fewer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, target = tmp_path / "run", tmp_path / "target"
    (run / "epochs").mkdir(parents=True), target.mkdir()
    for epoch in (1, 2):
        write_epoch(run, epoch, EpochOutputs(np.arange(3), np.zeros(3), np.zeros((3, 7)), np.ones((3, 4))))
    epochs.publish_epochs(run, target, lambda embedding: embedding[:, :2])
    assert epochs.list_epochs(target) == [1, 2] and read_epoch(target, 2).embedding.shape == (3, 2)
    assert epochs.AT_MOST_BYTES == 100_663_296
    monkeypatch.setattr(epochs, "AT_MOST_BYTES", 1)
    for epoch in range(3, 10):
        write_epoch(run, epoch, read_epoch(run, 1))
    assert epochs.list_epochs(run) == [1, 2, 4, 6, 8, 9], "at least four"


def test_how_many_runs_train_at_once_has_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FER_CPU_SLOTS", raising=False)
    for count in (1, side_by_side.MOST):
        side_by_side.choose(count)
        assert side_by_side.chosen("FER_CPU_SLOTS") == count
    for count in (0, side_by_side.MOST + 1):
        with pytest.raises(UserError, match=f"not {count}"):
            side_by_side.choose(count)
    monkeypatch.setenv("FER_CPU_SLOTS", "1")
    assert side_by_side.chosen("FER_CPU_SLOTS") == 1
    for wrong in ("0", "-1", "x", "1.5"):
        monkeypatch.setenv("FER_CPU_SLOTS", wrong)
        with pytest.raises(UserError, match="whole number from 1 up"):
            side_by_side.chosen("FER_CPU_SLOTS")


def test_losses_of_a_long_run_are_fewer(tmp_path: Path) -> None:
    now = [0.0]
    note = steps.StepLosses(tmp_path / "s.jsonl", lambda: now[0])
    for seconds in (0.0, 0.2499, 0.25, 0.5, 300.0, 301.0, 301.01):
        now[0] = seconds
        note(1 + seconds / 1000, torch.tensor([2 * seconds + 2, 0.0, seconds + 1], dtype=torch.float64))
    lines = steps.read_losses(tmp_path / "s.jsonl")
    assert [round(1000 * (at - 1), 2) for at, _ in lines] == [0.0, 0.25, 0.5, 300.0, 301.01]
    assert {round(loss, 6) for _, loss in lines} == {2.0}


def test_errors_of_torchs_writer_are_a_full_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run: Any = SimpleNamespace(folder=tmp_path)
    for text, raised in (
        ("inline_container.cc", OSError),
        ("PytorchStreamWriter failed", OSError),
        ("x", RuntimeError),
    ):
        monkeypatch.setattr(record.torch, "save", lambda *_, text=text: (_ for _ in ()).throw(RuntimeError(text)))
        with pytest.raises(raised):
            record.save_state(run, {})


def history(**changes: Any) -> Watched:
    """Two epochs of two faces, one of them drawn, with one module."""
    faces = {"rows": np.array([5, 1]), "drawn": np.array([False, True]), "targets": np.array([0, 2])}
    faces |= {name: changes.pop(name) for name in tuple(changes) if name in faces}
    values: dict[str, Any] = {
        "classes": ("a", "b", "c"), "epochs": np.array([1, 3]), "scores": np.zeros((2, 2, 3)), "method": "m",
        "heat": np.zeros((2, 2, 4, 4)), "attention": np.zeros((2, 1, 2, 4, 4)), "modules": ("gate",), "layer": "l",
        "accuracy": np.array([0.5, 0.75]),
    }  # fmt: skip
    drawn = "synthetic:count=56,size=48,difficulty=0.2"
    return Watched(WatchedFaces(**faces, drawn_set=drawn), **values | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"epochs": np.array([3, 1])}, {"epochs": np.array([1, 1])}, {"epochs": np.array([[1], [3]])},
        {"epochs": np.array([1.0, 3.0])}, {"epochs": np.array([1, 2, 3])}, {"epochs": np.array([], int)},
        {"rows": np.array([[5], [1]])}, {"rows": np.array([5.0, 1.0])}, {"rows": np.array([5])},
        {"rows": np.array([5, 56])}, {"rows": np.array([5, -1])}, {"drawn": np.array([0, 1])},
        {"drawn": np.array([True])}, {"targets": np.array([0, 3])}, {"targets": np.array([-1, 2])},
        {"targets": np.array([0.0, 2.0])}, {"targets": np.array([0])}, {"accuracy": np.zeros(3)},
        {"accuracy": np.zeros((2, 1))}, {"scores": np.zeros((2, 2, 4))}, {"scores": np.zeros((1, 2, 3))},
        {"scores": np.full((2, 2, 3), np.inf)}, {"heat": np.zeros((2, 2, 4))}, {"heat": np.zeros((2, 3, 4, 4))},
        {"heat": np.full((2, 2, 4, 4), np.nan)}, {"attention": np.zeros((2, 1, 2, 4))},
        {"attention": np.zeros((2, 2, 2, 4, 4))}, {"attention": np.zeros((2, 1, 1, 4, 4))},
        {"attention": np.full((2, 1, 2, 4, 4), np.nan)}, {"modules": ("gate", "other")},
    ],
)  # fmt: skip
def test_a_history_whose_arrays_do_not_belong_together_is_damaged(tmp_path: Path, changes: dict[str, Any]) -> None:
    write_watched(tmp_path, history(**changes))
    with pytest.raises(UserError, match=f"{FILE} of .* is damaged"):
        read_watched(tmp_path)


def test_a_history_by_its_epochs(tmp_path: Path) -> None:
    for row in (0, 55):
        write_watched(tmp_path, history(rows=np.array([99, row])), compressed=row == 0)
        assert read_watched(tmp_path) is not None
    one = history()
    assert [one.at(epoch) for epoch in (0, 1, 2, 3, 9)] == [0, 0, 0, 1, 1]
    other = history(epochs=np.array([3, 4]), accuracy=np.array([0.1, 0.2]))
    joined = one.followed_by(other)
    assert joined.epochs.tolist() == [1, 3, 4] and joined.accuracy.tolist() == [0.5, 0.1, 0.2]
    assert joined.scores.shape == (3, 2, 3) and joined.heat.shape == (3, 2, 4, 4) and len(joined.attention) == 3
    assert joined.kept([4, 7]).epochs.tolist() == [4]
    drawn = one.of_drawn()
    assert drawn is not None and drawn.faces.rows.tolist() == [1] and drawn.scores.shape == (2, 1, 3)
    assert history(drawn=np.array([False, False])).of_drawn() is None


def test_maps_are_made_smaller_in_proportion() -> None:
    assert watcher._smaller(np.ones((2, 24, 12)), 24).shape == (2, 24, 12)
    assert watcher._smaller(np.ones((2, 96, 48)), 24).shape == (2, 24, 12)
    assert watcher._smaller(np.ones((2, 48, 97)), 24).shape == (2, 12, 24)
    assert watcher._smaller(np.ones((1, 1, 400)), 24).shape == (1, 1, 24)
    ramp = np.arange(16.0).reshape(1, 4, 4)
    assert watcher._smaller(ramp, 2)[0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert watcher._smaller(np.zeros((2, 0, 0)), 24).shape == (2, 0, 0)


def test_a_watcher_keeps_to_its_share_of_the_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each look takes two seconds: three are free, then one in fifty of the time that passed."""
    now, looked = [100.0], []

    def look(network: Any, *, epoch: int, accuracy: float, **_: Any) -> Watched:
        looked.append(epoch)
        now[0] += 2.0
        return history(epochs=np.array([epoch]), scores=np.zeros((1, 2, 3)), heat=np.zeros((1, 2, 4, 4)),
                       attention=np.zeros((1, 1, 2, 4, 4)), accuracy=np.array([accuracy]))  # fmt: skip

    monkeypatch.setattr(watcher, "look", look)
    monkeypatch.setattr(watcher, "time", SimpleNamespace(monotonic=lambda: now[0]))
    made: Any = SimpleNamespace(classes=("a", "b", "c"), preprocess=None)
    watched = watcher.Watcher(tmp_path, history().faces, [], classes=made.classes, preprocess=made.preprocess)
    for epoch, seconds in ((1, 100.0), (2, 110.0), (3, 149.9), (4, 150.0), (5, 160.0), (6, 165.0)):
        now[0] = seconds
        watched.epoch(made, epoch, 1, accuracy=0.5, last=epoch == 6)
    assert looked == [1, 2, 4, 6]
    kept = read_watched(tmp_path)
    assert kept is not None and kept.epochs.tolist() == [1, 2, 4, 6] and kept.accuracy.tolist() == [0.5] * 4


@pytest.mark.parametrize(
    ("changes", "epoch", "kept"),
    [({}, 3, [1, 3]), ({}, 2, [1]), ({}, 0, None), ({"rows": np.array([5, 2])}, 3, None),
     ({"epochs": np.array([4, 5])}, 3, None)],
)  # fmt: skip
def test_a_history_goes_on_where_it_is_of_the_same_faces(tmp_path: Path, changes, epoch: int, kept) -> None:
    write_watched(tmp_path, history(**changes))
    made = watcher.Watcher(tmp_path, history().faces, [], classes=(), preprocess=None, epoch=epoch)  # type: ignore[arg-type]
    assert (made._watched.epochs.tolist() if made._watched else None) == kept
    faces = dataclasses.replace(history().faces, drawn_set="synthetic:count=57,size=48")
    assert watcher.Watcher(tmp_path, faces, [], classes=(), preprocess=None, epoch=epoch)._watched is None  # type: ignore[arg-type]


def test_classes_take_turns() -> None:
    labels = np.array([0] * 6 + [1] * 3 + [2])
    chosen = _in_turns(labels, 8, seed=1)
    assert labels[chosen].tolist() == [0, 1, 2, 0, 1, 0, 1, 0] and len(set(chosen.tolist())) == 8
    assert _in_turns(labels, 8, 2).tolist() != chosen.tolist() == _in_turns(labels, 8, 1).tolist()
    assert _in_turns(labels[:0], 8, 1).tolist() == []


@pytest.mark.parametrize(("size", "side", "channels"), [(20, 48, 1), (48, 48, 3), (224, 224, 1), (300, 224, 3)])
def test_faces_are_drawn_for_the_classes_of_a_network(size: int, side: int, channels: int) -> None:
    from fer_models.data.opening import split_options
    from fer_models.data.synthetic import SyntheticOptions
    from fer_models.data.synthetic.generator import class_and_subject
    from fer_models.preprocess import Preprocess
    from fer_models.settings import from_text

    text, numbers, labels = _drawn(
        ("sadness", "neutral", "Happy", "fear", "surprise", "anger"), Preprocess(size, channels)
    )
    assert labels == [2, 4, 5, 0]
    options = from_text(SyntheticOptions, split_options(text)[1])
    assert options.size == side and options.colour is (channels == 3) and options.count == 56
    found = [class_and_subject(options, number) for number in numbers]
    assert [options.classes[label] for label, _ in found] == ["happy", "surprise", "angry", "sad"]
    assert len({subject for _, subject in found}) == 4, "a person each"
    assert _drawn(("neutral", "tired"), Preprocess()) == ("", [], [])


def test_a_runs_folder_by_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    first = create_run(Recipe(data="/data/My Faces (2).csv:size=3"))
    assert first.id.endswith("-my-faces-2") and list_runs()[0].id == first.id
    assert create_run(Recipe(data="...")).id.endswith("-data")
    (first.folder / "log.txt").write_text("".join(f"{line:0199d}\n" for line in range(100)))
    assert [int(line) for line in first.log_tail(3).splitlines()] == [97, 98, 99]
    (first.folder / "log.txt").write_text("a\nb\n")
    assert first.log_tail(1) == "b" and first.log_tail() == "a\nb"
    first.append_metrics({"epoch": 1})
    with (first.folder / "metrics.jsonl").open("a") as file:
        file.write('{"epo')
    first.append_metrics({"epoch": 2})
    assert [row["epoch"] for row in first.metrics()] == [1, 2]
    assert first.write_status(seconds_left=float("nan"), best_value=0.5).seconds_left is None
    assert first.status().best_value == 0.5


@pytest.mark.parametrize(("age", "state"), [(0.0, "queued"), (59.0, "queued"), (61.0, "lost"), (-5.0, "lost")])
def test_a_new_run_has_a_minute_for_its_worker(monkeypatch: pytest.MonkeyPatch, age: float, state: str) -> None:
    from fer_models.training.runs import run as module

    made = create_run(Recipe())
    monkeypatch.setattr(module, "time", SimpleNamespace(time=lambda: made_at + age))
    made_at = module.stored_or_none(made.folder / "status.json", module.Status).updated  # type: ignore[union-attr]
    assert made.status().state == state
    assert ("start it again" in made.status().message) is (state == "lost")
    (made.folder / "resume.pt").touch()
    assert ("continue from its last epoch" in made.status().message) is (state == "lost")


def test_a_run_is_cancelled_at_once_where_nobody_works_on_it() -> None:
    made = create_run(Recipe())
    made.cancel()
    assert made.status().state == "cancelled" and made.cancelled
    made.requeue()
    assert made.status().state == "queued" and not made.cancelled
    made.write_status(state="running", pid=None)
    lost = Run(made.folder)
    lost.write_status(state="finished")
    lost.cancel()
    assert lost.status().state == "finished"
    with pytest.raises(UserError, match="start a new one to train longer"):
        lost.requeue()
    assert not lost.damaged
    (made.folder / "resume.damaged").touch()
    assert made.damaged
    (made.folder / "resume.pt").touch()
    assert not made.damaged


@pytest.mark.parametrize(
    ("taught", "slot", "room", "processes", "gpus", "code"),
    [
        (True, 3, True, 1, [1], 7),
        (True, 0, True, 1, [0], 7),
        (False, 3, True, 1, [], 0),
        (True, None, True, 1, [], 0),
        (True, 3, False, 1, [], 0),
        (True, 3, True, 2, [1], 7),
        (False, None, True, 2, [0], 0),  # the others wait for the answer
    ],
)
def test_a_run_is_admitted(monkeypatch, taught: bool, slot: int | None, room: bool, processes: int, gpus, code: int):
    from contextlib import contextmanager

    @contextmanager
    def waiting(run: object) -> Any:
        yield slot

    made: list[int] = []
    signals: list[int] = []

    def fabric(recipe: Recipe, gpu: int) -> Any:
        made.append(gpu)
        return SimpleNamespace(broadcast=lambda value: value)

    monkeypatch.setattr(worker, "_teacher_is_trained", lambda run: taught)
    monkeypatch.setattr(worker, "wait_for_slot", waiting)
    monkeypatch.setattr(worker, "_has_room", lambda run, gpu: room)
    monkeypatch.setattr(worker, "gpu_of", lambda slot: slot % 2)
    monkeypatch.setattr(worker, "processes", lambda: processes)
    monkeypatch.setattr(worker, "share_cores", lambda: None)
    monkeypatch.setattr(worker, "make_fabric", fabric)
    monkeypatch.setattr(worker, "_train", lambda run, fabric: 7)
    monkeypatch.setattr(worker.signal, "signal", lambda number, action: signals.append(number))
    run = create_run(Recipe())
    assert worker.work(run) == code and made == gpus and len(signals) == processes - 1
    assert (run.status().state == "cancelled") is (code == 0)
    monkeypatch.setattr(worker, "_train", lambda run, fabric: 1 / 0)
    if code:
        assert worker.work(Run(run.folder)) == 2, "the first still holds the run"
        assert worker.work(create_run(Recipe())) == 1 and len(signals) == 4 * (processes - 1)


def test_a_run_waits_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter((False, False, True))
    said: list[str] = []
    run: Any = SimpleNamespace(cancelled=False, write_status=lambda message: said.append(message))
    monkeypatch.setattr(worker, "time", SimpleNamespace(sleep=lambda seconds: None))
    monkeypatch.setattr(worker, "has_room", lambda gpu: next(answers))
    assert worker._has_room(run, 0) and said == ["Waiting for memory on the GPU."] * 2
    run.cancelled = True
    assert not worker._has_room(run, 0)


def test_the_last_loss_of_an_epoch_is_that_of_its_last_steps(tmp_path: Path) -> None:
    now = [0.0]
    note = steps.StepLosses(tmp_path / "s.jsonl", lambda: now[0])
    for position, loss, seen in ((1.5, 10.0, 5.0), (2.0, 40.0, 10.0), (2.5, 3.0, 3.0), (3.0, 5.0, 5.0)):
        note(position, torch.tensor([loss, 0.0, seen], dtype=torch.float64))
        now[0] += 1.0
    assert steps.read_losses(tmp_path / "s.jsonl") == [(1.5, 2.0), (2.0, 6.0), (2.5, 1.0), (3.0, 1.0)]


def test_the_done_part_of_a_run() -> None:
    assert Status("running", epoch=3, epochs=8, step_fraction=0.5).fraction == 3.5 / 8
    assert Status("running", epoch=9, epochs=8).fraction == 1 and Status().fraction == 0


@pytest.mark.parametrize(("kept", "at_once"), [("0", 1), ("1", 1), ("16", 16), ("17", 1), ("x", 1), ("", 1)])
def test_a_kept_number_out_of_range_is_one(monkeypatch: pytest.MonkeyPatch, kept: str, at_once: int) -> None:
    monkeypatch.delenv("FER_CPU_SLOTS", raising=False)
    side_by_side.choose(2)
    (side_by_side.runs_folder() / side_by_side._FILE).write_text(kept)
    assert side_by_side.chosen("FER_CPU_SLOTS") == at_once


def test_runs_of_one_second_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import datetime

    from fer_models.training.runs import run as module

    monkeypatch.setattr(module, "datetime", SimpleNamespace(now=lambda: datetime(2026, 1, 2, 3, 4, 5)))
    stem = "20260102-030405-mini_xception-faces"
    recipe = Recipe(data="faces.csv", network="mini_xception")
    assert [create_run(recipe).id for _ in range(3)] == [stem, f"{stem}-2", f"{stem}-3"]
