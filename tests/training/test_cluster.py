"""A study on a local Ray: four runs, one worker killed, all four finished in the ordinary run folders."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from fer_models.errors import UserError
from fer_models.system import start_ticks
from fer_models.training.recipe import Recipe
from fer_models.training.study import cluster
from fer_models.training.study.results import results_of
from fer_models.training.study.start import start_study
from fer_models.training.study.study import create_study, find_study, state_of, studies_folder

TINY = Recipe(
    data="synthetic:count=140,size=48,identities=12",
    network="mini_xception",
    epochs=1,
    batch_size=32,
    precision="float32",
)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install -e \.\[cluster\]"):
        cluster.need_ray()


def test_only_unfinished_trials_are_handed_over() -> None:
    study = create_study(TINY, seeds=range(3), place="ray")
    with cluster.locked(study) as fresh:
        run = cluster.next_run(fresh, fresh.trials[1])
    assert run is not None
    run.write_status(state="finished")
    assert cluster._unfinished(study) == [0, 2]
    assert cluster.train_task(study.id, 1, 1) == "finished"  # asked twice, trained once
    with cluster.locked(study) as fresh:
        fresh.cancelled = True
        fresh.save()
    assert cluster.train_task(study.id, 0, 1) == "cancelled"
    assert find_study(study.id).trials[0].run is None


@pytest.mark.slow
def test_a_study_survives_a_killed_worker() -> None:
    pytest.importorskip("ray", reason="Ray is not installed (pip install -e .[cluster])")
    study = create_study(TINY, seeds=range(4), place="ray", resources={"cpus": 1, "gpus": 0})
    start_study(study)
    try:
        victim = wait(study, at_work)
        pid = victim.status().pid
        ray_worker = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(ray_worker, signal.SIGKILL)
        for _ in range(1200):  # a busy machine takes its time
            if start_ticks(pid) is None:
                break
            time.sleep(0.05)
        assert start_ticks(pid) is None, "the training must end with its Ray worker"
        wait(study, lambda s: state_of(s).complete)
    finally:
        driver = find_study(study.id).driver
        wait_for_end(driver[0])
    done = find_study(study.id)
    assert len({trial.run for trial in done.trials}) == 4
    assert all("accuracy" in result.figures for result in results_of(done))
    assert victim.status().pid != pid
    assert (victim.folder / "log.txt").read_text().count("On the cluster") == 2
    assert state_of(done).word == "finished"


def at_work(study):
    """A run that trains."""
    for trial in study.trials:
        run = study.run_of(trial)
        if run is not None and run.status().state == "running" and run.status().pid:
            return run
    return None


def wait(study, condition, seconds: float = 600):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition(find_study(study.id)):
            return result
        time.sleep(0.1)
    log = (studies_folder() / f"{study.id}.log").read_text()
    raise AssertionError(f"still {state_of(find_study(study.id))} after {seconds} s\n{log}")


def wait_for_end(pid: int, seconds: float = 60) -> None:
    """The driver ends by itself; a failed test ends it by force, together with its Ray."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, _ = os.waitpid(pid, os.WNOHANG)
        if done:
            return
        time.sleep(0.1)
    os.killpg(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
