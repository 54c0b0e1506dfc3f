"""Ten steps tell how long a run takes: counted right, remembered, and in a process of their own."""

import dataclasses
import subprocess

import pytest

from fer_models.errors import UserError
from fer_models.training.probe import Speed, known_speed, measure_speed, take_steps
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import list_runs

SMALL = Recipe(data="synthetic:count=210,size=48,identities=12", network="mini_xception", epochs=4, batch_size=8)


def test_the_estimate_counts_steps_as_the_loop_does():
    speed = Speed(step=0.1, validation=2.0, pictures=65, device="CPU")
    assert speed.steps(Recipe(batch_size=8)) == 8  # a last batch of one picture is left out
    assert speed.steps(Recipe(batch_size=8, repeats=2)) == 17
    assert speed.seconds(Recipe(batch_size=8, epochs=3)) == pytest.approx(3 * (0.8 + 2))


def test_a_child_measures_once_for_recipes_that_take_equal_steps():
    assert known_speed(SMALL) is None
    speed = measure_speed(SMALL)
    assert 0 < speed.step < 30
    assert 0 < speed.validation < 60
    assert speed.pictures > 50
    assert speed.device
    assert list_runs() == []
    assert known_speed(dataclasses.replace(SMALL, epochs=99, lr=0.1, schedule="cosine")) == speed
    assert known_speed(dataclasses.replace(SMALL, batch_size=16)) is None


def test_a_measurement_that_nobody_waits_for_ends_with_its_process(monkeypatch):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    def stop(_fraction, _message):
        raise ZeroDivisionError

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    with pytest.raises(ZeroDivisionError):
        measure_speed(SMALL, stop)
    assert started[0].returncode < 0 and known_speed(SMALL) is None


def test_what_the_run_would_say_is_said_before_it():
    with pytest.raises(UserError, match="nowhere"):
        measure_speed(dataclasses.replace(SMALL, data="nowhere"))
    with pytest.raises(UserError, match="nowhere"):
        take_steps(dataclasses.replace(SMALL, data="nowhere"))


def test_the_estimate_adds_up_what_was_taken(monkeypatch):
    """A clock that advances by ten at each look, and a loop that only counts."""
    from types import SimpleNamespace

    import torch

    from fer_models.training import build, probe

    @dataclasses.dataclass
    class Data:
        train_images: torch.Tensor
        train_targets: torch.Tensor
        val_images: torch.Tensor
        val_targets: torch.Tensor

    class Loop:
        recipe = SMALL
        steps = property(lambda self: len(self.data.train_images) // SMALL.batch_size)

        def __init__(self, data):
            self.data, self.taken = data, []
            self.sample = torch.arange(0, len(data.train_images), 7)

        def train_epoch(self, progress, stop):
            self.taken.append(len(self.data.train_images))
            return {"seconds": 5.0}

        def validate(self):
            self.validated = len(self.data.val_images)

    for train, val in ((3000, 700), (100, 50)):
        whole = Data(torch.zeros(train), torch.zeros(train), torch.zeros(val), torch.zeros(val))
        loop = Loop(whole)
        dataset = [None] * (train + val)
        monkeypatch.setattr(build, "make_fabric", lambda recipe: SimpleNamespace(device=torch.device("cpu")))
        monkeypatch.setattr(build, "load_data", lambda *_, d=dataset, w=whole: (d, None, w))
        monkeypatch.setattr(build, "build_loop", lambda *_, the=loop: the)
        clock = iter(range(0, 100, 10))
        monkeypatch.setattr(probe, "time", SimpleNamespace(perf_counter=lambda c=clock: next(c)))
        speed = take_steps(SMALL)
        assert loop.taken == [2 * 8, 10 * 8] and loop.validated == min(val, 512)
        assert speed.step == 5.0 / 10
        each = 10 / (min(val, 512) + min(train, 2048))  # ten seconds for what was validated and refreshed
        assert speed.validation == pytest.approx(each * (val + min(train, 2048)))
        assert (speed.pictures, speed.images) == (train, train + val)
        assert int(loop.sample.max()) < min(val, 512)
