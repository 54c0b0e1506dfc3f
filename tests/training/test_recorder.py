"""The state and the best checkpoint are written every tenth of a run or 30 seconds, and at its end."""

from types import SimpleNamespace

import pytest
import torch

from fer_models.architectures import create_model
from fer_models.checkpoint import read_checkpoint
from fer_models.data import open_dataset
from fer_models.data.splits import make_split
from fer_models.preprocess import Preprocess
from fer_models.training.recipe import Recipe
from fer_models.training.runs import recorder as module
from fer_models.training.runs.record import Source
from fer_models.training.runs.recorder import Recorder
from fer_models.training.runs.run import create_run

RECIPE = Recipe(data="synthetic:count=42,seed=0", network="mini_xception", epochs=40)


@pytest.fixture
def source():
    dataset = open_dataset(RECIPE.data)
    return Source(RECIPE, dataset, make_split(dataset), Preprocess())


def after(loop, epoch):
    """The loop as it is after an epoch: its weights moved, its state says so."""
    loop.epoch = epoch
    with torch.no_grad():
        loop.evaluated.classifier.bias.fill_(epoch)
    loop.weights.fill_(epoch)


def made_loop():
    loop = SimpleNamespace(epoch=0, evaluated=create_model("mini_xception", 7, 1), weights=torch.zeros(3))
    loop.state = lambda: {"epoch": loop.epoch, "network": {"w": loop.weights}, "groups": [{"lr": 0.1}]}
    return loop


def written_epoch(run):
    file = run.folder / "resume.pt"
    if not file.exists():
        return 0
    state = torch.load(file, weights_only=True)
    assert torch.equal(state["network"]["w"], torch.full((3,), float(state["epoch"])))
    return state["epoch"]


def test_a_tenth_of_the_run_is_lost_at_most_and_nothing_at_the_end(source):
    run, loop = create_run(RECIPE), made_loop()
    seen = []
    with Recorder(run, source, RECIPE.epochs) as recorder:
        for epoch in range(1, 11):
            after(loop, epoch)
            if epoch in (3, 9):
                recorder.best(loop, {"epoch": epoch, "val_accuracy": epoch / 10})
            recorder.epoch(loop)
            after(loop, -1)  # training goes on and moves the weights that were recorded
            loop.epoch = epoch
            if recorder._writing is not None:
                recorder._writing.result()
            seen.append(written_epoch(run))
    assert seen == [0, 0, 0, 4, 4, 4, 4, 8, 8, 8]
    assert written_epoch(run) == 10
    checkpoint = read_checkpoint(run.checkpoint)
    assert checkpoint.provenance["epoch"] == 9
    assert checkpoint.build().classifier.bias[0].item() == 9


def test_half_a_minute_is_lost_at_most(source, monkeypatch):
    run, loop = create_run(RECIPE), made_loop()
    clock = SimpleNamespace(monotonic=lambda: clock.now, now=0.0)
    monkeypatch.setattr(module, "time", clock)
    with Recorder(run, source, 1000) as recorder:
        for epoch, now in ((1, 29.0), (2, 30.0), (3, 40.0)):
            after(loop, epoch)
            clock.now = now
            recorder.epoch(loop)
            if recorder._writing is not None:
                recorder._writing.result()
            assert written_epoch(run) == (0 if epoch == 1 else 2)


def test_a_run_that_is_cancelled_in_its_first_epoch_keeps_a_checkpoint(source):
    run, loop = create_run(RECIPE), made_loop()
    with Recorder(run, source, RECIPE.epochs) as recorder:
        recorder.best(loop, {"epoch": 0, "val_accuracy": 0.1})
    assert run.checkpoint is not None
    assert not run.resumable


def test_an_error_of_the_training_goes_before_one_of_the_disk(source, monkeypatch):
    run, loop = create_run(RECIPE), made_loop()

    def full(run, state):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "save_state", full)
    with pytest.raises(OSError, match="No space"), Recorder(run, source, 10) as recorder:
        recorder.epoch(loop)
    with pytest.raises(ZeroDivisionError), Recorder(run, source, 10) as recorder:
        recorder.epoch(loop)
        raise ZeroDivisionError
