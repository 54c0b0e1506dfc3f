"""Splits: which pictures train a network, which choose it, and which measure it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.duplicates import Duplicates, exact_duplicates
from fer_models.data.protocols import PROTOCOLS
from fer_models.data.readers.base import split_role
from fer_models.errors import UserError

#: Part of the training pictures that validates where nothing else is said: 80/20, as the papers do.
VAL_FRACTION = 0.2


@dataclass(frozen=True)
class Split:
    """Positions of the pictures that train, validate and test; every array int64, sorted, without common elements.

    Only labelled pictures are in a split. ``name`` says protocol and fold, for people.
    """

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray
    name: str
    protocol: str
    seed: int
    fold: int = 0

    @property
    def measured(self) -> np.ndarray:
        """Positions on which a result is reported: the test part, or validation where there is no test part."""
        return self.test if len(self.test) else self.val

    def to_json(self, dataset: FaceDataset) -> dict[str, Any]:
        """The split as row ids of the source, which stay valid when the data set is read again."""
        parts = {part: dataset.rows[getattr(self, part)].tolist() for part in ("train", "val", "test")}
        return {"name": self.name, "protocol": self.protocol, "seed": self.seed, "fold": self.fold, **parts}

    @classmethod
    def from_json(cls, values: dict[str, Any], dataset: FaceDataset) -> Split:
        """The split of :meth:`to_json` for the same data set.

        Raises:
            UserError: If a field is missing or the data set lacks some of the rows.
        """
        order = np.argsort(dataset.rows, kind="stable")
        sorted_rows = dataset.rows[order]
        parts = {}
        try:
            for part in ("train", "val", "test"):
                rows = np.asarray(values[part], np.int64).reshape(-1)
                at = np.searchsorted(sorted_rows, rows).clip(max=max(len(order) - 1, 0))
                missing = rows[sorted_rows[at] != rows] if len(order) else rows
                if len(missing):
                    raise UserError(
                        f"{dataset.name} has no row {missing[0]} of the saved split; is it the same data set?"
                    )
                parts[part] = np.sort(order[at]).astype(np.int64)
            name, protocol = str(values["name"]), str(values["protocol"])
            return cls(**parts, name=name, protocol=protocol, seed=int(values["seed"]), fold=int(values.get("fold", 0)))
        except (KeyError, TypeError) as error:
            raise UserError(f"The saved split is damaged: {error} is missing or of another kind.") from None

    def crossing(self, dataset: FaceDataset, duplicates: Duplicates | None = None) -> Crossing:
        """What crosses from training into validation and test; near copies only with the set's ``duplicates``."""
        copies = exact_duplicates(dataset.images) if duplicates is None else duplicates
        held_out = np.concatenate([self.val, self.test])
        source = np.zeros(len(dataset), bool)
        source[self.train] = True
        exact = held_out[copies.exact_copy_in(source)[held_out]]
        near = held_out[copies.near_copy_in(source, mirrored=True)[held_out]]
        subjects: tuple[str, ...] | None = None
        if dataset.subjects is not None:
            shared = set(dataset.subjects[self.train].tolist()) & set(dataset.subjects[held_out].tolist())
            subjects = tuple(sorted(shared - {""}))
        return Crossing(subjects, np.sort(exact), np.sort(near) if duplicates is not None else None)

    def without_leaks(self, duplicates: Duplicates) -> Split:
        """The split without those training pictures that have an exact, near or mirrored copy in validation or test."""
        held_out = np.zeros(len(duplicates.first), bool)
        held_out[self.val] = held_out[self.test] = True
        train = self.train[~duplicates.near_copy_in(held_out, mirrored=True)[self.train]]
        return dataclasses.replace(self, train=train, name=f"{self.name}, without leaks")


@dataclass(frozen=True)
class Crossing:
    """What is both in training and in the held-out parts (validation and test) of a split.

    Args:
        subjects: names of subjects in both; ``None`` where the data set has no subject names.
        exact: held-out positions with a byte-identical picture in training.
        near: held-out positions with an identical or near copy in training; ``None`` if they were not looked for.
    """

    subjects: tuple[str, ...] | None
    exact: np.ndarray
    near: np.ndarray | None

    @property
    def clean(self) -> bool:
        """Whether nothing that was looked for crosses."""
        return not (self.subjects or len(self.exact) or (self.near is not None and len(self.near)))


