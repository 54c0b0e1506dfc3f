"""What a network says of the pictures of a split: read from the cached table, or computed once in the background."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset, Split, make_split
from fer_models.data.duplicates import Duplicates
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.predictions import cached_predictions, predictions_for
from fer_models.evaluation.scorecard import Scorecard, scorecard
from fer_models.training.recipe import Recipe
from workbench.services import background, machine
from workbench.services.background import Job
from workbench.services.datasets import identity

#: Splits with more pictures are predicted only when someone asks for it by a button.
AT_ONCE = 10_000
AVERAGINGS = {"none": "one look at each picture", "flip": "mean of picture and mirror image"}


def selection(checkpoint: Checkpoint) -> str:
    """On what the network was selected, for the sentence of a figure; ``""`` where it does not say."""
    return str(checkpoint.provenance.get("validation") or (checkpoint.metric() or {}).get("selection") or "")


def labelled(dataset: FaceDataset, split: str) -> np.ndarray:
    """Positions of a split's pictures whose class is known.

    Raises:
        UserError: If there is no such split.
    """
    index = dataset.split_index(split)
    return index[np.asarray(dataset.labels)[index] >= 0]


def read(checkpoint: Checkpoint, dataset: FaceDataset, split: str, averaging: str = "none") -> Evaluation | None:
    """The predictions that were computed earlier, or ``None``.

    Raises:
        UserError: If there is no such split.
    """
    index = labelled(dataset, split)
    if not len(index):
        return None
    return cached_predictions(
        checkpoint, dataset, index, split_name=split, selection=selection(checkpoint), averaging=averaging
    )


def find(checkpoint: Checkpoint, dataset: FaceDataset, split: str, averaging: str = "none") -> Job | None:
    """The job that computes these predictions, if one was begun."""
    return background.find(_key(checkpoint, dataset, split, averaging))


def forget(checkpoint: Checkpoint, dataset: FaceDataset, split: str, averaging: str = "none") -> None:
    """Drop a finished or failed job, so that the next one begins anew."""
    background.forget(_key(checkpoint, dataset, split, averaging))


def start(classifier: Classifier, dataset: FaceDataset, split: str, averaging: str = "none") -> Job:
    """Predict a split in the background and cache the table; the job's result is the :class:`Evaluation`.

    Raises:
        UserError: If there is no such split.
    """
    index = labelled(dataset, split)

    def work(tell: background.Progress) -> Evaluation:
        machine.limit_threads()

        def step(done: int, total: int) -> None:
            tell(done / total, f"{done:,} of {total:,} pictures")

        rule = selection(classifier.checkpoint)
        return predictions_for(
            classifier, dataset, index, split_name=split, selection=rule, averaging=averaging, progress=step
        )

    return background.start(_key(classifier.checkpoint, dataset, split, averaging), work)


def digest(evaluation: Evaluation) -> str:
    """Tells these predictions from all others, for caches."""
    outputs = hashlib.sha256(np.ascontiguousarray(evaluation.logits).tobytes())
    outputs.update(
        f"{evaluation.fingerprint} {evaluation.split} {evaluation.averaging} {evaluation.selection}".encode()
    )
    return outputs.hexdigest()


def trained_on(checkpoint: Checkpoint, dataset: FaceDataset, name: str) -> np.ndarray | None:
    """bool (N,): pictures of the data set that trained the network; ``None`` where that cannot be told.

    Args:
        name: under which the data set was opened.
    """
    found = _training(checkpoint, dataset, name)
    if found is None:
        return None
    mask = np.zeros(len(dataset), bool)
    mask[found[1].train] = True
    return mask


def card(
    evaluation: Evaluation, name: str, checkpoint: Checkpoint, dataset: FaceDataset, copies: Duplicates | None
) -> Scorecard:
    """The scorecard of these predictions; its warnings say too where training pictures are among the measured ones.

    Args:
        name: under which the data set was opened.
        copies: identical pictures of the data set; ``None`` where it was not looked for them.
    """
    found = _training(checkpoint, dataset, name)
    told: list[str] = []
    leaked: np.ndarray | None = None
    if found is not None:
        recipe, split = found
        mask = np.zeros(len(dataset), bool)
        mask[split.train] = True
        own = mask[evaluation.positions]
        if own.any():
            share = "All" if own.all() else f"{int(own.sum()):,}"
            told.append(
                f"{share} of these {evaluation.n:,} pictures trained the network: the figures say what it remembers, "
                "not what it can do with new faces."
            )
        elif copies is not None and not recipe.exclude_leaks:
            leaked = copies.exact_copy_in(mask)[evaluation.positions]
    made = scorecard(checkpoint, evaluation, leaked=leaked)
    return dataclasses.replace(made, warnings=(*told, *made.warnings))


def _training(checkpoint: Checkpoint, dataset: FaceDataset, name: str) -> tuple[Recipe, Split] | None:
    """How the network was trained, where that was on this data set."""
    told = checkpoint.provenance.get("recipe")
    if not isinstance(told, dict) or str(told.get("data")) != name:
        return None
    try:
        recipe = Recipe.from_dict(told)
        return recipe, make_split(dataset, recipe.protocol, fold=recipe.fold, seed=recipe.seed)
    except (UserError, TypeError, KeyError):
        return None  # Written by another version: nothing can be told.


def _key(checkpoint: Checkpoint, dataset: FaceDataset, split: str, averaging: str) -> tuple[Any, ...]:
    loaded = (checkpoint.sha256, checkpoint.classes, repr(checkpoint.preprocess))
    return ("predictions", *loaded, identity(dataset), split, averaging)
