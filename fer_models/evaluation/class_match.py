"""Bring a network's classes and a data set's classes together by name or by a given map, never by position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fer_models import labels
from fer_models.errors import UserError

#: Class of a data set and the network's class that it counts as, ``""`` where its pictures are left out.
LabelMap = tuple[tuple[str, str], ...]


def class_key(name: str) -> str:
    """What two names of one class have in common."""
    return labels.canonical(name) if labels.is_emotion(name) else name.strip().lower()


@dataclass(frozen=True)
class ClassMatch:
    """The classes that network and data set share, in the data set's order.

    Args:
        classes: their names in the data set; the network's name where only a label map brings pictures to a class.
        of_network: int64 (K,), position of each among the network's outputs.
        of_label: int64 (data set's classes,), position among ``classes``, or -1 for a class that is left out.
        notes: sentences on what was left out or counted as another class, for display beside the figures.
        label_map: what of the label map differs from matching by name; empty where nothing does.
    """

    classes: tuple[str, ...]
    of_network: np.ndarray
    of_label: np.ndarray
    notes: tuple[str, ...]
    label_map: LabelMap = ()


def parse_label_map(text: str) -> LabelMap:
    """``"contempt=disgust,neutral="``: contempt of the data set counts as disgust, neutral is left out.

    Raises:
        UserError: If a part has no equals sign or no class before it, or names a class twice.
    """
    pairs = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, counted = (piece.strip() for piece in part.partition("="))
        if not equals or not name:
            raise UserError(
                f"Write a label map as CLASS=CLASS, or CLASS= to leave a class out, separated by commas, not {part!r}."
            )
        pairs.append((name, counted))
    if len({class_key(name) for name, _ in pairs}) < len(pairs):
        raise UserError("The label map names a class of the data set twice; keep one of them.")
    return tuple(pairs)


def match_classes(network: tuple[str, ...], data: tuple[str, ...], label_map: LabelMap = ()) -> ClassMatch:
    """Match class names, synonyms included (:func:`fer_models.labels.canonical`).

    Args:
        label_map: class of the data set and the network's class that it counts as, ``""`` to leave it out; classes
            that it does not name are matched by name. Several classes may count as one.

    Raises:
        UserError: If fewer than two classes are common, or the label map names a class that is not there.
    """
    outputs = {class_key(name): position for position, name in enumerate(network)}
    by_name = [outputs.get(class_key(name), -1) for name in data]
    counts_as = list(by_name)
    for labelled, counted in label_map:
        index = next((k for k, name in enumerate(data) if class_key(name) == class_key(labelled)), None)
        if index is None:
            raise UserError(f"The label map names {labelled!r}, but the data set has {', '.join(data)}.")
        if counted and class_key(counted) not in outputs:
            raise UserError(
                f"The label map counts {labelled} as {counted!r}, but the network knows {', '.join(network)}."
            )
        counts_as[index] = outputs[class_key(counted)] if counted else -1
    used = list(dict.fromkeys(position for position in counts_as if position >= 0))
    if not used:
        raise UserError(
            f"The network knows {', '.join(network)} and the data set has {', '.join(data)}: they have no class in "
            "common; choose another network or data set, or give a label map."
        )
    if len(used) == 1:
        raise UserError(
            f"Network and data set share the class {network[used[0]]} only, so any answer would be right; choose "
            "another network or data set, or give a label map."
        )
    changed = [k for k in range(len(data)) if counts_as[k] != by_name[k]]
    named = {counts_as[k]: data[k] for k in reversed(range(len(data))) if k not in changed}
    return ClassMatch(
        classes=tuple(named.get(position, network[position]) for position in used),
        of_network=np.array(used, np.int64),
        of_label=np.array([used.index(position) if position >= 0 else -1 for position in counts_as], np.int64),
        notes=_notes(network, data, counts_as, by_name),
        label_map=tuple((data[k], network[counts_as[k]] if counts_as[k] >= 0 else "") for k in changed),
    )


def _notes(
    network: tuple[str, ...], data: tuple[str, ...], counts_as: list[int], by_name: list[int]
) -> tuple[str, ...]:
    """What a reader of a figure has to know of the classes."""
    positions = range(len(data))
    lacking = [data[k] for k in positions if counts_as[k] < 0 and by_name[k] < 0]
    dropped = [data[k] for k in positions if counts_as[k] < 0 <= by_name[k]]
    moved = [f"{data[k]} as {network[counts_as[k]]}" for k in positions if 0 <= counts_as[k] != by_name[k]]
    unused = [name for position, name in enumerate(network) if position not in counts_as]
    notes = []
    if moved:
        notes.append(f"By the label map the data set's images count otherwise: {', '.join(moved)}.")
    if dropped:
        notes.append(f"Images of {', '.join(dropped)} are left out by the label map.")
    if lacking:
        notes.append(f"Images of {', '.join(lacking)} are left out: the network has no such class.")
    if unused:
        are = "are not in this data set and were" if len(unused) > 1 else "is not in this data set and was"
        notes.append(f"{', '.join(unused)} {are} left out; the other {len(network) - len(unused)} were rescaled.")
    return tuple(notes)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax along the last axis, float32, without overflow."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True, initial=-np.inf))
    return (shifted / shifted.sum(-1, keepdims=True)).astype(np.float32)


def network_classes(network: tuple[str, ...], data: tuple[str, ...]) -> dict[str, str]:
    """What the network calls each class that it shares with the data set.

    Raises:
        UserError: If no class is common.
    """
    match = match_classes(network, data)
    return {name: network[int(k)] for name, k in zip(match.classes, match.of_network, strict=True)}