def make_split(
    dataset: FaceDataset,
    protocol: str = "official",
    *,
    fold: int = 0,
    seed: int = 0,
    val_fraction: float | None = None,
    exclude_rows: Collection[int] = (),
) -> Split:
    """Divide a data set; the same arguments give the same split.

    Args:
        dataset: the data set; its unlabelled pictures are in no part.
        protocol: a key of :data:`PROTOCOLS`.
        fold: which fold is the test part, from 0.
        seed: seed of the folds and of the validation part.
        val_fraction: part of the training pictures that validates where the protocol takes one; default 0.2.
        exclude_rows: row ids (``dataset.rows``) to leave out of training, for instance copies of held-out pictures.

    Raises:
        UserError: If the protocol is unknown or does not fit the data set.

    Example:
        >>> from fer_models.data import open_dataset
        >>> data = open_dataset("synthetic:count=70,seed=0")
        >>> split = make_split(data, "folds-5", fold=0, seed=1)
        >>> len(split.train) + len(split.val) + len(split.test)
        70
    """
    if protocol not in PROTOCOLS:
        raise UserError(f"There is no split protocol {protocol!r}; choose one of: {', '.join(PROTOCOLS)}.")
    rule = PROTOCOLS[protocol]
    fraction = VAL_FRACTION if val_fraction is None else val_fraction
    if not 0 < fraction < 1:
        raise UserError(f"The validation share must lie between 0 and 1, not {fraction}.")
    if not 0 <= fold < rule.folds:
        raise UserError(f"Protocol {protocol!r} has the folds 0 to {rule.folds - 1}, not {fold}.")
    if rule.by_subject and dataset.people is None:
        raise UserError(
            f"{dataset.name} does not say which images show the same person, so it cannot be split by subject."
        )
    labelled = np.flatnonzero(dataset.labels >= 0)
    if not len(labelled):
        raise UserError(f"{dataset.name} has no labelled images to divide.")
    if protocol.startswith("official"):
        train, val, test = _official(dataset, fraction, seed, holdout=protocol == "official-holdout")
    else:
        kind = "by subject" if rule.by_subject else "images"
        if rule.folds == 1:
            rest, test = _part(dataset, labelled, 0.1, seed, kind)
            train, val = _part(dataset, rest, 2 / 9, seed + 1, kind)
        else:
            test = _fold(dataset, labelled, rule.folds, fold, seed=seed, kind=kind)
            train, val = _part(dataset, np.setdiff1d(labelled, test), fraction, seed + 1, kind)
    if len(exclude_rows):
        train = train[~np.isin(dataset.rows[train], np.asarray(list(exclude_rows), np.int64))]
    if not len(train):
        raise UserError(f"Protocol {protocol!r} leaves no images of {dataset.name} for training.")
    name = rule.title + (f", fold {fold + 1} of {rule.folds}" if rule.folds > 1 else "")
    return Split(np.sort(train), np.sort(val), np.sort(test), name, protocol, seed, fold)


def _official(
    dataset: FaceDataset, fraction: float, seed: int, *, holdout: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    roles = np.asarray([split_role(name) if i else 0 for i, name in enumerate(dataset.split_names)], np.int64)
    role = np.where(dataset.labels >= 0, roles[dataset.split], -1)
    train, val, test = (np.flatnonzero(role == number) for number in (0, 1, 2))
    if not len(train):
        raise UserError(f"{dataset.name} has no labelled images in {dataset.split_names[0]}; choose another protocol.")
    if len(val) and not holdout:
        return train, val, test
    kind = "by subject" if dataset.people is not None else "images"
    rest, part = _part(dataset, train, fraction, seed, kind)
    return rest, part, np.concatenate([val, test])


def _part(
    dataset: FaceDataset, positions: np.ndarray, fraction: float, seed: int, kind: str
) -> tuple[np.ndarray, np.ndarray]:
    """Positions without and with a stratified part of about ``fraction``."""
    if kind == "by subject":
        assert dataset.people is not None
        subjects = len(np.unique(dataset.people[positions]))
        if subjects < 2:
            raise UserError(
                f"{dataset.name} has too few subjects there for a validation part; choose another protocol."
            )
        folds = min(max(2, round(1 / fraction)), subjects) if fraction <= 0.5 else max(2, round(1 / (1 - fraction)))
        part = _fold(dataset, positions, min(folds, subjects), 0, seed=seed, kind=kind)
        part = part if fraction <= 0.5 else np.setdiff1d(positions, part)
    else:
        from sklearn.model_selection import train_test_split

        labels = dataset.labels[positions]
        count = max(1, round(len(positions) * fraction))
        # A class with one picture, or more classes than pictures held out, cannot be stratified.
        few = np.bincount(labels)[labels].min() < 2 or count < len(np.unique(labels))
        if len(positions) < 2:
            raise UserError(f"{dataset.name} has too few images for a validation part; choose another protocol.")
        part = train_test_split(
            positions, test_size=count, random_state=seed, stratify=None if few else labels, shuffle=True
        )[1]
    return np.setdiff1d(positions, part), np.sort(part)


def _fold(dataset: FaceDataset, positions: np.ndarray, folds: int, fold: int, *, seed: int, kind: str) -> np.ndarray:
    """Positions of one stratified fold."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    labels = dataset.labels[positions]
    if kind == "by subject":
        assert dataset.people is not None
        groups = dataset.people[positions]
        if len(np.unique(groups)) < folds:
            raise UserError(f"{dataset.name} has {len(np.unique(groups))} subjects, too few for {folds} folds.")
    else:
        groups = None
        if len(positions) < folds:
            raise UserError(f"{dataset.name} has {len(positions)} images, too few for {folds} folds.")
    splitter: Any = (StratifiedKFold if groups is None else StratifiedGroupKFold)(
        folds, shuffle=True, random_state=seed
    )
    try:
        parts = list(splitter.split(np.zeros(len(positions)), labels, groups))
    except ValueError:
        raise UserError(
            f"{dataset.name}: each class has fewer than {folds} images or subjects, too few for {folds} folds."
        ) from None
    return positions[parts[fold][1]]


def part_name(dataset: FaceDataset, split: Split, index: np.ndarray, role: str) -> str:
    """Name of a part of a split: the data set's own split name where the part is the whole split."""
    for number, name in enumerate(dataset.split_names):
        whole = np.flatnonzero((dataset.split == number) & (dataset.labels >= 0))
        if np.array_equal(whole, index):
            return name
    return f"{role} part ({split.name}, seed {split.seed})"


def without_leaks(part: str) -> str:
    """Name of a part without the pictures that have a copy in training."""
    return f"{part} without images that leak"
