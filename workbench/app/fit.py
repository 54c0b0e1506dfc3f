"""Which trained network suits which images: the default of every page, and what its figure says of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping

from fer_models import labels
from fer_models.complexity import count_new
from fer_models.data import READERS
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.data.leaks.units import people_in
from fer_models.errors import UserError
from fer_models.evaluation.intervals import share_estimate
from fer_models.evaluation.shipped import read_shipped
from fer_models.evaluation.shipped.file import UNITS
from workbench.app import inventory, shipped
from workbench.app.inventory import TrainedNetwork
from workbench.app.wording import data_title
from workbench.app.wording import figure as words

#: Multiply-adds of one face up to which a network answers while somebody waits, see :func:`answering`.
QUICK_MACS = 150e6
NOT_MEASURED = "Not measured on this data"


def ordered(
    networks: Mapping[str, TrainedNetwork], data: str | None, keep: Collection[str] = (), *, runs: bool = False
) -> list[TrainedNetwork]:
    """Usable networks, the one that fits best first, then in groups by training data.

    Where the images are missing, networks that bring predictions for them come first. Networks trained on the data come
    next; where there are none, those that were measured on it; else those trained
    on images of the same kind (photographs or drawings) that know most of its classes.

    Args:
        networks: By name.
        data: Name of the data set that the network shall read; ``None`` for photographs that belong to none.
        keep: Names of networks that are listed even if another fold of their study is.
        runs: Whether the page runs the network; it then opens with a single one, since an ensemble takes the time of
            all its members.

    Example:
        >>> ordered({}, "fer2013")
        []
    """
    key = "" if data is None else inventory.data_key(data)
    classes = set(_classes(key))
    brought = shipped.networks(data) if data is not None else frozenset()

    def unfit(network: TrainedNetwork) -> tuple[bool, bool, bool, int, bool, bool]:
        assert network.checkpoint is not None
        missing = len(classes - set(network.checkpoint.classes))
        other_kind = (network.trained_on == BUILT_IN) != (key == BUILT_IN)
        measured = _row(network, key) is not None
        lacking = bool(brought) and network.name not in brought
        slow = runs and network.checkpoint.network == "ensemble"
        return lacking, bool(key) and network.trained_on != key, other_kind, missing, bool(key) and not measured, slow

    grouped = [network for group in inventory.groups(networks.values(), key) for network in group.networks]
    return inventory.without_folds(sorted(grouped, key=unfit), keep)


def answering(networks: Mapping[str, TrainedNetwork], data: str | None) -> TrainedNetwork | None:
    """The network that answers while somebody waits: the first of :func:`ordered` that is quick enough.

    A quick verdict runs a network 110 to 220 times. At :data:`QUICK_MACS` that takes about half a second on one core;
    where no network is as quick, the first one answers.

    Args:
        networks: By name.
        data: Name of the data set that the network shall read; ``None`` for photographs that belong to none.

    Example:
        >>> answering({}, None) is None
        True
    """
    fitting = ordered(networks, data, runs=True)
    if not fitting:
        return None
    group = [network for network in fitting if bool(misfit(network, data)) == bool(misfit(fitting[0], data))]
    return next((network for network in group if _macs(network) <= QUICK_MACS), fitting[0])


def _macs(network: TrainedNetwork) -> float:
    """Multiply-adds of one face; infinite where they cannot be counted."""
    checkpoint = network.checkpoint
    assert checkpoint is not None
    options = json.dumps(checkpoint.options, sort_keys=True)
    channels, size = checkpoint.in_channels, checkpoint.preprocess.size
    return _counted_macs(checkpoint.network, options, len(checkpoint.classes), channels, size)


@functools.lru_cache(256)
def _counted_macs(network: str, options: str, classes: int, channels: int, size: int) -> float:
    try:
        macs = count_new(network, classes, (channels, size, size), **json.loads(options)).macs
        return float(macs) or float("inf")  # 0: an ONNX file hides its layers
    except UserError:
        return float("inf")


def figure(network: TrainedNetwork, data: str, split: str | None = None, count: int | None = None) -> str:
    """The network's accuracy on a data set in one line, or that it was not measured there.

    Args:
        network: A usable one.
        data: Name of the data set.
        split: One of its splits; ``None`` for the one that was held out.
        count: Number of images in that split: a figure of another number is one of other images.
    """
    row = _row(network, inventory.data_key(data), split, count)
    return NOT_MEASURED if row is None else words(row)


def misfit(network: TrainedNetwork, data: str | None) -> str:
    """A sentence where the network was trained on other images than those of ``data``, else ``""``.

    Args:
        network: A usable one.
        data: Name of the data set; ``None`` for photographs that belong to none.
    """
    trained = network.trained_on
    if data is None:
        return f"{network.name} was trained on drawn faces, not on photographs." if trained == BUILT_IN else ""
    key = inventory.data_key(data)
    if trained == key:
        return ""
    if not trained:
        return f"It is not recorded which images {network.name} was trained on."
    return f"{network.name} was trained on other images: {data_title(trained)}, not {data_title(key)}."


def _row(
    network: TrainedNetwork, key: str, split: str | None = None, count: int | None = None
) -> dict[str, object] | None:
    """The row of the network's accuracy on that data, the held-out part first; else that of its predictions."""
    assert network.checkpoint is not None
    for row in network.checkpoint.figures("accuracy"):
        data = str(row.get("data", ""))
        if data in READERS and READERS[data].general:  # rows name only the layout
            data = network.trained_on
        if data == key and split in (None, row.get("split")) and count in (None, row.get("n")):
            return row
    brought = read_shipped(network.checkpoint)
    if brought is None or (brought.data, brought.split) != (key, split) or count not in (None, len(brought.rows)):
        return None
    origin = {"data": key, "split": split, "selection": network.checkpoint.selection}
    groups: dict[str, object] = {UNITS[brought.units.photographs]: people_in(brought.units.of)}
    accuracy = share_estimate(brought.right, brought.units.of)
    return {"metric": "accuracy", **accuracy.to_json(), "n": len(brought.rows), **groups, **origin}


def _classes(key: str) -> tuple[str, ...]:
    """Classes of a data set by its key; empty where they stand in its files only."""
    if key == BUILT_IN:
        return labels.FER7
    return READERS[key].info.classes if key in READERS else ()
