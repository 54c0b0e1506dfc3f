"""Schedules, groups, spans and statistics by hand, and what lies just at a limit."""

import dataclasses
import math
import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from fer_models import create_model
from fer_models.errors import UserError
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.training import devices, kernels
from fer_models.training.fabric import Fabric
from fer_models.training.loop import Loop
from fer_models.training.optimise import make_optimiser, parameter_groups
from fer_models.training.probe import Speed
from fer_models.training.recipe import Recipe
from fer_models.training.rows import read_rows
from fer_models.training.runs import queue
from fer_models.training.runs.epochs import spacing
from fer_models.training.schedule import Plateau, lr_factor
from fer_models.training.study.axes import Span, parse_axis, parse_folds, settings_of, shown
from fer_models.training.study.selection import FEWEST_EPOCHS, _line, flattery
from fer_models.training.study.statistics import FEWEST, Difference, difference, spread, verdict
from fer_models.training.validation import measure
from fer_models.training.watch.focus import _area, _mean, _share, entropy


def recipe(**changes: object) -> Recipe:
    return dataclasses.replace(Recipe(), **{"epochs": 10, "warmup_epochs": 0, "lr_floor": 0.0} | changes)  # type: ignore


def test_schedules_by_hand() -> None:
    cosine = recipe(schedule="cosine", lr_floor=0.2)
    assert [lr_factor(cosine, epoch) for epoch in (0, 5, 10)] == pytest.approx([1, 0.6, 0.2])
    one = recipe(schedule="one_cycle")
    assert [lr_factor(one, epoch) for epoch in (0, 1.5, 3, 6.5, 10)] == pytest.approx([0.04, 0.52, 1, 0.50005, 1e-4])
    restarts = recipe(schedule="warm_restarts", step_epochs=4, lr_floor=0.2)
    assert [lr_factor(restarts, epoch) for epoch in (0, 2, 4, 6)] == pytest.approx([1, 0.6, 1, 0.6])
    step = recipe(schedule="step", step_epochs=2, step_factor=0.5, lr_floor=0.2)
    assert [lr_factor(step, epoch) for epoch in (0, 1.9, 2, 4, 9)] == pytest.approx([1, 1, 0.5, 0.25, 0.2])
    warm = recipe(schedule="step", step_epochs=2, step_factor=0.5, warmup_epochs=2)
    assert [lr_factor(warm, epoch) for epoch in (2, 3.9, 4)] == pytest.approx([1, 1, 0.5])
    assert [lr_factor(warm, epoch) for epoch in (0, 1)] == pytest.approx([0.0005, 0.5005])
    later = recipe(schedule="cosine", warmup_epochs=2)
    assert [lr_factor(later, epoch) for epoch in (2, 6, 10)] == pytest.approx([1, 0.5, 0])


def test_a_plateau_waits_for_a_real_fall() -> None:
    plateau = Plateau(recipe(schedule="plateau", step_epochs=2, step_factor=0.5, lr_floor=0.2))
    factors = []
    for loss in (1.0, 1.0 - 1e-4, 1.0, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9):
        plateau.observe(loss)
        factors.append(plateau.factor)
    assert factors == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]
    still = Plateau(recipe(schedule="cosine"))
    for _ in range(50):
        still.observe(1.0)
    assert still.factor == 1


def test_vectors_do_not_decay_and_frozen_features_do_not_learn() -> None:
    network = create_model("mini_xception", in_channels=1)
    loss = create_loss("cross_entropy")
    slow = recipe(features_lr=0.1, weight_decay=0.01, lr=0.5)
    groups = parameter_groups(network, loss, slow)
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    head = {id(p) for p in network.classifier.parameters()}
    for group in groups:
        for p in group["params"]:
            assert group["weight_decay"] == (0.01 if p.ndim > 1 else 0)
            assert group["lr_factor"] == (1 if id(p) in head else 0.1) and group["lr"] == 0.5 * group["lr_factor"]
    frozen = parameter_groups(network, loss, dataclasses.replace(slow, features_lr=0.0))
    assert {id(p) for group in frozen for p in group["params"]} == head
    assert {id(p) for p in network.parameters() if p.requires_grad} == head
    for momentum in (0.0, 0.9):
        found = make_optimiser(
            [dict(group) for group in groups], recipe(optimiser="sgd", momentum=momentum), torch.device("cpu")
        )
        assert found.param_groups[0]["nesterov"] is (momentum > 0)


