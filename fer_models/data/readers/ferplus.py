"""FERPlus: ten annotators' votes on every face of FER2013."""

from __future__ import annotations

import dataclasses
import os
import re
from pathlib import Path

import numpy as np

from fer_models import labels
from fer_models.data.csv_file import read_table
from fer_models.data.listing import Listing
from fer_models.data.readers.base import READERS, Reader, ReaderInfo, find_file
from fer_models.data.readers.fer2013 import Fer2013, fer2013_file
from fer_models.errors import UserError
from fer_models.labels import FER8

_VOTES = "fer2013new.csv"
#: Columns of the table in its own order; the last two are no emotions.
VOTED = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
_UNKNOWN, _NO_FACE = 8, 9
_VOTE, _MOST_VOTES = re.compile("[0-9]{1,2}"), 20
#: A class needs this part of the votes to count among several.
_SHARE = 0.3


@READERS.register("ferplus")
class FerPlus(Reader):
    """FER2013's pictures with ten votes each, in eight classes.

    Single votes are taken as slips and dropped. The label is the class with most votes. Targets:

    - ``majority``: more than half of the votes agree; soft labels are the shares of the votes.
    - ``probability``: the eight classes together have more than half of the votes; soft labels are their shares.
    - ``multilabel``: every class with 30 % or more of the votes counts, together more than half; soft labels are 1 for
      each of them (a row may add up to more than 1).

    Rows that name no picture, where "not a face" or "unknown" has most votes, or that miss the target's rule are left
    out. The votes themselves are in the column ``votes`` (order of :data:`VOTED`).

    Source:
        Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
        Distribution", ICMI 2016, section 3; ties go to the class that comes first in the project's order.
    """

    key = "ferplus"
    info = ReaderInfo(
        title="FERPlus",
        layout="fer2013.csv (or another form of FER2013) and fer2013new.csv (ten votes a row) in one folder",
        where="https://github.com/microsoft/FERPlus for the votes, and Kaggle for FER2013's images",
        terms="The votes are under the MIT licence; FER2013's terms hold for the images.",
        citation="Barsoum et al., Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label "
        "Distribution, ICMI 2016.",
        classes=FER8,
        options={"target": ("majority", "probability", "multilabel")},
    )

    def recognises(self, path: Path) -> bool:
        """The table of votes, or a folder that has it."""
        if os.path.isfile(path):
            return path.name.lower() == _VOTES
        return find_file(path, (_VOTES,)) is not None and fer2013_file(path) is not None

    def read(self, path: Path, **options: str) -> Listing:
        """Joins votes and pictures by the position of the row: the number in ``Image name`` is not the row."""
        folder = path if os.path.isdir(path) else path.parent
        table = find_file(folder, (_VOTES,))
        if table is None or fer2013_file(folder) is None:
            self.refuse(folder)
        faces = Fer2013().read(folder)
        usage, named, votes = _read_votes(table)
        count = len(faces.rows)
        if len(votes) < count:
            raise UserError(
                f"{table.name} has {len(votes):,} rows for {count:,} faces; both must be whole to be joined."
            )
        splits = np.asarray(faces.split_names)[faces.split]
        wrong = np.flatnonzero(splits != usage[:count])
        if len(wrong):
            raise UserError(
                f"{table.name}, line {wrong[0] + 2}: Usage is {usage[wrong[0]]} where FER2013 has {splits[wrong[0]]}; "
                "the two files must hold the same rows in the official order."
            )
        votes, named = votes[:count], named[:count]
        numbers, soft, reason = targets(votes, options.get("target", "majority"))
        reason = np.where(named, reason, "not a face")
        keep = reason == ""
        columns = {"fer2013_label": np.asarray(labels.FER7)[faces.labels[keep]], "votes": votes[keep]}
        assert isinstance(faces.pictures, np.ndarray)
        return dataclasses.replace(
            faces,
            name="ferplus",
            pictures=faces.pictures[keep],
            labels=numbers[keep],
            classes=FER8,
            split=faces.split[keep],
            rows=faces.rows[keep],
            soft_labels=soft[keep],
            columns=columns,
            notes=_notes(reason),
            files=[table, *faces.source_files()],
        )


def _read_votes(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Usage (N,), whether the row names a picture (N,), and votes (N, 10)."""
    table = read_table(path)
    missing = [name for name in ("Usage", "Image name", *VOTED) if name.lower() not in table.header]
    if missing:
        raise UserError(f"{path.name} lacks the columns {', '.join(missing)}.")
    votes = []
    columns = [table.column(name.lower()) for name in VOTED]
    for line, counts in zip(table.lines, zip(*columns, strict=True), strict=True):
        if not all(_VOTE.fullmatch(count) and int(count) <= _MOST_VOTES for count in counts):
            raise UserError(f"{path.name}, line {line}: votes must be ten small whole numbers.")
        votes.append([int(count) for count in counts])
    named = [bool(name) for name in table.column("image name")]
    return np.asarray(table.column("usage"), np.str_), np.asarray(named, bool), np.asarray(votes, np.uint8)


def targets(votes: np.ndarray, target: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels int64 (N,), soft labels float32 (N, 8) and the reason to leave a row out (N,), empty for the good ones.

    ``votes`` is (N, 10) in the order of :data:`VOTED`; a row may have any number of votes.
    """
    counts = votes.astype(np.float64)
    counts[counts < 2] = 0  # Single votes are slips.
    total = counts.sum(axis=1)
    order = [VOTED.index(word) for name in FER8 for word in VOTED[:8] if labels.canonical(word) == name]
    emotions = counts[:, order]
    best = emotions.argmax(axis=1)
    most = emotions.max(axis=1)
    if target == "majority":
        counted = np.where(np.arange(len(FER8)) == best[:, None], emotions, 0)
        soft = emotions
    elif target == "multilabel":
        counted = np.where(emotions >= _SHARE * total[:, None], emotions, 0)
        soft = (counted > 0).astype(np.float64)
    else:
        counted = soft = emotions
    agreed = counted.sum(axis=1) > total / 2
    reason = np.where(agreed & (most > 0), "", "no agreement")
    reason = np.where((most <= counts[:, _UNKNOWN]) & (counts[:, _UNKNOWN] > 0), "unknown", reason)
    reason = np.where((most <= counts[:, _NO_FACE]) & (counts[:, _NO_FACE] > 0), "not a face", reason)
    if target != "multilabel":
        soft = soft / np.maximum(soft.sum(axis=1, keepdims=True), 1)
    return best.astype(np.int64), soft.astype(np.float32), reason


def _notes(reason: np.ndarray) -> tuple[str, ...]:
    parts = [f"{int((reason == word).sum()):,} {word}" for word in ("not a face", "unknown", "no agreement")]
    left_out = int((reason != "").sum())
    return (f"{left_out:,} of {len(reason):,} rows were left out: {', '.join(parts)}.",) if left_out else ()
