"""From records, one a picture file, to a listing: the common part of the readers of folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fer_models.data.dataset import UNLABELLED
from fer_models.data.listing import Listing
from fer_models.data.readers.base import ALL, encode_splits, text_column
from fer_models.labels import order


@dataclass(frozen=True)
class Record:
    """One picture file: class name (``None``: not known), split, subject and further facts as text."""

    path: Path
    label: str | None
    split: str = ALL
    subject: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


def listing_of(
    name: str,
    root: Path,
    records: list[Record],
    *,
    size: int,
    channels: int,
    classes: tuple[str, ...] = (),
    crop: str = "middle",
) -> Listing:
    """A listing in the order of the records; ``rows`` count them.

    Args:
        name: key of the reader.
        root: the folder that was searched for the pictures.
        records: one for each picture.
        size: side in pixels to which the pictures are resized unless the user chose one.
        channels: 1 or 3, likewise.
        classes: class names in canonical order; by default those of the records.
        crop: see :class:`fer_models.data.listing.Listing`.

    Returns:
        The listing; further fields, such as its notes, are set with ``dataclasses.replace``.
    """
    if not classes:
        classes = order({record.label for record in records if record.label is not None})
    index = {label: i for i, label in enumerate(classes)}
    split_names, split = encode_splits([record.split for record in records], root.name)
    names = [_relative(record.path, root) for record in records]
    columns = {"file": text_column(names)}
    for fact in dict.fromkeys(key for record in records for key in record.facts):
        columns[fact] = text_column(record.facts.get(fact, "") for record in records)
    subjects = [record.subject for record in records]
    return Listing(
        name=name,
        pictures=[record.path for record in records],
        labels=np.asarray([UNLABELLED if r.label is None else index[r.label] for r in records], np.int64),
        classes=classes,
        split=split,
        split_names=split_names,
        rows=np.arange(len(records)),
        subjects=text_column(s or "" for s in subjects) if any(s is not None for s in subjects) else None,
        columns=columns,
        root=root,
        size=size,
        channels=channels,
        crop=crop,
    )


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def odd_files(names: list[str]) -> tuple[str, ...]:
    """A note on files that are left out because their names do not follow the layout; empty if there are none."""
    if not names:
        return ()
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return (f"Left out, as the name does not follow the layout: {names[0]}{more}.",)