@pytest.mark.parametrize(("images", "steps"), [(32, 2), (33, 2), (34, 3), (47, 3), (48, 3), (1, 0), (2, 1)])
def test_a_last_batch_of_one_image_is_left_out(images: int, steps: int) -> None:
    loop = Loop.__new__(Loop)
    loop.data = SimpleNamespace(train_images=range(images))  # type: ignore[assignment]
    loop.recipe, loop.fabric = recipe(batch_size=16, repeats=1), SimpleNamespace(world_size=1)  # type: ignore[assignment]
    assert loop.steps == steps == Speed(1.0, 0.0, images, "cpu").steps(loop.recipe)
    loop.fabric = SimpleNamespace(world_size=2)  # type: ignore[assignment]
    assert loop.steps == images // 16 + (images % 16 >= 4)
    assert Speed(2.0, 3.0, images, "cpu").seconds(loop.recipe) == 10 * (2 * steps + 3)


def test_a_run_has_as_many_passes_as_its_set_is_small() -> None:
    passes = recipe(repeats=0).passes
    assert [passes(n) for n in (4_999, 5_000, 20_000, 20_001)] == [10, 5, 5, 3]
    assert recipe(repeats=2).passes(10) == 2


def test_a_gpu_has_room_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for free, whole, room in ((2 << 30, 8 << 30, True), ((2 << 30) - 1, 8 << 30, False), (1 << 30, 2 << 30, True)):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu, found=(free, whole): found)
        assert devices.has_room(0) is room
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu: ((1 << 30) - 1, 2 << 30))
    assert devices.has_room(0) is False


def test_processes_count_under_torchrun_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert devices.processes() == 1 and devices.rank() == 0
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    assert devices.processes() == 2 and devices.rank() == 1
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert devices.rank() == 0


def conv(**changes: object) -> object:
    settings = {"in_channels": 4, "out_channels": 4, "kernel_size": 3, "padding": 1} | changes
    found = kernels._kind(nn.Conv2d(**settings))  # type: ignore[arg-type]
    return None if found is None else found.__name__


def test_convolutions_that_are_computed_otherwise() -> None:
    assert conv() == "_ProductConv2d"
    for other in (
        {"kernel_size": (3, 5)},
        {"dilation": 2},
        {"padding": 0},
        {"padding": (1, 0)},
        {"padding": "same"},
        {"padding_mode": "reflect"},
        {"groups": 2},
        {"stride": 2},
        {"kernel_size": 9, "padding": 4},
        {"stride": (1, 2)},
    ):
        assert conv(**other) is None, other
    deep = {"groups": 4, "stride": 2}
    assert conv(**deep) == conv(**deep, padding=2) == "_SteppedDepthwiseConv2d"
    assert conv(**deep, padding=3) is None and conv(**deep, out_channels=8) is None
    assert conv(in_channels=1, out_channels=1, groups=1, stride=2) is None


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    drop = kernels._Dropout(0.25).train()
    out = drop(torch.ones(200_001))
    assert out.shape == (200_001,) and out.unique().tolist() == pytest.approx([0, 4 / 3])
    assert (out == 0).float().mean().item() == pytest.approx(0.25, abs=0.005)
    assert torch.equal(drop.eval()(torch.ones(3)), torch.ones(3))
    assert torch.equal(kernels._Dropout(0.0).train()(torch.ones(3)), torch.ones(3))
    assert torch.equal(kernels._Dropout(1.0).train()(torch.ones(3)), torch.zeros(3))


@pytest.mark.parametrize(
    ("text", "rows"),
    [("row\n1\n2\n", {1, 2}), ("1\n2\n", {1, 2}), ("a,id\nx,3\n\n , \n", {3}), ("a,b\n7,x\n", {7}), ("", set())],
)
def test_rows_are_read_from_their_column(tmp_path, text: str, rows: set[int]) -> None:
    (tmp_path / "rows.csv").write_text(text)
    assert read_rows(tmp_path / "rows.csv") == rows


@pytest.mark.parametrize("text", ["a,row\n1\n", "row\n-1\n", "row\nx\n", "row\n" + "9" * 19 + "\n"])
def test_what_is_no_row_is_refused(tmp_path, text: str) -> None:
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(UserError, match="row number"):
        read_rows(tmp_path / "rows.csv")


