"""An epoch of the loop on steps that only count, batches of validation, and norms of several processes, by hand."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fer_models import create_model
from fer_models.errors import UserError
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.training import devices, loop, validation
from fer_models.training.fabric import Fabric
from fer_models.training.loop import CancelledError, Loop
from fer_models.training.recipe import Recipe
from fer_models.training.step import Objective, Step, TrainingData
from fer_models.training.validation import measure, refresh_norms

CPU = torch.device("cpu")


class Steps:
    """Steps that take nothing but count: each image adds a loss of 2, and every fourth is right."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.batches: list[list[int]] = []
        self.totals = torch.full((3,), 99.0, dtype=torch.float64)
        self.generator = torch.Generator()

    def set_rate(self, rate: float) -> None:
        self.rates.append(rate)

    def take(self, index: Tensor) -> None:
        self.batches.append(index.tolist())
        self.totals += torch.tensor([2.0 * len(index), len(index) / 4, len(index)], dtype=torch.float64)


def counting(images: int = 40, processes: int = 1, rank: int = 0, **changes: Any) -> Any:
    """A loop of steps of eight images that counts."""
    settings: dict[str, Any] = {
        "batch_size": 8,
        "epochs": 10,
        "lr": 0.5,
        "schedule": "step",
        "warmup_epochs": 2.0,
        "repeats": 1,
    }
    made: Any = Loop.__new__(Loop)
    made.recipe = dataclasses.replace(Recipe(), **settings | changes)
    made.data = SimpleNamespace(train_images=range(images), val_images="images", val_targets="targets")
    made.fabric = SimpleNamespace(
        device=CPU, world_size=processes, global_rank=rank, all_reduce=lambda x, reduce_op: x, broadcast=lambda x: x
    )
    made.step, made.objective, made.network = Steps(), nn.Linear(1, 1), nn.Linear(1, 1)
    made.optimiser = SimpleNamespace(param_groups=[{"lr": 1.0}, {"lr": 0.25}])
    made.plateau, made.epoch = SimpleNamespace(factor=0.5), 1
    return made


def flat(lists: list[list[int]]) -> list[int]:
    return [each for some in lists for each in some]


def clock(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    """Each look at the clock is so many seconds after the one before."""
    seen = [0]

    def monotonic() -> float:
        seen[0] += 1
        return step * seen[0]

    monkeypatch.setattr(loop, "time", SimpleNamespace(monotonic=monotonic))


def test_an_epoch_is_its_steps_and_their_means(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, 0.125)  # a look at the beginning, one a step, and one at the end
    made, noted = counting(), []
    row = made.train_epoch(lambda *_: None, lambda: False, lambda at, totals: noted.append((at, float(totals[2]))))
    assert sorted(flat(made.step.batches)) == list(range(40)) and set(map(len, made.step.batches)) == {8}
    # Warm-up of two epochs from 1/1000 on; this is the second, and the plateau has halved the rate.
    assert made.step.rates == pytest.approx([0.5 * 0.5 * (1 + i / 5 + 1e-3) / 2 for i in range(5)])
    assert noted == [(pytest.approx(1 + (i + 1) / 5), 8 * (i + 1)) for i in range(5)]
    assert row == {"epoch": 2, "train_loss": 2.0, "train_accuracy": 0.25, "lr": 0.25, "seconds": 0.75,
                   "images_per_second": 40 / 0.75}  # fmt: skip
    assert made.epoch == 2
    again = counting(repeats=2)
    again.train_epoch(lambda *_: None, lambda: False)
    assert len(again.step.batches) == 10 and sorted(flat(again.step.batches)) == sorted([*range(40)] * 2)


def test_each_epoch_and_seed_draws_its_own_order() -> None:
    orders, dice, dropout = [], [], []
    for epoch, seed, rank in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2, 3, 4)):
        made = counting(seed=seed, rank=rank)
        made.epoch = epoch
        made.train_epoch(lambda *_: None, lambda: False)
        order = torch.randperm(40, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch)).tolist()
        assert flat(made.step.batches) == order
        orders.append(order)
        dice.append(made.step.generator.initial_seed())
        dropout.append(torch.initial_seed())
    assert dice == [0, 1, 1_000_003, 0, 3_000_011]
    assert dropout == [0, 1, 1_000_003, 7919, 3_000_011 + 4 * 7919], "each process drops other values"
    assert orders[0] == orders[3] != orders[1]


