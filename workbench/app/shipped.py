"""Data sets that are not on this computer, but for which trained networks bring predictions."""

from __future__ import annotations

from fer_models.data import READERS, FaceDataset
from fer_models.evaluation.shipped import ShippedPredictions, read_shipped, without_images
from workbench import once
from workbench.app import datasets, inventory
from workbench.app.inventory import DataSet


def data_sets() -> list[DataSet]:
    """Those data sets, by title."""
    infos = {name: READERS[name].info for name in _by_data()}
    sets = [DataSet(name, info.title, info.where, info.terms) for name, info in infos.items()]
    return sorted(sets, key=lambda item: item.title)


def open_data_set(name: str) -> FaceDataset | None:
    """The measured splits of such a data set, without its images; ``None`` if there is none of that name."""
    shipped = _by_data().get(name)
    return None if shipped is None else without_images(list(shipped.values()))


def networks(name: str) -> frozenset[str]:
    """Names of the networks that bring predictions for such a data set."""
    return frozenset(_by_data().get(name, {}))


@once.once
def _by_data() -> dict[str, dict[str, ShippedPredictions]]:
    """Predictions by data set and network, those of the best network first."""
    here = {key for entry in datasets.known() for key in (entry.name, entry.reader.split(":")[0])}
    found: dict[str, dict[str, ShippedPredictions]] = {}
    for network in inventory.usable(inventory.trained_networks()).values():
        shipped = None if network.checkpoint is None else read_shipped(network.checkpoint)
        if shipped is not None and shipped.data in READERS and shipped.data not in here:
            found.setdefault(shipped.data, {})[network.name] = shipped
    return found
