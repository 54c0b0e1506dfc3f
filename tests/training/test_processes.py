"""Several processes train as one would: two on the CPU with gloo; one that is killed ends the run, which can go on."""

import dataclasses
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from fer_models.architectures import create_model
from fer_models.classifier import load_checkpoint
from fer_models.training.devices import SyncedNorm, sync_norms
from fer_models.training.recipe import Recipe
from fer_models.training.runs.epochs import read_epoch
from fer_models.training.runs.launch import launch, resume
from fer_models.training.runs.run import create_run
from fer_models.training.runs.worker import work

SMALL = Recipe.from_dict(
    {
        "data": "synthetic:count=210,size=48,identities=12",
        "network": "mini_xception",
        "epochs": 2,
        "batch_size": 32,
        "precision": "float32",
        "optimiser": "sgd",
        "lr": 0.003,
        "augmentation": {"rotation": 10, "horizontal_flip": 0.5, "mixup": 0.2},
    }
)


def wait(run, condition, seconds=240):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition(status := run.status()):
            return status
        time.sleep(0.05)
    raise AssertionError(f"still {run.status()} after {seconds} s\n{run.log_tail()}")


def at_work(run):
    """Ids of the processes that work on a run, and of the one that watches them."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(run.folder).encode() in words:
            found[int(folder.name)] = "watching" if b"torch.distributed.run" in words else "training"
    return found


def other_rank(run):
    """Process id of the worker that is not the first one."""
    (other,) = (pid for pid, does in at_work(run).items() if does == "training" and pid != run.status().pid)
    return other


def all_end(run, seconds=60):
    """A run of several processes that has ended leaves none of them behind."""
    end = time.monotonic() + seconds
    while at_work(run) and time.monotonic() < end:
        time.sleep(0.1)
    assert not at_work(run), run.log_tail()


def with_synced_norms(*args, **options):
    network = create_model(*args, **options)
    sync_norms(network)
    return network


def test_two_processes_have_the_loss_curve_of_one_and_when_one_is_killed_the_run_can_go_on(monkeypatch):
    """The control computes its norms as they do: torch's own channels-last norm rounds otherwise, by 1e-5."""
    monkeypatch.setattr("torch.distributed.all_reduce", lambda value: None)
    monkeypatch.setattr("fer_models.training.build.create_model", with_synced_norms)
    recipe = dataclasses.replace(SMALL, schedule="constant", lr=0.001)
    alone = create_run(recipe)
    assert work(alone) == 0, alone.status()
    pair = launch(dataclasses.replace(recipe, epochs=400), processes=2)
    status = wait(pair, lambda s: s.epoch >= recipe.epochs or not s.active)
    assert status.active, pair.log_tail()
    assert status.device.startswith("2 x CPU")
    # Sums in another order differ in the last digit, and every step multiplies the difference.
    epochs = zip(alone.metrics(), pair.metrics()[: recipe.epochs], (1e-3, 1e-2), (5e-2, 5e-2), strict=True)
    for expected, actual, train, val in epochs:
        np.testing.assert_allclose(actual["train_loss"], expected["train_loss"], rtol=train)
        np.testing.assert_allclose(actual["val_loss"], expected["val_loss"], rtol=val)
        np.testing.assert_array_equal(np.sum(expected["val_confusion"], 1), np.sum(actual["val_confusion"], 1))
    first, second = (read_epoch(run.folder, 1) for run in (alone, pair))
    np.testing.assert_array_equal(first.ids, second.ids)
    np.testing.assert_array_equal(first.targets, second.targets)
    # Averages over a few steps of a fresh network: single logits move with rounding, their pattern does not.
    assert np.corrcoef(first.logits.astype(float).ravel(), second.logits.astype(float).ravel())[0, 1] > 0.9

    os.kill(other_rank(pair), signal.SIGKILL)
    status = wait(pair, lambda s: not s.active)
    assert status.state in ("failed", "lost"), status
    assert "resume" in status.message
    done = len(pair.metrics())
    resume(pair, processes=2)
    wait(pair, lambda s: s.epoch > done)
    pair.cancel()
    status = wait(pair, lambda s: not s.active)
    assert status.state == "cancelled", f"{status.message} {pair.log_tail()}"
    all_end(pair)
    assert [row["epoch"] for row in pair.metrics()] == list(range(1, len(pair.metrics()) + 1))
    assert load_checkpoint(pair.checkpoint).predict(np.zeros((1, 48, 48), np.uint8)).probabilities.shape == (1, 7)


def test_one_step_of_two_processes_is_the_step_of_one(monkeypatch):
    """After one step nothing but rounding can differ yet: the loss, every weight and every average agree to 1e-5."""
    monkeypatch.setattr("torch.distributed.all_reduce", lambda value: None)
    monkeypatch.setattr("fer_models.training.build.create_model", with_synced_norms)
    recipe = dataclasses.replace(SMALL, epochs=1, batch_size=256)  # all training pictures are one batch
    alone = create_run(recipe)
    assert work(alone) == 0, alone.status()
    pair = launch(recipe, processes=2)
    assert wait(pair, lambda s: not s.active).state == "finished", pair.log_tail()
    all_end(pair)
    expected, actual = alone.metrics()[0], pair.metrics()[0]
    np.testing.assert_allclose(actual["train_loss"], expected["train_loss"], rtol=1e-6)
    np.testing.assert_allclose(actual["val_loss"], expected["val_loss"], rtol=1e-5)
    assert actual["train_accuracy"] == expected["train_accuracy"]
    first, second = (load_checkpoint(run.checkpoint).model.state_dict() for run in (alone, pair))
    for name, value in first.items():
        torch.testing.assert_close(second[name], value, rtol=1e-5, atol=1e-5, msg=name)


def test_a_synced_norm_of_one_process_is_the_norm_that_it_replaces(monkeypatch):
    monkeypatch.setattr("torch.distributed.all_reduce", lambda value: None)
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4, momentum=0.3), nn.Flatten(), nn.Linear(64, 3))
    plain.append(nn.BatchNorm1d(3))
    synced = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4, momentum=0.3), nn.Flatten(), nn.Linear(64, 3))
    synced.append(nn.BatchNorm1d(3))
    synced.load_state_dict(plain.state_dict())
    assert sync_norms(synced) == 2
    assert isinstance(synced[1], SyncedNorm)
    assert list(synced.state_dict()) == list(plain.state_dict())
    x = torch.randn(8, 2, 6, 6)
    for network in (plain, synced):
        network.train()
        network(x).square().sum().backward()
    for (name, expected), actual in zip(plain.named_parameters(), synced.parameters(), strict=True):
        torch.testing.assert_close(actual.grad, expected.grad, msg=name, rtol=1e-4, atol=1e-4)
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(synced.state_dict()[name], value, msg=name)
    torch.testing.assert_close(synced.eval()(x), plain.eval()(x))
