"""Every architecture and every trained network in one list, with counted costs and measured accuracy."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from fer_models.architectures import ARCHITECTURES, create_model, network_title
from fer_models.checkpoint import Checkpoint
from fer_models.complexity import Complexity, LayerRow, count_new, layers
from fer_models.errors import UserError
from workbench.app import inventory, wording
from workbench.app.wording import figure

#: Choices of the input: title, and channels and side in pixels, or ``None`` for the input of each paper.
INPUTS: dict[str, tuple[str, tuple[int, int] | None]] = {
    "48": ("48 x 48, grey (FER2013)", (1, 48)),
    "64": ("64 x 64, grey", (1, 64)),
    "100": ("100 x 100, RGB", (3, 100)),
    "224": ("224 x 224, RGB", (3, 224)),
    "paper": ("as in each paper", None),
}


@dataclass(frozen=True)
class Entry:
    """One row: a network as published, one of its variants, or a trained network (with ``checkpoint``).

    Args:
        key: Name in an address.
        network: Name of the architecture.
        title: Title of the architecture.
        variant: Empty for the defaults; the name of the checkpoint for a trained network.
        options: Options of the architecture.
        channels: Input channels.
        size: Side of the square input in pixels.
        cost: Of one image; ``None`` if the network does not take that size, as ``problem`` says.
        file: Bytes of the weights; in float32 if the network is not trained.
        problem: Why there is no cost.
        checkpoint: Of a trained network.
    """

    key: str
    network: str
    title: str
    variant: str
    options: dict[str, Any] = field(hash=False)
    channels: int
    size: int
    cost: Complexity | None
    file: int
    problem: str = ""
    checkpoint: Checkpoint | None = field(default=None, hash=False)

    @property
    def name(self) -> str:
        """Title and variant, for a list."""
        return f"{self.title} · {self.variant}" if self.variant else self.title

    @property
    def default(self) -> bool:
        """Whether it is the network as published."""
        return not self.variant

    @property
    def accuracy(self) -> dict[str, Any] | None:
        """Its accuracy with interval, n, data and split; ``None`` if it was not measured."""
        return None if self.checkpoint is None else self.checkpoint.accuracy()

    @property
    def figure(self) -> str:
        """The accuracy as a sentence; empty for a network that is not trained."""
        return "" if self.checkpoint is None else figure(self.accuracy)


def entries(input_key: str, *, variants: bool = True) -> list[Entry]:
    """The trained networks as they are listed, each at its own input, then every architecture and its variants.

    Args:
        input_key: Key of :data:`INPUTS`, for architectures without weights.
        variants: Whether variants are listed.
    """
    trained_entries = []
    for trained in inventory.usable(inventory.trained_networks()).values():
        checkpoint = trained.checkpoint
        assert checkpoint is not None
        trained_entries.append(_trained(trained.name, checkpoint))
    return [*trained_entries, *untrained(input_key, variants)]


@functools.cache
def untrained(input_key: str, variants: bool = True) -> tuple[Entry, ...]:
    """Every architecture and its variants at that input; takes a second or two the first time."""
    channels_and_size = INPUTS[input_key][1]
    rows = []
    for name, network in ARCHITECTURES.items():
        for variant, options in {"": {}, **(network.variants if variants else {})}.items():
            native = network.variant_inputs.get(variant, network.native_input)
            channels, size = channels_and_size or (native[0], native[1])
            cost, problem = _cost(name, json.dumps(options), channels, size)
            key = f"{name} {variant}".strip()
            file = 4 * cost.total if cost else 0
            rows.append(Entry(key, name, network.title, variant, options, channels, size, cost, file, problem))
    return tuple(rows)


def layer_rows(entry: Entry) -> list[LayerRow]:
    """The layers of an entry in execution order.

    Raises:
        UserError: If it does not take images of that size.
    """
    return list(_layers(entry.network, json.dumps(entry.options), entry.channels, entry.size))


def attention_share(rows: Sequence[LayerRow]) -> str:
    """The share of attention modules in a network, in one sentence."""
    marked = [row for row in rows if row.attention]
    if not marked:
        return "No attention module."
    parameters = sum(row.parameters for row in marked) / max(1, sum(row.parameters for row in rows))
    macs = sum(row.macs for row in marked) / max(1, sum(row.macs for row in rows))
    return (
        f"Attention: {len(marked)} of {len(rows)} layers, {_share(parameters)} of the parameters, {_share(macs)} of "
        "the multiply-accumulates."
    )


def source(entry: Entry) -> str:
    """Paper of an entry's network and who chose its default sizes, in two sentences."""
    if entry.network not in ARCHITECTURES:
        return ""
    network = ARCHITECTURES[entry.network]
    origin = network.size_origin
    return f"Source: {network.paper.rstrip('.')}. Default sizes ({origin.source}): {origin.where}."


def measured_on(metric: dict[str, Any]) -> str:
    """Data set and split of a figure; only figures of the same split can be compared."""
    return wording.measured_on(metric) or "unknown data"


def _trained(name: str, checkpoint: Checkpoint) -> Entry:
    network = checkpoint.network
    title = network_title(network, checkpoint.options)
    channels, size = checkpoint.in_channels, checkpoint.preprocess.size
    cost, problem = _cost(network, json.dumps(checkpoint.options), channels, size, len(checkpoint.classes))
    return Entry(
        f"trained {name}",
        network,
        title,
        name,
        checkpoint.options,
        channels,
        size,
        cost,
        checkpoint.size,
        problem,
        checkpoint,
    )


@functools.lru_cache(1024)
def _cost(
    network: str, options: str, channels: int, size: int, classes: int = 7
) -> tuple[Complexity, str] | tuple[None, str]:
    try:
        with torch.device("meta"):
            return count_new(network, classes, (channels, size, size), **json.loads(options)), ""
    except UserError as error:
        return None, str(error)


@functools.lru_cache(64)
def _layers(network: str, options: str, channels: int, size: int) -> tuple[LayerRow, ...]:
    with torch.device("meta"):
        model = create_model(network, in_channels=channels, **json.loads(options))
    return tuple(layers(model, (channels, size, size)))


def _share(part: float) -> str:
    return f"{100 * part:.1f} %"
