"""The audit: faults of a data set and its split, before a network is trained on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_models.data.dataset import FaceDataset
from fer_models.data.leaks.cache import duplicates_of
from fer_models.data.leaks.duplicates import Duplicates
from fer_models.data.leaks.nearest import NearestResult, nearest_under
from fer_models.data.protocols import PROTOCOLS
from fer_models.data.splits import Crossing, Split, make_split
from fer_models.progress import Progress, silent

#: Standard deviation of the grey levels (0 to 255) below which a picture is called low in contrast.
LOW_CONTRAST = 8.0
_CHUNK = 1024


@dataclass(frozen=True)
class Leak:
    """Positions of a split's pictures that have a copy in the training split; constant pictures never count.

    ``near`` holds the exact ones too; ``mirrored`` those that have only a mirrored near copy.
    """

    exact: np.ndarray
    near: np.ndarray
    mirrored: np.ndarray


@dataclass(frozen=True)
class AuditReport:
    """Result of an audit; positions are those of the data set, int64.

    Args:
        dataset: the audited set.
        blank: positions of pictures of one colour.
        low_contrast: positions of others whose grey levels deviate by less than :data:`LOW_CONTRAST`.
        brightness: float32 (N,) mean pixel, 0 to 255.
        contrast: float32 (N,) standard deviation of the pixels.
        duplicates: all copies.
        exact_groups: positions of each group of identical pictures.
        near_groups: positions of each group joined by exact, near or mirrored copies.
        conflicting: those exact groups that have more than one label.
        leaks: what each split other than the first shares with the first, by split name.
        subjects_across: subjects that are in the first split and in another; ``None`` if subjects are not known.
        split: the chosen split (its first fold).
        crossing: what crosses it.
        nearest: the nearest neighbour on pixels under the chosen protocol.
        nearest_safe: the same by subject, or without copies where subjects are not known.
    """

    dataset: FaceDataset
    blank: np.ndarray
    low_contrast: np.ndarray
    brightness: np.ndarray
    contrast: np.ndarray
    duplicates: Duplicates
    exact_groups: list[np.ndarray]
    near_groups: list[np.ndarray]
    conflicting: list[np.ndarray]
    leaks: dict[str, Leak]
    subjects_across: tuple[str, ...] | None
    split: Split
    crossing: Crossing
    nearest: NearestResult
    nearest_safe: NearestResult

    def to_json(self) -> dict[str, Any]:
        """Counts under fixed names, and the row ids of the source behind them under ``row_ids``."""
        data = self.dataset
        table = data.counts()

        def rows(positions: np.ndarray) -> list[int]:
            return data.rows[positions].tolist()

        def per_class(counts: np.ndarray) -> dict[str, int]:
            return {name: int(n) for name, n in zip(data.classes, counts, strict=True)}

        return {
            "name": data.name,
            "rows": len(data),
            "classes": per_class(table.sum(axis=0)),
            "splits": {name: per_class(row) for name, row in zip(data.split_names, table, strict=True)},
            "unlabelled": int((data.labels < 0).sum()),
            "blank": len(self.blank),
            "unreadable": len(data.unreadable),
            "low_contrast": len(self.low_contrast),
            "duplicate_groups": len(self.exact_groups),
            "near_duplicate_groups": len(self.near_groups),
            "conflicting_groups": len(self.conflicting),
            "leaks": {
                name: {"exact": len(leak.exact), "near": len(leak.near), "mirrored": len(leak.mirrored)}
                for name, leak in self.leaks.items()
            },
            "subjects": None if data.subjects is None else len(set(data.subjects.tolist()) - {""}),
            "subjects_across": None if self.subjects_across is None else len(self.subjects_across),
            "chosen_split": {
                "protocol": self.split.protocol,
                "name": self.split.name,
                "train": len(self.split.train),
                "val": len(self.split.val),
                "test": len(self.split.test),
                "subjects_crossing": None if self.crossing.subjects is None else len(self.crossing.subjects),
                "exact_crossing": len(self.crossing.exact),
                "near_crossing": 0 if self.crossing.near is None else len(self.crossing.near),
            },
            "nearest_neighbour": {"chosen": self.nearest.to_json(), "subject_safe": self.nearest_safe.to_json()},
            "near_threshold": self.duplicates.threshold,
            "complete": self.duplicates.complete,
            "notes": list(data.notes),
            "row_ids": {
                "blank": rows(self.blank),
                "low_contrast": rows(self.low_contrast),
                "duplicate_groups": [rows(group) for group in self.exact_groups],
                "conflicting_groups": [rows(group) for group in self.conflicting],
                "leaks": {n: {"exact": rows(leak.exact), "near": rows(leak.near)} for n, leak in self.leaks.items()},
                "leave_out_of_training": rows_to_leave_out(self).tolist(),
                "subjects_across": None if self.subjects_across is None else list(self.subjects_across),
            },
        }

    def table(self) -> list[tuple[str, str]]:
        """Checks and their results as pairs of short texts, for a table or a terminal."""
        data, safe = self.dataset, self.nearest_safe
        lines = [
            ("images", f"{len(data):,}"),
            ("classes", ", ".join(f"{n} {c:,}" for n, c in zip(data.classes, data.counts().sum(axis=0), strict=True))),
            ("blank", f"{len(self.blank):,}"),
            ("unreadable, left out", f"{len(data.unreadable):,}"),
            ("low contrast", f"{len(self.low_contrast):,}"),
            ("groups of identical images", f"{len(self.exact_groups):,}"),
            ("of them with conflicting labels", f"{len(self.conflicting):,}"),
            ("groups of near copies, with those", f"{len(self.near_groups):,}"),
        ]
        for name, leak in self.leaks.items():
            counts = (
                f"{len(leak.exact):,} exact, {len(leak.near):,} near or exact, {len(leak.mirrored):,} only mirrored"
            )
            lines.append((f"{name} images with a copy in {data.split_names[0]}", counts))
        if self.subjects_across is None:
            lines.append(("subjects in training and elsewhere", "subjects are not known"))
        else:
            lines.append(("subjects in training and elsewhere", f"{len(self.subjects_across):,}"))
        for result in (self.nearest, safe):
            lines.append((f"nearest neighbour on pixels: {result.rule}", f"{result.accuracy:.1%} of {result.n:,}"))
        return lines


def audit(dataset: FaceDataset, progress: Progress = silent, *, protocol: str | None = None) -> AuditReport:
    """Audit a whole data set: eight seconds for FER2013, in a few hundred MB.

    ``protocol`` is the chosen split (a key of :data:`PROTOCOLS`): by default the official one, or five folds of
    pictures where the set has no parts of its own.

    Raises:
        UserError: If the protocol does not fit the data set.
    """
    if protocol is None:
        protocol = "official" if (dataset.counts().sum(axis=1) > 0).sum() > 1 else "folds-5"
    split = make_split(dataset, protocol)
    progress(0.0, "measuring brightness and contrast")
    brightness, contrast = light(dataset.images)
    copies = duplicates_of(dataset, progress=lambda part, what: progress(0.05 + 0.75 * part, what))
    exact = copies.exact_groups()
    progress(0.8, "asking the nearest neighbour on pixels")
    nearest, nearest_safe = nearest_under(dataset, protocol, copies)
    safe = safe_protocol(dataset, protocol)
    if safe is not None:
        progress(0.9, "asking the nearest neighbour by subject")
        nearest_safe = nearest_under(dataset, safe, copies)[0]
    progress(1.0, "done")
    return AuditReport(
        dataset=dataset,
        blank=np.flatnonzero(copies.constant),
        low_contrast=np.flatnonzero((contrast < LOW_CONTRAST) & ~copies.constant),
        brightness=brightness,
        contrast=contrast,
        duplicates=copies,
        exact_groups=exact,
        near_groups=copies.near_groups(),
        conflicting=[group for group in exact if len({int(n) for n in dataset.labels[group] if n >= 0}) > 1],
        leaks=find_leaks(dataset, copies),
        subjects_across=subjects_across(dataset),
        split=split,
        crossing=split.crossing(dataset, copies),
        nearest=nearest,
        nearest_safe=nearest_safe,
    )


def light(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each picture's pixels, float32 (N,), on the scale 0 to 255."""
    mean, deviation = np.empty(len(images), np.float32), np.empty(len(images), np.float32)
    for start in range(0, len(images), _CHUNK):
        part = images[start : start + _CHUNK].reshape(len(images[start : start + _CHUNK]), -1).astype(np.float32)
        mean[start : start + _CHUNK], deviation[start : start + _CHUNK] = part.mean(axis=1), part.std(axis=1)
    return mean, deviation