def test_epochs_are_spaced_by_powers_of_two() -> None:
    assert [spacing(epoch, 4) for epoch in (1, 4, 5, 9, 10, 19, 20)] == [1, 1, 2, 2, 4, 4, 8]


def waiting(number: int, place: float | None = None, state: str = "queued", pid: int | None = 1) -> SimpleNamespace:
    status = SimpleNamespace(state=state, pid=pid, created=float(number), place=place)
    return SimpleNamespace(id=f"run{number}", status=lambda: status)


def test_runs_before_one_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [waiting(1), waiting(2), waiting(3, place=0.5), waiting(4, state="running"), waiting(0, pid=None)]
    monkeypatch.setattr(queue, "list_runs", lambda: runs)
    assert [run.id for run in queue.ahead_of(runs[1])] == ["run1", "run3"]  # type: ignore[arg-type]
    assert queue.ahead_of(runs[2]) == []  # type: ignore[arg-type]


def test_flattery_wants_five_epochs_and_lines_are_exact() -> None:
    assert flattery([0.5] * (FEWEST_EPOCHS - 1)) is None and flattery([0.5] * FEWEST_EPOCHS) == pytest.approx(0)
    for here in (0, 1, 5, 9):
        distance = np.arange(10) - here
        weights = _line(distance)
        assert weights @ (3.0 + 2.0 * distance) == pytest.approx(3) and weights @ np.ones(10) == pytest.approx(1)
    rising = flattery(list(np.linspace(0.2, 0.9, 12)))
    assert rising == pytest.approx(0, abs=1e-9), "a straight line has no chance in it"


def test_spreads_want_enough_runs() -> None:
    assert spread([0.5]).deviation is None
    few = spread([0.5, 0.6][: FEWEST - 1])
    assert few.deviation == pytest.approx(math.sqrt(0.005)) and few.low is None
    three = spread([0.4, 0.5, 0.6])
    half = 4.302653 * 0.1 / math.sqrt(3)
    assert (three.low, three.high) == pytest.approx((0.5 - half, 0.5 + half))
    wide = spread([0.4, 0.5, 0.6], overlap=0.25)
    assert (wide.low, wide.high) == pytest.approx((0.5 - 4.302653 * 0.1 * math.sqrt(1 / 3 + 0.25), 1.0), abs=0.2)
    assert spread([0.5, 0.5, 0.5]).low is None
    ends = spread([0.0, 0.01, 0.9])
    assert (ends.low, ends.high) == (0.0, 1.0)


def test_differences_by_hand() -> None:
    a, b = [0.5, 0.6, 0.7], [0.4, 0.4, 0.6]
    paired = difference(a, b, paired=True)
    deviation = math.sqrt(((0.1 - 0.4 / 3) ** 2 * 2 + (0.2 - 0.4 / 3) ** 2) / 2)
    half = 4.302653 * deviation / math.sqrt(3)
    assert (paired.low, paired.value, paired.high) == pytest.approx((0.4 / 3 - half, 0.4 / 3, 0.4 / 3 + half))
    apart = difference(a, b, paired=False, overlap=0.1, overlap_b=0.2)
    variance = 0.01 * (1 / 3 + 0.1) + (0.04 / 3) * (1 / 3 + 0.2)
    assert apart.high is not None and apart.high - apart.value == pytest.approx(4.302653 * math.sqrt(variance))
    same = difference(a, b, paired=False, overlap=0.1)
    variance = (0.01 + 0.04 / 3) * (1 / 3 + 0.1)
    assert same.high is not None and same.high - same.value == pytest.approx(4.302653 * math.sqrt(variance))
    assert difference(a, a, paired=True).p == 1 and difference([0.5] * 3, [0.4] * 3, paired=True).p is None
    assert difference(a[: FEWEST - 1], b, paired=False).p is None


@pytest.mark.parametrize(("p", "words"), [(0.049, "larger than chance (p"), (0.05, "no difference"), (None, "seeds")])
def test_a_verdict_at_five_in_a_hundred(p: float | None, words: str) -> None:
    assert words in verdict(Difference(3, 0.02, True, 0.0, 0.04, 0.01), p)
    assert "one run each" in verdict(Difference(1, 0.02, True), 0.01)
    assert "too few runs" in verdict(Difference(2, 0.02, True, None, 0.04), 0.01)
    assert "too few runs" in verdict(Difference(2, 0.02, True, 0.0, None), 0.01)


