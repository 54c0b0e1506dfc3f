"""Protocols: the rules by which a data set is divided, as the papers and their authors do it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """A rule that divides a data set.

    Args:
        title: a few words for a menu.
        description: one sentence.
        folds: how many folds it has; 1 for a single split.
        by_subject: whether no subject is in two parts; such a protocol needs known subjects.
        redrawn: measured over training pictures where fold or seed draw the measured ones; 0 where they are always the
            same.
    """

    title: str
    description: str
    folds: int = 1
    by_subject: bool = False
    redrawn: float = 0.0


#: Every protocol by its name, in the order of a menu.
PROTOCOLS: dict[str, Protocol] = {
    "official": Protocol(
        "Official",
        "The authors' own parts; where they name none for validation, a stratified part of training is taken, by "
        "subject where subjects are known.",
        redrawn=1 / 4,
    ),
    "official-holdout": Protocol(
        "Official, validated on training",
        "A stratified part of the official training images chooses the network; the official validation images are "
        "added to the test, which nothing else touches.",
    ),
    "folds-5": Protocol(
        "5 folds of images",
        "Five stratified folds of single images, 80/20 training and validation inside, as FCSDNet's paper does: "
        "copies and subjects cross over.",
        5,
        redrawn=1 / 4,
    ),
    "folds-5-subject": Protocol(
        "5 folds by subject",
        "Five stratified folds of whole subjects, 80/20 by subject inside.",
        5,
        by_subject=True,
        redrawn=1 / 4,
    ),
    "folds-10": Protocol(
        "10 folds of images",
        "Ten stratified folds of single images, usual for CK+ and JAFFE: copies and subjects cross over.",
        10,
        redrawn=1 / 9,
    ),
    "folds-10-subject": Protocol(
        "10 folds by subject",
        "Ten stratified folds of whole subjects: the usual strict measure.",
        10,
        by_subject=True,
        redrawn=1 / 9,
    ),
    "7-2-1": Protocol(
        "7:2:1 of images",
        "70 % training, 20 % validation, 10 % test, stratified, single images: subjects cross over.",
        redrawn=1 / 7,
    ),
    "7-2-1-subject": Protocol(
        "7:2:1 by subject",
        "About 70, 20 and 10 % of the images, by whole subjects.",
        by_subject=True,
        redrawn=1 / 7,
    ),
}
