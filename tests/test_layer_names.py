"""Names of layers for people: no dots, no numbers of Python, no two alike."""

from __future__ import annotations

import pytest

from fer_models.layer_names import layer_titles


@pytest.mark.parametrize(
    ("layers", "titles"),
    [
        ([("body.0", "Conv2d"), ("body.1", "ReLU"), ("body.2", "Conv2d")], ["convolution 1", "ReLU", "convolution 2"]),
        ([("body.bn1", "BatchNorm2d"), ("body.norm_after", "BatchNorm2d")], ["batch norm 1", "norm after"]),
        ([("body.gate.channel.relu", "ReLU")], ["channel attention, ReLU"]),
        ([("body.pool", "MaxPool2d"), ("body.mix", "Conv2d")], ["pool", "mix (convolution)"]),
    ],
)
def test_a_layer_says_where_it_is_and_what_it_does(layers: list[tuple[str, str]], titles: list[str]) -> None:
    assert layer_titles(layers) == [f"Body, {title}" for title in titles]


def test_a_network_that_is_one_layer_is_called_by_its_kind() -> None:
    assert layer_titles([("", "GraphModule")]) == ["Graph module"]