def find_leaks(dataset: FaceDataset, copies: Duplicates) -> dict[str, Leak]:
    """What each split shares with the first one of the data set, by split name."""
    source = dataset.split == 0
    exact, near = copies.exact_copy_in(source), copies.near_copy_in(source)
    mirrored = copies.near_copy_in(source, mirrored=True) & ~near
    return {
        name: Leak(*(np.flatnonzero(has_copy & (dataset.split == i)) for has_copy in (exact, near, mirrored)))
        for i, name in enumerate(dataset.split_names)
        if i > 0
    }


def subjects_across(dataset: FaceDataset) -> tuple[str, ...] | None:
    """Subjects that are in the first split and in another one; ``None`` if the set does not name its subjects."""
    if dataset.subjects is None:
        return None
    first = dataset.split == 0
    both = set(dataset.subjects[first].tolist()) & set(dataset.subjects[~first].tolist())
    return tuple(sorted(both - {""}))


def safe_protocol(dataset: FaceDataset, protocol: str) -> str | None:
    """The protocol by subject to compare the chosen one with; ``None`` if subjects are not known or too few."""
    if dataset.people is None:
        return None
    people = len(np.unique(dataset.people[dataset.labels >= 0]))
    if PROTOCOLS[protocol].by_subject and PROTOCOLS[protocol].folds <= people:
        return protocol
    by_subject = "folds-10-subject" if protocol.startswith("folds-10") and people >= 10 else "folds-5-subject"
    return by_subject if people >= PROTOCOLS[by_subject].folds else None


def rows_to_leave_out(report: AuditReport, split: Split | None = None) -> np.ndarray:
    """Row ids to leave out of training so that no copy of a held-out picture is learnt ("train without leaks").

    They go into ``exclude_rows`` of :func:`fer_models.data.splits.make_split`. ``split`` is the one to train with, by
    default the report's. Exact, near and mirrored copies of validation and test pictures are named.
    """
    split = report.split if split is None else split
    leaking = np.setdiff1d(split.train, split.without_leaks(report.duplicates).train)
    return np.sort(report.dataset.rows[leaking])