@pytest.mark.parametrize(("step", "told"), [(0.4, [3]), (0.5, [3]), (0.51, [2, 4]), (1.1, [1, 2, 3, 4, 5])])
def test_progress_is_told_after_more_than_a_second(monkeypatch: pytest.MonkeyPatch, step: float, told: list[int]):
    clock(monkeypatch, step)
    said: list[tuple[float, str]] = []
    counting().train_epoch(lambda done, words: said.append((done, words)), lambda: False)
    assert said == [(i / 5, f"step {i} of 5") for i in told]


def test_one_process_stops_where_it_tells_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, 0.51)
    made = counting()
    with pytest.raises(CancelledError):
        made.train_epoch(lambda *_: None, lambda: True)
    assert len(made.step.batches) == 2 and made.epoch == 1
    clock(monkeypatch, 0.01)
    quick = counting()
    quick.train_epoch(lambda *_: None, lambda: True)
    assert len(quick.step.batches) == 5, "nobody was asked"


def test_several_processes_ask_every_25_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, 2.0)
    made, asked = counting(480, processes=2), []

    def stop() -> bool:
        asked.append(len(made.step.batches))
        return len(asked) == 3

    with pytest.raises(CancelledError):
        made.train_epoch(lambda *_: None, stop)
    assert asked == [1, 26, 51]


def test_an_infinite_loss_names_its_epoch() -> None:
    made = counting()
    made.step.take = lambda index: made.step.totals.add_(float("nan"))
    with pytest.raises(UserError, match="became infinite in epoch 2;"):
        made.train_epoch(lambda *_: None, lambda: False)


@pytest.mark.parametrize(("features_lr", "training"), [(0.0, False), (0.1, True)])
def test_frozen_features_keep_their_statistics(monkeypatch, features_lr: float, training: bool) -> None:
    made, seeds = counting(features_lr=features_lr, seed=2), []
    made.average, made.preprocess, made.sample, made.plateau.observe = None, None, None, lambda loss: seeds.append(loss)
    made.objective = nn.Sequential(made.network)
    made.train_epoch(lambda *_: None, lambda: False)
    assert made.network.training is training
    monkeypatch.setattr(loop, "refresh_norms", lambda *given: seeds.append(given[-1]))
    monkeypatch.setattr(loop, "measure", lambda *_, sample: SimpleNamespace(figures={"val_loss": 0.5}))
    made.validate()
    assert seeds == [2_000_008, 0.5][not training :]


class Looks(nn.Module):
    """Reads off an image which class it is of, by its first pixel."""

    def __init__(self) -> None:
        super().__init__()
        self.num_classes, self.num_features = 3, 2

    def check_input(self, x: Tensor) -> Tensor:
        return x

    def forward_features(self, x: Tensor) -> Tensor:
        return x

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        first = features[:, 0, 0, :2]
        return first if pre_logits else torch.stack([first[:, 0], first[:, 1], 0 * first[:, 0]], 1)


