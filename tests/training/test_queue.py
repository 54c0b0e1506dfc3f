"""The queue's order, moves from two sessions, one worker a run, and one that resumes."""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from datetime import datetime
from types import SimpleNamespace

import pytest
import torch

from fer_models.cli import main
from fer_models.errors import UserError
from fer_models.folders import runs_folder
from fer_models.system import start_ticks
from fer_models.training.devices import gpu_of, has_room, slot_count, slots_of_a_run
from fer_models.training.recipe import Recipe
from fer_models.training.runs import run as run_module
from fer_models.training.runs.queue import ahead_of, move, waiting_runs
from fer_models.training.runs.run import BusyError, Run, create_run
from fer_models.training.runs.side_by_side import choose
from fer_models.training.runs.worker import work


@pytest.fixture
def waiting():
    """Four runs whose worker is this very process, made within one tick of the clock."""
    runs = [create_run(Recipe(epochs=1)) for _ in range(4)]
    for run in runs:
        run.write_status(created=1e9, pid=os.getpid(), pid_started=start_ticks(os.getpid()))
    return runs


def test_runs_move_in_the_queue_and_stop_at_its_ends(waiting):
    a, b, c, d = (run.id for run in waiting)
    assert [run.id for run in waiting_runs()] == [a, b, c, d]
    assert move(waiting[3], -1) == 3
    assert [run.id for run in waiting_runs()] == [a, b, d, c]
    assert move(waiting[2], -9) == 1
    assert [run.id for run in waiting_runs()] == [c, a, b, d]
    assert move(waiting[0], 2) == 4
    assert [run.id for run in waiting_runs()] == [c, b, d, a]
    assert ahead_of(waiting[2]) == []
    assert {run.id for run in ahead_of(waiting[0])} == {b, c, d}
    waiting[1].write_status(state="running")
    assert [run.id for run in waiting_runs()] == [c, d, a]
    with pytest.raises(UserError, match="it is running"):
        move(waiting[1], 1)


def test_an_unwritable_runs_folder_gives_one_sentence(waiting):
    (waiting[0].folder.parent / ".queue").mkdir()  # the lock file cannot be opened
    with pytest.raises(UserError, match="runs folder cannot be written"):
        move(waiting[0], 1)


