"""A damaged state, a full disk, a read-only folder, a clock that goes back, and the end by a signal."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from fer_models.errors import UserError
from fer_models.storage import locked
from fer_models.training.recipe import Recipe
from fer_models.training.runs import launch
from fer_models.training.runs.record import save_state
from fer_models.training.runs.run import Run, create_run
from fer_models.training.runs.state import read_state
from fer_models.training.runs.worker import _failed, work

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_RUNS", str(tmp_path))
    return tmp_path


def saved() -> Run:
    run = create_run(Recipe())
    for epoch in (1, 2):
        save_state(run, {"epoch": epoch, "weights": torch.arange(1000.0)})
    return run


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


DAMAGE = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "flipped": flipped,
    "text": lambda data: b"no state",
    "longer": lambda data: data + b"x",
    "pickle": lambda data: b"cos\nsystem\n(S'true'\ntR.",
    "zeros": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_state_is_set_aside_and_the_run_can_start_again(damage) -> None:
    run = saved()
    assert read_state(run, CPU)["epoch"] == 2
    file = run.folder / "resume.pt"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(UserError, match="set aside: resume it to start again from epoch 1"):
        read_state(run, CPU)
    assert not run.resumable and (run.folder / "resume.damaged").exists()


def test_a_process_that_ends_between_checksum_and_state_leaves_a_good_state() -> None:
    run = saved()
    before = (run.folder / "resume.pt").read_bytes()
    save_state(run, {"epoch": 3})
    (run.folder / "resume.pt").write_bytes(before)  # the checksum was written, the state not yet
    assert read_state(run, CPU)["epoch"] == 2
    (run.folder / "resume.sha256").unlink()  # a run of an earlier version
    assert read_state(run, CPU)["epoch"] == 2


def test_on_a_full_disk_the_reserve_is_freed_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    run = create_run(Recipe())
    run.claim()
    assert (run.folder / "reserve").exists()

    def full(*_: object, **__: object) -> None:
        assert not (run.folder / "reserve").exists()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("builtins.print", full)
    assert _failed(run, OSError(errno.ENOSPC, "No space left on device")) == 1
    assert run.status().state == "failed" and "disk is full" in run.status().message


def test_a_folder_that_cannot_be_written_gets_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    run = create_run(Recipe())
    run.write_status(state="failed")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "touch", refuse)
        with pytest.raises(UserError, match=r"cannot be written .Read-only file system"):
            run.cancel()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        with pytest.raises(UserError, match="Read-only"):
            run.requeue()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        with pytest.raises(UserError, match=r"worker of .* cannot be started"):
            launch.start(run)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", refuse)
        with pytest.raises(UserError, match="Read-only"):
            run.claim()


def test_a_run_is_claimed_when_a_killed_worker_lets_it_go_a_moment_later() -> None:
    run = create_run(Recipe())
    held, release = threading.Event(), threading.Event()

    def dying() -> None:
        with locked(run.folder / ".worker.lock"):
            held.set()
            release.wait(10)

    thread = threading.Thread(target=dying)
    thread.start()
    assert held.wait(10)
    threading.Timer(0.2, release.set).start()
    run.claim()
    thread.join()
    assert run.status().pid == os.getpid()


def test_a_clock_that_went_back_keeps_no_run_from_resuming() -> None:
    run = create_run(Recipe())
    assert run.status().state == "queued"
    status = json.loads((run.folder / "status.json").read_text())
    (run.folder / "status.json").write_text(json.dumps(status | {"updated": time.time() + 86_400}))
    assert run.status().state == "lost"
    run.requeue()


def test_a_worker_that_is_killed_before_it_claims_the_run_is_lost_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = create_run(Recipe())
    monkeypatch.setattr(launch.sys, "executable", "/bin/sleep")  # it ends at once: it does not know the arguments
    launch.start(run)
    until = time.monotonic() + 20
    while run.status().state == "queued" and time.monotonic() < until:
        time.sleep(0.05)
    assert run.status().state == "lost"
    run.requeue()


def test_a_run_with_a_damaged_state_goes_on_from_its_best_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    recipe = Recipe(data="synthetic:count=70,size=48,identities=7", network="mini_xception", epochs=2, batch_size=16)
    run = create_run(recipe)
    with pytest.raises(UserError, match="no checkpoint yet"):
        run.requeue(from_best=True)
    assert work(Run(run.folder)) == 0
    for name in ("resume.pt", "resume.sha256"):
        (run.folder / name).write_bytes(b"no state")
    run.write_status(state="failed", epoch=1)
    run.requeue()
    assert work(Run(run.folder)) == 1 and "--from-best" in run.status().message and run.damaged
    path = run.folder / "checkpoints" / "best" / "config.json"
    config = json.loads(path.read_text())
    config["provenance"]["epoch"] = 1
    path.write_text(json.dumps(config))
    run.requeue(from_best=True)
    assert work(Run(run.folder)) == 0 and run.status().state == "finished"
    assert "best checkpoint, of epoch 1" in capsys.readouterr().out
    assert [row["epoch"] for row in run.metrics()] == [1, 2]


@pytest.mark.slow
def test_a_worker_that_the_system_ends_is_cancelled_with_a_checkpoint() -> None:
    recipe = Recipe(data="synthetic:count=140,size=48,identities=12", network="mini_xception", epochs=400, batch_size=8)
    run = create_run(recipe)
    worker = subprocess.Popen([sys.executable, "-m", "fer_models.training.runs", str(run.folder)])
    until = time.monotonic() + 400
    while run.status().epoch < 1 and worker.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(300) == 0
    assert run.status().state == "cancelled" and run.checkpoint is not None and run.resumable
