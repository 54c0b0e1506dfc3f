"""Facts of a data set, from a sample or small arrays, without loading all pictures at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_models.arrays import LUMA
from fer_models.data import PROTOCOLS, FaceDataset, Split, make_split
from fer_models.data.audit import light
from fer_models.data.leaks.duplicates import Duplicates, exact_duplicates
from fer_models.data.readers.ferplus import VOTED

#: In bytes of pictures; a larger set is searched by the audit only, not while a page opens.
WHOLE = 500_000_000
_SAMPLE = 2_000
_SAMPLE_BYTES = 60_000_000
_PER_CLASS = 1_000
_LUMA = np.asarray(LUMA, np.float32)


@dataclass(frozen=True)
class Answer:
    """Sizes and leaks of a split, as far as they are known before an audit.

    Args:
        train, val, test: pictures in each part. held_out: validation and test together.
        copies: held-out pictures with a byte-identical one in training; ``None`` if not checked.
        subjects: how many subjects are in training and held out; ``None`` if subjects are unknown.
        name: of the split.
    """

    name: str
    train: int
    val: int
    test: int
    copies: int | None
    subjects: int | None

    @property
    def held_out(self) -> int:
        """Validation and test together."""
        return self.val + self.test


@dataclass(frozen=True)
class Sample:
    """Measures of some pictures, drawn at random.

    Args:
        positions: int64 (S,), sorted.
        brightness, contrast: float32 (S,), mean and standard deviation of each picture's pixels, 0 to 255.
        pixels: float64 (splits, 64): share of pixels by level, four levels a bin; each row sums to 1, or is 0.
    """

    positions: np.ndarray
    brightness: np.ndarray
    contrast: np.ndarray
    pixels: np.ndarray


def people(dataset: FaceDataset) -> list[str]:
    """Names of the subjects, sorted; empty if the set has none."""
    return [] if dataset.subjects is None else sorted(set(dataset.subjects.tolist()) - {""})


def protocols(dataset: FaceDataset) -> dict[str, str]:
    """Keys and titles of the protocols that can divide this set, the natural one first."""
    subject_count = len(people(dataset))
    has_splits = (dataset.counts().sum(axis=1) > 0).sum() > 1
    fit = {key: p for key, p in PROTOCOLS.items() if not p.by_subject or subject_count >= max(p.folds, 3)}
    if not has_splits:
        natural = "folds-5-subject" if "folds-5-subject" in fit else "folds-5"
        fit = {natural: fit[natural]} | fit
    return {key: protocol.title for key, protocol in fit.items()}


def is_small(dataset: FaceDataset) -> bool:
    """Whether all pictures are there and may be read while a page opens."""
    return dataset.has_images and dataset.images.nbytes <= WHOLE


def fingerprint(dataset: FaceDataset) -> str:
    """Of all its pictures and labels; a third of a second for FER2013."""
    return dataset.fingerprint()


def exact_copies(dataset: FaceDataset) -> Duplicates:
    """Byte-identical pictures; half a second for FER2013."""
    return exact_duplicates(dataset.images)


def all_light(dataset: FaceDataset) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of every picture's pixels, float32 (N,), 0 to 255; read in pieces."""
    return light(dataset.images)


def split_of(dataset: FaceDataset, protocol: str) -> Split:
    """The split of ``protocol``, its first fold.

    Raises:
        UserError: If the protocol does not fit the set.
    """
    return make_split(dataset, protocol)


def answer(dataset: FaceDataset, split: Split, copies: Duplicates | None) -> Answer:
    """Leaks of a split; ``copies`` are the set's identical pictures, ``None`` if not checked."""
    crossing = split.crossing(dataset, copies if copies is not None else _no_copies(len(dataset)))
    return Answer(
        split.name,
        len(split.train),
        len(split.val),
        len(split.test),
        None if copies is None else len(crossing.exact),
        None if crossing.subjects is None else len(crossing.subjects),
    )