def test_two_sessions_that_move_at_once_lose_no_run(waiting):
    def many(run, steps):
        for _ in range(25):
            move(Run(run.folder), steps)

    threads = [threading.Thread(target=many, args=pair) for pair in ((waiting[0], 1), (waiting[3], -1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {run.id for run in waiting_runs()} == {run.id for run in waiting}
    assert waiting_runs()[0].id == waiting[3].id
    assert waiting_runs()[-1].id == waiting[0].id


def test_a_worker_that_reports_does_not_undo_a_move(waiting):
    """Both change status.json: whoever reads, changes and writes does it under the run's lock."""
    run, done = waiting[3], threading.Event()

    def report():
        while not done.is_set():
            Run(run.folder).write_status(message="Waiting for another training to finish.")

    thread = threading.Thread(target=report)
    thread.start()
    try:
        for _ in range(20):
            assert move(run, -3) == 1
            assert move(run, 3) == 4
            assert waiting_runs()[-1].id == run.id
    finally:
        done.set()
        thread.join()


def test_a_second_worker_is_refused_and_touches_nothing(waiting):
    run = waiting[0]
    code = (
        "import sys;from fer_models.training.runs.run import Run;r=Run(sys.argv[1]);r.claim();"
        "r.write_status(state='running');print('held',flush=True);sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(run.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        before = (run.folder / "status.json").read_text()
        assert work(Run(run.folder)) == 2
        with pytest.raises(BusyError, match="Another process is already working"):
            Run(run.folder).claim()
        assert (run.folder / "status.json").read_text() == before
        assert run.status().state == "running"
        assert run.status().pid == holder.pid
    finally:
        holder.kill()
        holder.wait()
    assert run.status().state == "lost"
    Run(run.folder).claim()  # killed: the system has freed the run


def test_what_a_killed_worker_began_to_write_is_removed_by_the_next_one():
    run = create_run(Recipe(epochs=1))
    code = (
        "import os,signal,sys;from contextlib import ExitStack;"
        "from fer_models.storage import atomic_file,atomic_folder;"
        "from fer_models.training.runs.run import Run;r=Run(sys.argv[1]);r.claim();s=ExitStack();f=r.folder;"
        "w=[s.enter_context(atomic_file(f/n)) for n in ('resume.pt','epochs/0001.npz')];[x.touch() for x in w];"
        "s.enter_context(atomic_folder(f/'checkpoints'/'best'));os.kill(os.getpid(),signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(run.folder)])
    hidden = [path.name for path in run.folder.rglob(".*") if not path.name.endswith(".lock")]
    assert len(hidden) == 3
    Run(run.folder).claim()
    assert [path.name for path in run.folder.rglob(".*") if not path.name.endswith(".lock")] == []


def test_of_two_apps_that_resume_one_succeeds():
    run = create_run(Recipe(epochs=1))
    run.write_status(state="running", pid=os.getpid(), pid_started=1)  # after a restart the id belongs to another
    assert run.status().state == "lost"
    with (run.folder / ".status.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answers = []

        def ask():
            try:
                Run(run.folder).requeue()
                answers.append("queued")
            except UserError as error:
                answers.append(str(error))

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        fcntl.flock(lock, fcntl.LOCK_UN)
        for thread in threads:
            thread.join()
    assert sorted(words == "queued" for words in answers) == [False, True]
    assert any("nothing to resume" in words for words in answers)
    assert json.loads((run.folder / "status.json").read_text())["pid"] is None


def test_the_command_line_shows_and_changes_the_order(waiting, capsys):
    last = waiting[3].id
    assert main(["runs", "--json", "--move", last, "-3"]) == 0
    positions = {row["id"]: row["queue"] for row in json.loads(capsys.readouterr().out)}
    assert positions[last] == 1
    assert sorted(positions.values()) == [1, 2, 3, 4]
    assert main(["runs"]) == 0
    assert "queued 1" in next(line for line in capsys.readouterr().out.splitlines() if line.startswith(f"{last} "))
    assert main(["runs", "--move", last, "far"]) == 2
    assert "number of places" in capsys.readouterr().err


def test_as_many_workers_run_at_once_as_there_are_slots(waiting):
    """Real processes that hold a slot each; the third waits until one of them is killed."""
    code = (
        "import sys;from fer_models.training.runs.queue import wait_for_slot;"
        "from fer_models.training.runs.run import Run;"
        "r=Run(sys.argv[1]);r.claim();c=wait_for_slot(r);n=c.__enter__();r.write_status(state='running');"
        "print(n,flush=True);sys.stdin.read()"
    )
    environment = os.environ | {"FER_CPU_SLOTS": "2", "CUDA_VISIBLE_DEVICES": ""}
    waiting[3].write_status(state="cancelled")
    holders = []
    try:
        for run in waiting[:3]:
            holders.append(
                subprocess.Popen(
                    [sys.executable, "-c", code, str(run.folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=environment,
                )
            )
        assert [holder.stdout.readline() for holder in holders[:2]] == ["0\n", "1\n"]
        deadline = time.monotonic() + 60
        while waiting[2].status().message != "Waiting for another training to finish." and time.monotonic() < deadline:
            time.sleep(0.05)
        assert waiting[2].status().state == "queued"
        holders[1].kill()
        assert holders[2].stdout.readline() == "1\n"
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


@pytest.mark.parametrize("asked", ["0", "-1", "two", "1.5"])
@pytest.mark.parametrize("variable", ["FER_CPU_SLOTS", "FER_GPU_SLOTS"])
def test_a_number_of_slots_that_makes_no_sense_is_refused(variable, asked, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: variable == "FER_GPU_SLOTS")
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setenv(variable, asked)
    with pytest.raises(UserError, match="whole number"):
        slot_count()


def test_the_number_that_a_person_chose_holds_unless_the_environment_says_another(monkeypatch):
    assert slot_count() == 1
    for number in (1, 16, 2):
        choose(number)
        assert slot_count() == number
    monkeypatch.setenv("FER_CPU_SLOTS", "5")
    assert slot_count() == 5
    monkeypatch.delenv("FER_CPU_SLOTS")
    for damaged in ("", "null", "0", "-1", "99", '"2"', "[1]"):
        (runs_folder() / ".side-by-side.json").write_text(damaged)
        assert slot_count() == 1, damaged
    for asked in (0, 17):
        with pytest.raises(UserError, match="From 1 to 16 runs"):
            choose(asked)


def test_a_run_takes_a_slot_for_each_gpu_that_it_trains_on(monkeypatch):
    assert (slot_count(), slots_of_a_run()) == (1, 1) or torch.cuda.is_available()
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 4)
    assert (slot_count(), slots_of_a_run()) == (4, 1)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one")
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert slots_of_a_run() == 3


def test_runs_side_by_side_fill_the_gpus_in_turn_and_wait_for_memory(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("FER_GPU_SLOTS", "3")
    assert (slot_count(), slots_of_a_run()) == (6, 1)
    assert [gpu_of(slot) for slot in range(6)] == [0, 1, 0, 1, 0, 1]
    gibibyte = 1024**3
    for free, whole, enough in ((3, 80, True), (1, 80, False), (1, 2, True), (0, 2, False)):
        monkeypatch.setattr("torch.cuda.mem_get_info", lambda gpu, f=free, w=whole: (f * gibibyte, w * gibibyte))
        assert has_room(0) == enough


def test_runs_of_one_second_are_counted_from_two(monkeypatch):
    monkeypatch.setattr(run_module, "datetime", SimpleNamespace(now=lambda: datetime(2026, 1, 2, 3, 4, 5)))
    names = [create_run(Recipe(epochs=1)).id.removeprefix("20260102-030405-fcsdnet-") for _ in range(3)]
    assert names[1:] == [f"{names[0]}-2", f"{names[0]}-3"]


def test_a_damaged_state_is_forgotten_once_another_is_saved():
    run = create_run(Recipe(epochs=1))
    assert not run.damaged
    (run.folder / "resume.damaged").touch()
    assert run.damaged
    (run.folder / "resume.pt").touch()
    assert not run.damaged
