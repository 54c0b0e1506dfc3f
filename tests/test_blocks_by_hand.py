"""Which modules of a network become one block, and what a block is called, by hand."""

from __future__ import annotations

import pytest
from torch import nn

from fer_models.blocks import MOST_BLOCKS, MOST_PARTS, _child_before, _kind, _parts


def convs(count: int) -> nn.Sequential:
    return nn.Sequential(*(nn.Conv2d(1, 1, 1) for _ in range(count)))


def pairs(count: int) -> nn.Sequential:
    return nn.Sequential(*(nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1)) for _ in range(count)))


def names(module: nn.Module, name: str = "") -> list[str]:
    return [part for part, _ in _parts(module, name)]


def test_lists_of_parts_are_divided_up_to_a_number() -> None:
    net = nn.Module()
    net.body, net.head = pairs(2), nn.Linear(1, 1)
    assert names(net) == ["body.0", "body.1", "head"]
    net.body = pairs(1)
    assert names(net) == ["body", "head"], "one part alone is its list"
    net.body = convs(3)
    assert names(net) == ["body", "head"], "layers are no parts"
    for count in (MOST_BLOCKS, MOST_BLOCKS + 1):
        assert names(pairs(count), "body") == [f"body.{i}" for i in range(count)]
    inner = nn.Sequential(pairs(2), pairs(2))
    assert names(inner, "body") == ["body.0", "body.1"], "a list within a list is one block"
    assert names(nn.Module()) == [""] and names(nn.Sequential(nn.Sequential(), nn.Sequential()), "a") == ["a"]
    assert MOST_PARTS < MOST_BLOCKS


def test_the_module_before_another_one() -> None:
    net = nn.Module()
    net.body = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1))
    net.head = nn.Linear(1, 1)
    assert _child_before(net, "body.2") == "body.1" and _child_before(net, "body.1") == "body.0"
    assert _child_before(net, "body.0") == "" == _child_before(net, "body") and _child_before(net, "head") == "body"


@pytest.mark.parametrize(
    ("module", "kind"),
    [
        (convs(1), "1 convolution"),
        (convs(2), "2 convolutions"),
        (nn.Sequential(nn.Conv2d(1, 1, 1), nn.MaxPool2d(2)), "1 convolution + pool"),
        (nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1)), "2 linear"),
        (nn.Sequential(nn.Linear(1, 1)), "1 linear"),
        (pairs(2), "4 convolutions"),
        (nn.Sequential(nn.LSTM(1, 1), nn.LSTM(1, 1)), "2 x "),
        (nn.Sequential(nn.BatchNorm2d(1), nn.ReLU()), "norm, activation"),
    ],
)
def test_a_block_is_called_by_what_is_in_it(module: nn.Module, kind: str) -> None:
    assert _kind(module).startswith(kind) and (_kind(module) == kind or kind == "2 x ")
