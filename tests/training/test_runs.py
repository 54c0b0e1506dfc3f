"""Runs with real worker processes: what is shown is true, and nothing is lost."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from fer_models.checkpoint import read_checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from fer_models.training.runs.launch import launch, resume, start
from fer_models.training.runs.run import Run, create_run, find_run, list_runs
from fer_models.training.runs.worker import _best_so_far

SMALL = Recipe(
    data="synthetic:count=210,size=48,identities=12",
    network="mini_xception",
    epochs=3,
    batch_size=32,
    precision="float32",
    ema=0.9,
)


def wait(run, condition, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status = run.status()
        if condition(status):
            return status
        time.sleep(0.05)
    raise AssertionError(f"still {run.status()} after {seconds} s\n{run.log_tail()}")


def ended(status):
    return not status.active


def test_a_run_ends_with_a_checkpoint_that_predicts():
    run = launch(SMALL)
    status = wait(run, ended)
    assert status.state == "finished", run.log_tail()
    assert [row["epoch"] for row in run.metrics()] == [1, 2, 3]
    assert status.best_epoch in (1, 2, 3)
    assert 0 <= status.best_value <= 1
    assert np.sum(run.metrics()[-1]["val_confusion"]) > 0
    classifier = load_checkpoint(run.checkpoint)
    prediction = classifier.predict(np.zeros((2, 60, 60, 3), np.uint8))
    np.testing.assert_allclose(prediction.probabilities.sum(1), 1, rtol=1e-5)
    figure = classifier.checkpoint.accuracy()
    assert figure["low"] <= figure["value"] <= figure["high"]
    assert figure["n"] > 0
    assert classifier.checkpoint.name == run.id
    assert list((run.folder / "events").iterdir())
    saved = json.loads((run.folder / "split.json").read_text())
    assert not set(saved["train"]) & set(saved["val"])
    with pytest.raises(UserError, match="finished"):
        resume(run)


@pytest.mark.usefixtures("quick_workers")
@pytest.mark.slow
def test_killed_worker_is_lost_and_resumes_to_the_weights_of_an_uninterrupted_run():
    recipe = dataclasses.replace(SMALL, data="synthetic:count=350,size=48,identities=12", epochs=4, schedule="plateau")
    whole = launch(recipe)
    assert wait(whole, ended).state == "finished"
    broken = launch(recipe)
    # The best checkpoint is written beside the training, so it may come after the epoch is told.
    status = wait(broken, lambda s: 1 <= s.epoch < 4 and broken.checkpoint is not None)
    os.kill(status.pid, signal.SIGKILL)
    lost = wait(broken, ended)
    assert lost.state == "lost"
    assert "resume" in lost.message
    assert read_checkpoint(broken.checkpoint).classes  # the best checkpoint so far is whole
    while Path(f"/proc/{status.pid}").exists():  # its last thread frees the run
        time.sleep(0.05)
    resume(broken)
    assert wait(broken, ended).state == "finished", broken.log_tail()
    first, second = (load_checkpoint(run.checkpoint).model.state_dict() for run in (whole, broken))
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
    rows = [[{k: v for k, v in r.items() if "second" not in k} for r in run.metrics()] for run in (whole, broken)]
    assert rows[0] == rows[1]


def test_cancel_leaves_a_usable_checkpoint_and_survives_the_parent():
    recipe = dataclasses.replace(SMALL, epochs=500)
    code = (
        "import json,sys;from fer_models.training.runs.launch import launch;"
        "from fer_models.training.recipe import Recipe;"
        "print(launch(Recipe.from_dict(json.loads(sys.argv[1]))).folder)"
    )
    command = [sys.executable, "-c", code, json.dumps(recipe.to_dict())]
    folder = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    run = Run(folder)  # its parent process has ended
    wait(run, lambda s: s.epoch >= 1)
    run.cancel()
    status = wait(run, ended)
    assert status.state == "cancelled"
    assert {figure["split"] for figure in read_checkpoint(run.checkpoint).metrics} == {"val"}  # test is for the end
    assert load_checkpoint(run.checkpoint).predict(np.zeros((1, 48, 48), np.uint8)).probabilities.shape == (1, 7)


@pytest.mark.usefixtures("quick_workers")
def test_second_run_waits_in_the_queue_until_the_first_ends():
    first = launch(dataclasses.replace(SMALL, epochs=500))
    wait(first, lambda s: s.state == "running")
    second = launch(dataclasses.replace(SMALL, epochs=1))
    wait(second, lambda s: "another" in s.message)
    assert second.status().state == "queued"
    assert {run.id for run in list_runs()} == {first.id, second.id}
    first.cancel()
    assert wait(first, ended).state == "cancelled"
    assert wait(second, ended).state == "finished"


def test_a_run_without_room_on_disk_says_so(tmp_path):
    """A small file-size limit stands in for a full disk: writing the resume file fails with an error of the system."""
    run = create_run(SMALL)
    code = (
        "import resource,signal,sys;signal.signal(signal.SIGXFSZ,signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE,(600_000,600_000));"
        "from fer_models.training.runs.worker import work;from fer_models.training.runs.run import Run;"
        "sys.exit(work(Run(sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(run.folder)], capture_output=True, text=True)
    status = run.status()
    assert done.returncode == 1
    assert status.state == "failed"
    assert "room" in status.message or "disk" in status.message


@pytest.mark.usefixtures("quick_workers")
def test_bad_data_and_divergence_fail_with_a_sentence():
    run = launch(dataclasses.replace(SMALL, data="nowhere"))
    status = wait(run, ended)
    assert status.state == "failed"
    assert "nowhere" in status.message
    wild = {"optimiser": "sgd", "lr": 10.0, "schedule": "constant", "epochs": 30}
    run = launch(dataclasses.replace(SMALL, network="fcsdnet", **wild))
    status = wait(run, ended)
    assert status.state == "failed"
    assert "infinite" in status.message


@pytest.mark.usefixtures("quick_workers")
def test_stale_or_damaged_folders_are_told_apart():
    run = create_run(SMALL)
    run.write_status(state="running", pid=2**22 - 1, pid_started=1)
    assert run.status().state == "lost"
    (run.folder / "status.json").write_text("{")
    assert run.status().state == "lost"
    (run.folder / "metrics.jsonl").write_text('{"epoch": 1, "val_loss": 1}\n{"epoch": 2, "val')
    assert [row["epoch"] for row in run.metrics()] == [1]
    with pytest.raises(UserError, match="not a training run"):
        Run(Path("/"))
    with pytest.raises(UserError, match="no run"):
        find_run("nothing")
    waiting = create_run(SMALL)
    waiting.cancel()
    start(waiting)
    assert wait(waiting, ended).state == "cancelled"


def test_a_torn_line_costs_only_itself_and_the_best_epoch_comes_from_the_lines():
    run = create_run(SMALL)
    run.append_metrics({"epoch": 1, "val_accuracy": 0.5})
    run.append_metrics({"epoch": 2, "val_accuracy": 0.4})
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "val_a')
    run.append_metrics({"epoch": 3, "val_accuracy": 0.5})
    assert [row["epoch"] for row in run.metrics()] == [1, 2, 3]
    assert _best_so_far(run, SMALL, 2) == (1, 0.5)
    assert _best_so_far(run, SMALL, 3) == (3, 0.5)  # of equal ones the later
    assert _best_so_far(run, SMALL, 0) == (0, None)


@pytest.mark.parametrize("processes", [1, 2])
def test_several_processes_are_started_by_torchrun(processes, monkeypatch):
    from types import SimpleNamespace

    from fer_models.training.runs import launch as launching

    commands = []

    def spawn(command, **options):
        commands.append(command)
        assert options["start_new_session"]
        return SimpleNamespace(pid=os.getpid())

    monkeypatch.setattr(launching.subprocess, "Popen", spawn)
    run = create_run(SMALL)
    assert start(run, processes) == os.getpid()
    (command,) = commands
    assert command[0] == sys.executable and command[-2:] == ["fer_models.training.runs", str(run.folder)]
    assert ("torch.distributed.run" in command) == ("--nproc_per_node=2" in command) == (processes == 2)