def sample(dataset: FaceDataset, seed: int = 0) -> Sample:
    """Brightness, contrast and pixel levels of up to 2,000 pictures, fewer of large ones."""
    count = min(len(dataset), _SAMPLE, max(100, _SAMPLE_BYTES // max(1, dataset.images[:1].nbytes)))
    positions = np.sort(np.random.default_rng(seed).choice(len(dataset), count, replace=False))
    brightness, contrast = np.empty(count, np.float32), np.empty(count, np.float32)
    levels = np.zeros((len(dataset.split_names), 64), np.float64)
    for start in range(0, count, 256):
        part = positions[start : start + 256]
        pictures = dataset.images[part]
        flat = pictures.reshape(len(part), -1)
        brightness[start : start + 256] = flat.mean(axis=1, dtype=np.float32)
        contrast[start : start + 256] = flat.std(axis=1, dtype=np.float32)
        for split in np.unique(dataset.split[part]):
            values = flat[dataset.split[part] == split]
            levels[split] += np.bincount(values.ravel() >> 2, minlength=64)
    return Sample(positions, brightness, contrast, levels / np.maximum(levels.sum(axis=1, keepdims=True), 1))


def mean_faces(dataset: FaceDataset, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Mean grey picture of each class, float32 (K, H, W) in 0..255, and the number of pictures used, (K,).

    Up to 1,000 pictures of a class, fewer of large ones; a class without pictures is NaN.
    """
    _, height, width, _ = dataset.images.shape
    means = np.full((len(dataset.classes), height, width), np.nan, np.float32)
    used = np.zeros(len(dataset.classes), np.int64)
    budget = max(50, _SAMPLE_BYTES // (max(1, dataset.images[:1].nbytes) * max(1, len(dataset.classes))))
    rng = np.random.default_rng(seed)
    for k in range(len(dataset.classes)):
        of_class = np.flatnonzero(dataset.labels == k)
        positions = np.sort(rng.choice(of_class, min(len(of_class), _PER_CLASS, budget), replace=False))
        if not len(positions):
            continue
        total = np.zeros((height, width), np.float64)
        for start in range(0, len(positions), 256):
            total += grey(dataset.images[positions[start : start + 256]]).sum(axis=0, dtype=np.float64)
        means[k], used[k] = total / len(positions), len(positions)
    return means, used


def grey(images: np.ndarray) -> np.ndarray:
    """float32 (N, H, W), 0 to 255, of pictures (N, H, W, 1 or 3)."""
    if images.shape[3] == 3:
        return images.astype(np.float32) @ _LUMA
    return images[..., 0].astype(np.float32)


def caption(dataset: FaceDataset, position: int) -> str:
    """Class, row, split and subject of one picture in a line."""
    label = int(dataset.labels[position])
    parts = [
        dataset.classes[label] if label >= 0 else "unlabelled",
        f"row {int(dataset.rows[position])}",
        dataset.split_names[int(dataset.split[position])],
    ]
    if dataset.subjects is not None and str(dataset.subjects[position]):
        parts.append(f"subject {dataset.subjects[position]}")
    return " · ".join(parts)


def facts(dataset: FaceDataset, position: int, copies: Duplicates | None) -> list[tuple[str, str]]:
    """Facts of one picture, as names and short texts for a table; without its pixels, only what is recorded."""
    values = dataset.facts(position)
    units = {name: values.pop(name) for name in list(values) if _is_unit(name)}
    rows = [(_words(name), _text(name, value)) for name, value in values.items()]
    if units:
        shown = ", ".join(f"{name} {value:.2f}" for name, value in units.items() if value > 0)
        rows.append(("Action units", shown or "none"))
    if not dataset.has_images:
        return rows
    picture = np.asarray(dataset.images[position])
    rows.append(
        ("Size", f"{picture.shape[1]} x {picture.shape[0]} pixels, {'grey' if picture.shape[2] == 1 else 'RGB'}")
    )
    rows.append(("Brightness", f"{picture.mean():.0f} of 255, contrast {picture.std():.0f}"))
    if copies is not None:
        rows.append(("Identical copies", _copies(dataset, position, copies)))
    return rows


def _copies(dataset: FaceDataset, position: int, copies: Duplicates) -> str:
    if copies.constant[position]:
        return "not counted: one even surface"
    others = np.flatnonzero(copies.first == copies.first[position])
    others = others[others != position]
    if not len(others):
        return "none"
    named = "; ".join(caption(dataset, int(other)) for other in others[:4])
    return named + (f" and {len(others) - 4} more" if len(others) > 4 else "")


def _no_copies(count: int) -> Duplicates:
    empty = np.empty((0, 2), np.int64)
    return Duplicates(np.arange(count), empty, np.empty(0, np.float32), np.empty(0, bool), np.zeros(count, bool))


def _is_unit(name: str) -> bool:
    return len(name) in (3, 4) and name[:2] in ("AU", "R1") and name[-1].isdigit()


def _words(name: str) -> str:
    text = name.replace("_", " ").replace("fer2013", "FER2013")
    return text[:1].upper() + text[1:]


def _text(name: str, value: Any) -> str:
    if value is None:
        return "not known"
    if isinstance(value, dict):
        return ", ".join(f"{key} {share:g}" for key, share in value.items())
    if name == "votes" and isinstance(value, list) and len(value) == len(VOTED):
        return ", ".join(f"{word} {count}" for word, count in zip(VOTED, value, strict=True) if count)
    if isinstance(value, list):
        return f"{len(value)} points" if value and isinstance(value[0], list) else ", ".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
