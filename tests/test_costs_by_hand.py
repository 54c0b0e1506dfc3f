"""Costs of layers and measures of faces, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fer_models.complexity import count, layers
from fer_models.errors import UserError
from fer_models.image_quality import Quality, _inside, pixel_measures, quality_of


class Small(nn.Module):
    """A convolution that runs twice, inside a part of its own, a norm, and a linear layer with a frozen weight."""

    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), nn.BatchNorm2d(2))
        self.head = nn.Linear(8, 3)
        self.head.bias.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.part(self.part(x)) @ torch.ones(2, 2, device=x.device)
        return self.head(x.flatten(1))


def test_costs_of_a_network_and_its_layers() -> None:
    model, conv, linear = Small(), 2 * 2 * 9 * 4, 24
    cost = count(model, (2, 2, 2))
    assert (cost.parameters, cost.total) == (38 + 4 + 24, 38 + 4 + 27 + 4)
    assert cost.macs == 2 * conv + linear + 2 * 2 * 2 * 2, "two runs, and a product outside of layers"
    rows = {row.name: row for row in layers(model, (2, 2, 2))}
    assert {name: row.macs for name, row in rows.items() if row.macs} == {"part.0": 2 * conv, "head": linear, "": 16}
    assert rows["part.0"].output_shape == (2, 2, 2) and rows["head"].output_shape == (3,)
    assert {name: row.parameters for name, row in rows.items() if row.parameters} == {
        "part.0": 38,
        "part.1": 4,
        "head": 24,
    }
    assert sum(row.macs for row in rows.values()) == cost.macs
    for wrong in ((2, 2), (2, 2, 2, 2)):
        with pytest.raises(UserError, match="channels, height, width"):
            count(model, wrong)


@pytest.mark.parametrize(("both", "width"), [(False, 5), (True, 10)])
def test_costs_of_a_recurrent_layer(both: bool, width: int) -> None:
    """Seven steps, each with four gates of five units that read three values and five of their own."""

    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 5, batch_first=True, bidirectional=both)

        def forward(self, x: Tensor) -> Tensor:
            return self.lstm(x[:, 0])[0]

    assert count(Reads(), (1, 7, 3)).macs == 7 * 4 * 5 * (3 + 5) * (2 if both else 1)
    assert layers(Reads(), (1, 7, 3))[-1].output_shape == (7, width)


def test_measures_of_pixels() -> None:
    assert pixel_measures(np.full((48, 48), 51, np.uint8)) == (pytest.approx(0.2), pytest.approx(0, abs=1e-6), 0.0)
    halves = np.zeros((48, 48), np.uint8)
    halves[:, 24:] = 255
    brightness, contrast, sharpness = pixel_measures(halves)
    assert (brightness, contrast) == pytest.approx((0.5, 0.5))
    assert sharpness == pytest.approx(2 / 48 / 0.5), "two columns of 48 with an edge of one"
    faint = np.full((48, 48), 100, np.uint8)
    faint[::2] += 1
    assert pixel_measures(faint)[2] == 0, "a contrast of half a level is none"


def test_the_part_of_a_square_inside_the_image() -> None:
    square = np.array([[-10, -10], [10, -10], [10, 10], [-10, 10]])
    assert _inside(square, 100, 100) == pytest.approx(0.25) and _inside(square + 50, 100, 100) == 1
    assert _inside(square + np.array([50, 0]), 100, 100) == pytest.approx(0.5) and _inside(square * 0, 100, 100) == 0
    assert _inside(square + 200, 100, 100) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tilt": 40.4}, "tilted by 40 degrees"), ({"tilt": -45.0}, "tilted by 45 degrees"),
        ({"turned": 90.0}, "turned by 90 degrees in the image"),
        ({"turned": 325.0}, "turned by 35 degrees in the image"),
        ({"inside": 0.5}, "cut off: 50 % lies outside the image"),
        ({"side": 47.4}, "small: 47 pixels, the network takes 48"),
        ({"side": 47.6}, ""), ({"sharpness": 0.0}, ""),
    ],
)  # fmt: skip
def test_doubts_have_numbers(changes: dict[str, float], said: str) -> None:
    good: dict[str, Any] = {
        "brightness": 0.5,
        "contrast": 0.3,
        "sharpness": 1.0,
        "side": 90.0,
        "needed": 48,
        "inside": 1.0,
    }
    assert Quality(**good | changes).doubts == ((said,) if said else ())


@pytest.mark.parametrize(
    ("detector", "alignment", "tilt", "inside"),
    [("haar", "none", 12.0, 0.5), ("haar", "eyes", None, 0.5), ("whole", "none", None, 1.0)],
)
def test_a_face_is_measured_where_it_lies(detector: str, alignment: str, tilt: float | None, inside: float) -> None:
    corners = [(-30.0, 20.0), (30.0, 100.0), (-50.0, 160.0), (-110.0, 80.0)]
    straight = [(-50.0, 0.0), (50.0, 0.0), (50.0, 100.0), (-50.0, 100.0)]
    face: Any = SimpleNamespace(detector=detector, tilt=12.0, angle=3.0)
    crop: Any = SimpleNamespace(pixels=np.zeros((48, 48, 1), np.uint8), corners=straight, alignment=alignment)
    found = quality_of(np.zeros((200, 300, 3), np.uint8), face, crop)
    assert (found.tilt, found.inside, found.side, found.needed, found.turned) == (
        tilt,
        pytest.approx(inside),
        100,
        48,
        3,
    )
    crop.corners = corners
    assert quality_of(np.zeros((200, 300, 3), np.uint8), face, crop).side == 100
