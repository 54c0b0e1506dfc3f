"""Several data sets as one: a union with one list of classes, where a map renames classes or leaves them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fer_models.data.dataset import UNLABELLED, FaceDataset
from fer_models.data.readers.base import split_role
from fer_models.errors import UserError
from fer_models.labels import canonical, is_emotion, order
from fer_models.preprocess import Preprocess

#: Between the names of joined sets, and before the map of their classes.
PLUS, MAP = " + ", " | "
_SPLITS = ("train", "val", "test")


def joined_name(sets: Sequence[str], class_map: Mapping[str, str] | None = None) -> str:
    """The name that opens several sets as one.

    Args:
        sets: Names or paths.
        class_map: Class to another class, or to an empty word, which leaves its images out.

    Example:
        >>> joined_name(["fer2013", "ckplus"], {"contempt": ""})
        'fer2013 + ckplus | contempt='
    """
    pairs = ",".join(f"{old}={new}" for old, new in (class_map or {}).items())
    return PLUS.join(sets) + (f"{MAP}{pairs}" if pairs else "")


def with_joined_data(values: Any) -> Any:
    """A recipe as JSON in which a list of sets and a map of classes are the one name that opens them.

    Raises:
        UserError: If they are no names.

    Example:
        >>> with_joined_data({"data": ["fer2013", "ckplus"], "class_map": {"contempt": ""}})
        {'data': 'fer2013 + ckplus | contempt='}
    """
    if not isinstance(values, dict) or not (isinstance(values.get("data"), list) or "class_map" in values):
        return values
    class_map, data = values.get("class_map") or {}, values.get("data", "")
    sets = data if isinstance(data, list) else [data]
    words = [*sets, *class_map, *class_map.values()] if isinstance(class_map, dict) else [None]
    if not all(isinstance(word, str) for word in words) or not all(sets):
        raise UserError("Recipe: data is a name or a list of names, and class_map an object of class names.")
    rest = {name: value for name, value in values.items() if name != "class_map"}
    return {**rest, "data": joined_name(sets, class_map)}


def parse_joined(name: str) -> tuple[list[str], dict[str, str]] | None:
    """Names of the sets and the map of the classes, or ``None`` where the name is of a single set without a map.

    Raises:
        UserError: If a set has no name, or a part of the map is not ``class=other``.
    """
    sources, bar, pairs = f"{name} ".partition(MAP)
    sets = [part.strip() for part in sources.split(PLUS)]
    if len(sets) == 1 and not bar:
        return None
    if not all(sets):
        raise UserError(f"{name!r} joins sets without a name; write them as in 'fer2013 + ckplus'.")
    class_map = {}
    for pair in (part.strip() for part in pairs.split(",") if part.strip()):
        old, equals, new = pair.partition("=")
        if not equals or not old.strip():
            raise UserError(f"{pair!r} is not a class mapping; write class=other, or class= to leave its images out.")
        class_map[old.strip()] = new.strip()
    return sets, class_map


def join(sets: Sequence[FaceDataset], class_map: Mapping[str, str] | None = None) -> FaceDataset:
    """One data set of all images, in the order of the sets.

    Images get the size and channels of the first set. Parts are called train, val and test, by the usual names of the
    sets' own; a set without parts trains. Subjects carry their set's name, so that no two sets share a person. Votes
    are left out. Columns ``set`` and ``set_row`` say where an image is from.

    Args:
        sets: The sets.
        class_map: Class to another class or to an empty word; names are taken in any known spelling.

    Raises:
        UserError: If a class of the map is in none of the sets, or no image is left.

    Example:
        >>> from fer_models.data import open_dataset
        >>> both = join([open_dataset(f"synthetic:count=28,seed={s}") for s in (0, 1)], {"happy": ""})
        >>> "happy" in both.classes, sorted(set(both.columns["set"].tolist()))
        (False, ['synthetic', 'synthetic-2'])
    """
    renamed = {_plain(old): _plain(new) for old, new in (class_map or {}).items()}
    there = {_plain(name) for each in sets for name in each.classes}
    if missing := set(renamed) - there:
        words = ", ".join(sorted(missing))
        raise UserError(f"No joined set has the class {words}; they have {', '.join(order(there))}.")
    classes = order({renamed.get(name, name) for name in there} - {""})
    if len(classes) < 2:
        raise UserError("Fewer than two classes are left; leave fewer of them out.")
    names = _names(sets)
    first = Preprocess(sets[0].size, sets[0].channels)
    parts = [_part(each, name, classes, renamed) for each, name in zip(sets, names, strict=True)]
    images = np.concatenate([_images(each, kept, first) for each, (kept, _, _, _) in zip(sets, parts, strict=True)])
    if not len(images):
        raise UserError("No image is left; leave fewer classes out.")
    roles = np.concatenate([role for _, _, role, _ in parts])
    used = [number for number in range(len(_SPLITS)) if number == 0 or (roles == number).any()]
    subjects = np.concatenate([people for _, _, _, people in parts])
    return FaceDataset(
        name="+".join(each.name for each in sets),
        images=images,
        labels=np.concatenate([labels for _, labels, _, _ in parts]),
        classes=classes,
        split=np.searchsorted(used, roles).astype(np.int8),
        split_names=tuple(_SPLITS[number] for number in used),
        rows=np.arange(len(images)),
        source=" and ".join(each.source for each in sets),
        subjects=subjects if (subjects != "").any() else None,
        columns={
            "set": np.repeat(np.asarray(names), [len(kept) for kept, _, _, _ in parts]),
            "set_row": np.concatenate([each.rows[kept] for each, (kept, _, _, _) in zip(sets, parts, strict=True)]),
        },
        notes=tuple(f"{each.name}: {note}" for each in sets for note in each.notes),
    )


def _plain(name: str) -> str:
    return canonical(name) if is_emotion(name) else name


def _names(sets: Sequence[FaceDataset]) -> list[str]:
    """A name for each set; the second of the same name gets a number."""
    names: list[str] = []
    for number, each in enumerate(sets):
        count = sum(other.name == each.name for other in sets[:number])
        names.append(each.name if not count else f"{each.name}-{count + 1}")
    return names


def _part(
    dataset: FaceDataset, name: str, classes: tuple[str, ...], renamed: Mapping[str, str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Positions that stay, and their labels, parts and subjects in the union."""
    targets = [renamed.get(_plain(old), _plain(old)) for old in dataset.classes]
    number = np.asarray([classes.index(new) if new else UNLABELLED - 1 for new in targets], np.int64)
    labels = np.where(dataset.labels >= 0, number[dataset.labels], UNLABELLED)
    kept = np.flatnonzero(labels >= UNLABELLED)
    known = [split_role(part) if len(dataset.split_names) > 1 else 0 for part in dataset.split_names]
    roles = np.asarray([role if role < len(_SPLITS) else 0 for role in known], np.int64)[dataset.split[kept]]
    people = [""] * len(kept)
    if dataset.subjects is not None:
        people = [f"{name}/{subject}" if subject else "" for subject in dataset.subjects[kept].tolist()]
    return kept, labels[kept], roles, np.asarray(people, dtype=str)


def _images(dataset: FaceDataset, kept: np.ndarray, preprocess: Preprocess) -> np.ndarray:
    shape = (preprocess.size, preprocess.size, preprocess.channels)
    if dataset.images.shape[1:] == shape:
        return np.asarray(dataset.images[kept])
    resized = np.empty((len(kept), *shape), np.uint8)
    for i, position in enumerate(kept):
        resized[i] = preprocess.stored(dataset.images[position])
    return resized
