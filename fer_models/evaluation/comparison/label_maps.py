"""Label maps: which class of a data set counts as which class of a network, in words and as choices."""

from __future__ import annotations

from collections.abc import Sequence

from fer_models.checkpoint import Checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.evaluation.class_match import LabelMap, match_classes


def label_lines(network: tuple[str, ...], data: tuple[str, ...], label_map: LabelMap) -> list[tuple[str, str, str]]:
    """Data set's class, the network's class that it counts as, and ``"by hand"``; a dash where the other side has none.

    Raises:
        UserError: If no class is common.
    """
    match = match_classes(network, data, label_map)
    by_hand = dict(match.label_map)
    counted = [network[int(match.of_network[k])] if k >= 0 else "–" for k in match.of_label]
    lines = [
        (labelled, other, "by hand" if labelled in by_hand else "")
        for labelled, other in zip(data, counted, strict=True)
    ]
    return lines + [("–", name, "") for name in network if name not in counted]


def map_words(label_map: LabelMap) -> str:
    """``contempt as disgust, neutral left out``."""
    return ", ".join(f"{name} as {counted}" if counted else f"{name} left out" for name, counted in label_map)


def map_text(label_map: Sequence[tuple[str, str]]) -> str:
    """As ``fer evaluate --map`` takes it."""
    return ",".join(f"{name}={counted}" for name, counted in label_map)


def map_choices(networks: Sequence[Checkpoint], dataset: FaceDataset) -> list[tuple[str, str, list[str]]]:
    """Each of the data set's classes, what it counts as by name (``""`` for nothing), and all that it can count as."""
    outputs = list(dict.fromkeys(name for network in networks for name in network.classes))
    by_name = {
        labelled: other for labelled, other, _ in label_lines(tuple(outputs), dataset.classes, ()) if labelled != "–"
    }
    return [
        (labelled, "" if by_name[labelled] == "–" else by_name[labelled], [*outputs, ""])
        for labelled in dataset.classes
    ]