@pytest.mark.parametrize("batch", [4, 5, 10, 11])
def test_validation_in_batches_is_validation_at_once(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(validation, "_BATCH", batch)
    images = torch.randint(0, 256, (10, 1, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    targets, rows = torch.tensor([0, 1, 0, 1, 0, 1, 0, 1, 0, 0]), torch.tensor([0, 3, 4, 7, 9])
    scale = SimpleNamespace(scale=lambda x: x.float() / 255)
    network: Any = Looks().eval()
    found = measure(network, images, targets, scale, Fabric(accelerator="cpu"), sample=rows)  # type: ignore[arg-type]
    pixels = images[:, 0, 0, :2].float() / 255
    logits = torch.cat([pixels, torch.zeros(10, 1)], 1)
    assert torch.equal(found.logits, logits[rows].half()) and torch.equal(found.embedding, pixels[rows].half())
    answers = logits.argmax(1)
    matrix = [[int(((targets == t) & (answers == a)).sum()) for a in range(3)] for t in range(3)]
    assert found.figures["val_confusion"] == matrix
    assert found.figures["val_accuracy"] == pytest.approx(float((answers == targets).float().mean()))
    assert found.figures["val_loss"] == pytest.approx(float(F.cross_entropy(logits, targets)), rel=1e-5)


def test_a_gpu_takes_as_many_pixels_whatever_their_size() -> None:
    def size(side: int, device: str = "meta") -> int:
        return validation._batch_size(torch.empty(1, 1, side, side, device=device))

    assert [size(side) for side in (48, 96, 24, 224, 2000)] == [1024, 256, 4096, 47, 32]
    assert size(96, "cpu") == 256 and validation._PIXELS == 2_359_296


class Counts(nn.Module):
    """Notes which images pass through a norm."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm, self.seen = norm, list[list[float]]()

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x[:, 0, 0, 0].tolist())
        return x


@pytest.mark.parametrize(
    ("norm", "processes", "parts"),
    [
        (nn.BatchNorm2d(1), 1, [10, 10]),
        (nn.BatchNorm2d(1), 2, [10, 10]),  # each measures all, with the same result
        (devices.SyncedNorm(nn.BatchNorm2d(1)), 2, [5, 5]),
        (devices.SyncedNorm(nn.BatchNorm2d(1)), 1, [10, 10]),
    ],
)
def test_norms_are_measured_on_all_rows_or_a_process_own(monkeypatch, norm: nn.Module, processes: int, parts) -> None:
    monkeypatch.setattr(validation, "_BATCH", 8)
    network: Any = Counts(norm)
    images = torch.arange(20, dtype=torch.uint8).view(20, 1, 1, 1).expand(20, 1, 4, 4)
    fabric = Fabric(accelerator="cpu")
    around = SimpleNamespace(world_size=processes, global_rank=1 % processes, autocast=fabric.autocast)
    refresh_norms(network, images, SimpleNamespace(scale=lambda x: x.float()), around, 3)  # type: ignore[arg-type]
    order = torch.randperm(20, generator=torch.Generator().manual_seed(3)).tolist()
    halves = [order[:10], order[10:]]
    assert [len(part) for part in network.seen] == parts
    assert network.seen == (halves if parts[0] == 10 else [half[1::2] for half in halves])
    assert norm.momentum == 0.1


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5, 4)])
def test_a_norm_over_one_process_is_torchs(monkeypatch: pytest.MonkeyPatch, shape, momentum: float | None) -> None:
    monkeypatch.setattr(devices, "_total", lambda value: value)
    plain = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(3, momentum=momentum)
    nn.init.uniform_(plain.weight), nn.init.uniform_(plain.bias)
    holder = nn.Sequential(nn.Sequential(plain), nn.ReLU(), nn.BatchNorm1d(2))
    synced: Any = nn.Sequential(nn.Sequential(type(plain)(3, momentum=momentum)), nn.ReLU(), nn.BatchNorm1d(2))
    synced.load_state_dict(holder.state_dict())
    assert devices.sync_norms(synced) == 2 and isinstance(synced[0][0], devices.SyncedNorm)
    for seed in (0, 1):
        x = 2 * torch.randn(shape, generator=torch.Generator().manual_seed(seed)) + 1
        torch.testing.assert_close(synced[0](x), holder[0](x), rtol=1e-4, atol=1e-5)
    for name, value in holder[0].state_dict().items():
        torch.testing.assert_close(synced[0].state_dict()[name], value, rtol=1e-4, atol=1e-5)
    bare = devices.SyncedNorm(nn.BatchNorm1d(3, affine=False, track_running_stats=False))
    one = torch.tensor([[1.0, 2.0, 3.0]])
    assert bare(one).tolist() == [[0, 0, 0]]


def step_of(processes: int, rank: int, **changes: Any) -> tuple[Step, Any]:
    """A step whose objective notes what it is given and whose loss is the mean of the targets."""
    recipe = dataclasses.replace(Recipe(batch_size=8, gradient_clip=0.0), **changes)
    seen: dict[str, Any] = {"backward": [], "parts": []}

    class Given(nn.Module):
        network = SimpleNamespace(num_classes=2)

        def forward(self, x: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
            seen["parts"].append(targets.tolist())
            if len(x) > seen.get("room", 99):
                raise torch.OutOfMemoryError
            return targets.float().mean(), F.one_hot(targets % 2, 2).float()

    fabric = SimpleNamespace(
        device=CPU, world_size=processes, global_rank=rank, print=lambda text: seen.setdefault("said", []).append(text),
        backward=lambda loss: seen["backward"].append(round(float(loss), 5)),
    )  # fmt: skip
    images = torch.zeros(9, 1, 8, 8, dtype=torch.uint8)
    data = TrainingData(images, torch.arange(9), images, torch.arange(9))
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    step = Step(recipe, Given(), optimiser, None, data=data, preprocess=Preprocess(8, 1), fabric=fabric)  # type: ignore[arg-type]
    return step, seen


@pytest.mark.parametrize(("processes", "rank"), [(1, 0), (2, 0), (2, 1), (3, 2)])
def test_each_process_takes_its_rows_and_its_share(processes: int, rank: int) -> None:
    step, seen = step_of(processes, rank)
    step.take(torch.arange(9))
    own = list(range(rank, 9, processes))
    assert seen["parts"] == [own]
    assert seen["backward"] == [round(sum(own) / len(own) * len(own) * processes / 9, 5)]
    assert step.totals.tolist() == pytest.approx([sum(own), sum(t == t % 2 for t in own), len(own)])


def test_a_batch_that_does_not_fit_goes_in_parts() -> None:
    step, seen = step_of(1, 0)
    seen["room"] = 2
    step.compute(torch.arange(8))
    assert step.micro_batches == 4 and seen["parts"][-4:] == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert seen["backward"] == [0.125, 0.625, 1.125, 1.625], "means weighted by their part"
    assert seen["said"][-1] == "Out of memory: each batch is now split into 4 parts."
    assert step.totals.tolist()[0] == pytest.approx(28)
    seen["room"] = 0
    with pytest.raises(UserError, match="even with single images"):
        step.compute(torch.arange(8))
    assert step.micro_batches == 8
    several, seen = step_of(2, 0)
    seen["room"] = 2
    with pytest.raises(UserError, match="choose a smaller batch"):
        several.compute(torch.arange(8))


def test_an_embedding_and_a_teacher_are_asked_where_the_loss_needs_them() -> None:
    network = create_model("mini_xception", 7, 1).eval()
    x, targets = torch.zeros(2, 1, 48, 48), torch.tensor([0, 1])
    plain = create_loss("cross_entropy", num_classes=7)
    given: list[Any] = []

    class Asks(nn.Module):
        needs_embedding = needs_teacher = True

        def forward(self, *arguments: Any) -> Tensor:
            given.append(arguments)
            return plain(*arguments[:2])

    for teacher, needs in ((None, True), (network, False), (network, True)):
        asks: Any = Asks()
        asks.needs_teacher = needs
        Objective(network, asks, teacher)(x, targets)
        assert given[-1][2].shape == (2, network.num_features)
        assert (given[-1][3] is not None) is (teacher is not None and needs)


def test_each_group_has_its_factor_and_full_batches_are_replayed() -> None:
    step, seen = step_of(1, 0)
    step.optimiser.param_groups[:] = [{"lr": 9.0, "lr_factor": 0.1}, {"lr": 9.0, "lr_factor": 1.0}]
    step.set_rate(0.5)
    assert [group["lr"] for group in step.optimiser.param_groups] == [0.05, 0.5]
    replayed: list[int] = []
    step.graph = SimpleNamespace(take=lambda index: replayed.append(len(index)), forget=lambda: replayed.append(0))  # type: ignore[assignment]
    step.set_rate(2.0)
    first = step.optimiser.param_groups[0]["lr"]
    step.set_rate(4.0)
    assert first is step.optimiser.param_groups[0]["lr"] and first.item() == pytest.approx(0.4)
    step.state_replaced()
    assert isinstance(step.optimiser.param_groups[0]["lr"], float)
    step.optimiser.param_groups.clear()
    for size in (7, 8, 9):
        step.take(torch.arange(size))
    assert replayed == [0, 8] and list(map(len, seen["parts"])) == [7, 9]
