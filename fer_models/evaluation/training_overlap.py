"""Which pictures trained a network, and what its training protocol held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.data import PROTOCOLS, FaceDataset, Split, make_split
from fer_models.data.leaks.duplicates import Duplicates
from fer_models.data.splits import part_name
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.scorecard import Leaks, Scorecard, scorecard


@dataclass(frozen=True)
class TrainingOverlap:
    """How N measured pictures stand to a network's training pictures.

    Args:
        trained: bool ``(N,)``, pictures that trained the network.
        copied: bool ``(N,)``, pictures with a copy in training, near or mirrored too; ``None`` if not looked for.
        people: Number of subjects who are both in training and among the measured pictures.
    """

    trained: np.ndarray
    copied: np.ndarray | None = None
    people: int = 0

    @property
    def warning(self) -> str:
        """A sentence where pictures that trained the network are measured, else ``""``."""
        if not self.trained.any():
            return ""
        share = "All" if self.trained.all() else f"{int(self.trained.sum()):,}"
        return (
            f"{share} of these {len(self.trained):,} images trained the network: the figures say what it remembers, "
            "not what it can do with new faces."
        )


def training_split(checkpoint: Checkpoint, dataset: FaceDataset, name: str) -> Split | None:
    """How the network's training divided this data set.

    Args:
        name: Under which the data set was opened, such as ``"fer2013"`` or a path.

    Returns:
        ``None`` where the network was trained on other data, its checkpoint does not say how, or only the measured part
        of the data is known.
    """
    recipe = _recipe(checkpoint)
    if not dataset.has_images or not _same_data(str(recipe.get("data", "")), name):
        return None
    protocol = str(recipe.get("protocol", "official"))  # what a recipe leaves out has its default
    try:
        return make_split(dataset, protocol, fold=int(recipe.get("fold", 0)), seed=int(recipe.get("seed", 0)))
    except (UserError, TypeError, ValueError):
        return None  # written by another version


def training_overlap(
    evaluation: Evaluation, checkpoint: Checkpoint, dataset: FaceDataset, name: str, copies: Duplicates | None = None
) -> TrainingOverlap | None:
    """How the evaluated pictures stand to those that trained the network; ``None`` as for :func:`training_split`.

    Copies and people are looked for only where no evaluated picture trained the network itself.

    Args:
        name: Under which the data set was opened.
        copies: Copies among the pictures of the data set; ``None`` where they were not searched.
    """
    split = training_split(checkpoint, dataset, name)
    if split is None:
        return None
    mask = trained_on(checkpoint, dataset, split)
    trained = mask[evaluation.positions]
    if trained.any():
        return TrainingOverlap(trained)
    copied = None
    if copies is not None and not _recipe(checkpoint).get("exclude_leaks"):
        copied = copies.near_copy_in(mask, mirrored=True)[evaluation.positions]
    return TrainingOverlap(trained, copied, subjects_across(dataset, split.train, evaluation.positions))


def trained_on(checkpoint: Checkpoint, dataset: FaceDataset, split: Split) -> np.ndarray:
    """bool ``(N,)``: the training pictures of a split, without the rows that the network's training left out."""
    mask = np.zeros(len(dataset), bool)
    mask[split.train] = True
    mask[np.isin(dataset.rows, checkpoint.provenance.get("left_out", []))] = False
    return mask


def subjects_across(dataset: FaceDataset, training: np.ndarray, measured: np.ndarray) -> int:
    """Number of subjects with pictures at both positions ``training`` and ``measured``; 0 where they are unknown."""
    if dataset.subjects is None:
        return 0
    subjects = np.asarray(dataset.subjects)
    return len((set(subjects[training].tolist()) & set(subjects[measured].tolist())) - {""})


def overlap_scorecard(
    evaluation: Evaluation,
    name: str,
    checkpoint: Checkpoint,
    dataset: FaceDataset,
    copies: Duplicates | None,
    **measured: Any,
) -> Scorecard:
    """The scorecard of these predictions; its warnings also say where training pictures are among the measured ones.

    Args:
        name: Under which the data set was opened; ``""`` for predictions of several networks, whose training pictures
            are not looked at.
        copies: Copies among the pictures of the data set; ``None`` where they were not searched.
        measured: Further arguments of :func:`~fer_models.evaluation.scorecard.scorecard`.
    """
    overlap = training_overlap(evaluation, checkpoint, dataset, name, copies)
    if overlap is None:
        return scorecard(checkpoint, evaluation, **measured)
    card = scorecard(checkpoint, evaluation, leaks=Leaks(overlap.copied, overlap.people), **measured)
    return dataclasses.replace(card, warnings=(overlap.warning, *card.warnings)) if overlap.warning else card


def held_out_part(checkpoint: Checkpoint, dataset: FaceDataset, name: str) -> Part | None:
    """The pictures on which the network's training protocol measures it; ``None`` where the set's own split is that.

    Args:
        name: Under which the data set was opened.
    """
    split = training_split(checkpoint, dataset, name)
    if split is None:
        return None
    part = part_name(dataset, split, split.measured, "test" if len(split.test) else "validation")
    return None if part in dataset.split_names else Part(part, split.measured)


def folds(
    checkpoint: Checkpoint, others: Iterable[Checkpoint], dataset: FaceDataset, name: str
) -> list[tuple[Checkpoint, Part]]:
    """Networks trained by the same recipe on the other folds, this one among them, each with its held-out part.

    Empty where there is no other fold; of several networks for a fold the first one counts.
    """
    own_recipe = _recipe(checkpoint)
    protocol = PROTOCOLS.get(str(own_recipe.get("protocol")))
    if protocol is None or protocol.folds < 2:
        return []

    def but_the_fold(recipe: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in recipe.items() if key != "fold"}

    by_fold: dict[int, tuple[Checkpoint, Part]] = {}
    for network in (checkpoint, *others):
        recipe = _recipe(network)
        fold = int(recipe.get("fold", 0))
        if but_the_fold(recipe) == but_the_fold(own_recipe) and fold not in by_fold:
            part = held_out_part(network, dataset, name)
            if part is not None:
                by_fold[fold] = (network, part)
    return [by_fold[fold] for fold in sorted(by_fold)] if len(by_fold) > 1 else []


def folds_name(checkpoint: Checkpoint, count: int) -> str:
    """What ``count`` folds together are called."""
    protocol = PROTOCOLS[str(_recipe(checkpoint)["protocol"])]
    whole = "all" if count == protocol.folds else f"{count} of"
    return f"{whole} {protocol.folds} folds pooled"


def _recipe(checkpoint: Checkpoint) -> dict[str, Any]:
    recipe = checkpoint.provenance.get("recipe")
    return recipe if isinstance(recipe, dict) else {}


def _same_data(trained_on: str, name: str) -> bool:
    """Whether two names open the same data: alike, or paths of the same folder or file."""
    if not trained_on or not name:
        return False
    return trained_on == name or (Path(name).exists() and Path(trained_on).resolve() == Path(name).resolve())