def test_axes_at_their_limits() -> None:
    assert parse_axis("lr=0.1..0.5") == ("lr", Span(0.1, 0.5)) and parse_axis("lr=log:1e-3..1")[1] == Span(
        1e-3, 1, True
    )
    for wrong in (
        "lr",
        "=1",
        "lr=",
        "lr=0.5..0.5",
        "lr=1..0",
        "lr=log:0..1",
        "lr=a..b",
        "lr=true..2",
        "a=1,1",
        "seed=1",
    ):
        with pytest.raises(UserError):
            parse_axis(wrong)
    assert parse_axis('x=[1,2],{"a":[3,4]},"a,b",c') == ("x", [[1, 2], {"a": [3, 4]}, "a,b", "c"])
    assert parse_folds("5") == (5, 5) and parse_folds("1/5") == (1, 5) and parse_folds("10/10") == (10, 10)
    for wrong in ("0/5", "6/5", "3", "x", "1"):
        with pytest.raises(UserError):
            parse_folds(wrong)
    assert len(settings_of({"a": list(range(2000))})) == 2000
    with pytest.raises(UserError, match="more than"):
        settings_of({"a": list(range(2001))})
    for draws in (2001, -1):
        with pytest.raises(UserError, match="draws 1 to"):
            settings_of({"a": [1]}, draws)
    assert settings_of({"a": [1]}, 1) == [{"a": 1}] and len(settings_of({"a": [1, 2]}, 5)) == 2


def test_drawn_numbers_lie_in_their_span() -> None:
    dice = random.Random(0)
    whole = [Span(2, 5).draw(dice) for _ in range(60)]
    assert set(whole) == {2, 3, 4, 5} and all(isinstance(value, int) for value in whole)
    mixed = [Span(2, 5.0).draw(dice) for _ in range(60)]
    assert all(isinstance(value, float) and 2 <= value <= 5 for value in mixed) and len(set(mixed)) > 40
    logs = [Span(1e-4, 1.0, True).draw(dice) for _ in range(200)]
    assert all(1e-4 <= value <= 1 for value in logs) and 60 < sum(value < 1e-2 for value in logs) < 140
    counted = [Span(1, 100, True).draw(dice) for _ in range(60)]
    assert all(isinstance(value, int) and 1 <= value <= 100 for value in counted)
    assert isinstance(Span(1, 100.5, True).draw(dice), float)


def test_focus_of_nothing() -> None:
    heat = np.zeros((1, 3, 2, 2))
    heat[0, 0], heat[0, 1, 0, 0] = 1, 4
    np.testing.assert_allclose(entropy(heat), [[1, 0, np.nan]])
    half = np.array([[[4.0, 4.0], [0.0, 0.0]]])
    assert entropy(half)[0] == pytest.approx(0.5)
    mask = np.zeros((3, 2, 2), bool)
    mask[0, 0], mask[1, 0, 0] = True, True
    np.testing.assert_allclose(_share(heat, mask), [[0.5, 1, np.nan]])
    np.testing.assert_allclose(_share(heat[:, ::-1], mask), [[np.nan, 1, np.nan]])
    np.testing.assert_allclose(_mean(np.array([[1.0, np.nan, 3.0], [np.nan] * 3])), [2, np.nan])
    assert _area(np.array([0.0, 0.5, 0.25])) == 0.375 and math.isnan(_area(np.zeros(2)))


def test_settings_are_shown_by_field() -> None:
    assert "a" in shown({"a": 1, "b": 2}) and "b" not in shown({"a": 1, "b": 2}, ["a"])


def test_macro_recall_is_the_mean_over_the_classes_that_are_there() -> None:
    torch.manual_seed(0)
    network = create_model("mini_xception", 4, 1)
    images = torch.randint(0, 256, (30, 1, 48, 48), dtype=torch.uint8)
    targets = torch.arange(30) % 3
    found = measure(network, images, targets, Preprocess(48, 1), Fabric(accelerator="cpu"), sample=torch.arange(30))
    answers = found.logits.float().argmax(1)
    recall = [float((answers[targets == k] == k).float().mean()) for k in range(3)]
    assert found.figures["val_recall"] == pytest.approx([*recall, 0])
    assert found.figures["val_macro_recall"] == pytest.approx(sum(recall) / 3)
