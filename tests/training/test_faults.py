"""Faults that a run must survive or name: a full disk, a killed app, too little memory."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from fer_models.architectures import create_model
from fer_models.classifier import load_checkpoint
from fer_models.errors import UserError
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.training.fabric import Fabric
from fer_models.training.loop import Loop
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import Run, create_run
from fer_models.training.runs.worker import work
from fer_models.training.step import TrainingData

SMALL = Recipe(
    data="synthetic:count=140,size=48,identities=12",
    network="mini_xception",
    epochs=1,
    batch_size=32,
    precision="float32",
)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB that is really full when it is full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
    except OSError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"a small disk needs the right to mount: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(small_disk, monkeypatch):
    monkeypatch.setenv("FER_RUNS", str(small_disk))
    run = create_run(dataclasses.replace(SMALL, epochs=2))
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space"), filler.open("wb") as file:
        for _ in range(4000):
            file.write(b"x" * 1024)
            file.flush()
    with filler.open("r+b") as file:
        file.truncate(filler.stat().st_size - 200 * 1024)  # enough to begin, too little for a checkpoint
    assert work(Run(run.folder)) == 1
    status = run.status()
    assert status.state == "failed"
    assert "free some disk space" in status.message or "disk is full" in status.message
    assert not list(run.folder.glob("checkpoints/.best*"))
    filler.unlink()
    run.requeue()
    assert work(Run(run.folder)) == 0, run.status()
    assert run.status().state == "finished"
    assert load_checkpoint(run.checkpoint).classes


def test_a_run_survives_the_kill_of_the_app_that_started_it():
    code = (
        "import json,sys,time;from fer_models.training.runs.launch import launch;"
        "from fer_models.training.recipe import Recipe;"
        "print(launch(Recipe.from_dict(json.loads(sys.argv[1]))).folder,flush=True);time.sleep(600)"
    )
    app = subprocess.Popen([sys.executable, "-c", code, json.dumps(SMALL.to_dict())], stdout=subprocess.PIPE, text=True)
    assert app.stdout is not None
    run = Run(app.stdout.readline().strip())
    os.kill(app.pid, signal.SIGKILL)
    app.wait()
    end = time.monotonic() + 240
    while run.status().active and time.monotonic() < end:
        time.sleep(0.1)
    assert run.status().state == "finished", run.log_tail()


def made_loop(monkeypatch, at_most):
    """A loop on a device that holds so many pictures at a time."""
    torch.manual_seed(0)
    recipe = Recipe(network="fcsdnet", batch_size=16, precision="float32", optimiser="sgd", lr=0.01)
    network = create_model("fcsdnet", 7, 1).eval()  # norms keep their statistics: parts of a batch add up exactly
    monkeypatch.setattr(network, "train", lambda mode=True: network)
    loss = create_loss("cross_entropy", num_classes=7, num_features=network.num_features)
    pictures = torch.randint(0, 256, (16, 1, 48, 48), dtype=torch.uint8)
    labels = torch.arange(16) % 7
    data = TrainingData(pictures, labels, pictures, labels)
    loop = Loop(recipe, network, loss, Preprocess(), data, fabric=Fabric(accelerator="cpu", devices=1))
    forward = network.forward_features

    def small(x):
        if len(x) > at_most:
            raise torch.OutOfMemoryError
        return forward(x)

    monkeypatch.setattr(network, "forward_features", small)
    return loop


def test_too_little_memory_halves_the_batch_with_the_same_step(monkeypatch, capsys):
    whole, halved = made_loop(monkeypatch, 16), made_loop(monkeypatch, 5)
    rows = [loop.train_epoch(lambda step, steps: None, lambda: False) for loop in (whole, halved)]
    assert (whole.step.micro_batches, halved.step.micro_batches) == (1, 4)
    assert "each batch is now split into 2 parts" in (printed := capsys.readouterr().out)
    assert "each batch is now split into 4 parts" in printed
    assert rows[0]["train_loss"] == pytest.approx(rows[1]["train_loss"], rel=1e-5)
    for expected, actual in zip(whole.network.parameters(), halved.network.parameters(), strict=True):
        torch.testing.assert_close(expected, actual, rtol=1e-4, atol=1e-6)


def test_too_little_memory_for_one_picture_is_a_sentence(monkeypatch):
    loop = made_loop(monkeypatch, 0)
    with pytest.raises(UserError, match="even with single images"):
        loop.train_epoch(lambda step, steps: None, lambda: False)
