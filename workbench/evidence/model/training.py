"""Where predictions stand to a network's training: its scorecard, its own held-out part, its fellow folds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.data import PROTOCOLS, FaceDataset, Split, make_split
from fer_models.data.duplicates import Duplicates
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.scorecard import Scorecard, scorecard
from fer_models.training.recipe import Recipe
from fer_models.training.runs.report import part_name
from workbench.evidence.model.predictions import Part


def card(
    evaluation: Evaluation, name: str, checkpoint: Checkpoint, dataset: FaceDataset, copies: Duplicates | None
) -> Scorecard:
    """The scorecard of these predictions; its warnings say too where training pictures are among the measured ones.

    Args:
        name: under which the data set was opened; ``""`` for predictions of several networks, whose training pictures
            are not looked at.
        copies: identical pictures of the data set; ``None`` where it was not looked for them.
    """
    found = training(checkpoint, dataset, name)
    told: list[str] = []
    leaked: np.ndarray | None = None
    people = 0
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
        else:
            if copies is not None and not recipe.exclude_leaks:
                leaked = copies.exact_copy_in(mask)[evaluation.positions]
            if dataset.subjects is not None:
                names = np.asarray(dataset.subjects)
                people = len((set(names[split.train].tolist()) & set(names[evaluation.positions].tolist())) - {""})
    made = scorecard(checkpoint, evaluation, leaked=leaked, subjects_across=people)
    return dataclasses.replace(made, warnings=(*told, *made.warnings))


def training(checkpoint: Checkpoint, dataset: FaceDataset, name: str) -> tuple[Recipe, Split] | None:
    """How the network was trained, where that was on this data set; ``None`` where that cannot be told.

    Args:
        name: under which the data set was opened.
    """
    told = checkpoint.provenance.get("recipe")
    if not isinstance(told, dict) or str(told.get("data")) != name:
        return None
    try:
        recipe = Recipe.from_dict(told)
        return recipe, make_split(dataset, recipe.protocol, fold=recipe.fold, seed=recipe.seed)
    except (UserError, TypeError, KeyError):
        return None  # Written by another version: nothing can be told.


def own_part(checkpoint: Checkpoint, dataset: FaceDataset, name: str) -> Part | None:
    """The pictures on which the network's training protocol measures it; ``None`` where the set's own split is that."""
    found = training(checkpoint, dataset, name)
    if found is None:
        return None
    _, split = found
    called = part_name(dataset, split, split.measured, "test" if len(split.test) else "validation")
    return None if called in dataset.split_names else Part(called, split.measured)


def folds(
    checkpoint: Checkpoint, others: Iterable[Checkpoint], dataset: FaceDataset, name: str
) -> list[tuple[Checkpoint, Part]]:
    """Networks trained by the same recipe on the other folds, this one among them, each with its held-out part.

    Empty where there is no other fold; of several networks for a fold the first one counts.
    """
    told = checkpoint.provenance.get("recipe")
    protocol = PROTOCOLS.get(str(told.get("protocol"))) if isinstance(told, dict) else None
    if not isinstance(told, dict) or protocol is None or protocol.folds < 2:
        return []

    def but_the_fold(recipe: dict[str, object]) -> dict[str, object]:
        return {key: value for key, value in recipe.items() if key != "fold"}

    found: dict[int, tuple[Checkpoint, Part]] = {}
    for each in (checkpoint, *others):
        recipe = each.provenance.get("recipe")
        if (
            isinstance(recipe, dict)
            and but_the_fold(recipe) == but_the_fold(told)
            and recipe.get("fold", 0) not in found
        ):
            held_out = own_part(each, dataset, name)
            if held_out is not None:
                found[int(recipe.get("fold", 0))] = (each, held_out)
    return [found[fold] for fold in sorted(found)] if len(found) > 1 else []


def folds_name(checkpoint: Checkpoint, count: int) -> str:
    """What ``count`` folds together are called."""
    protocol = PROTOCOLS[str(checkpoint.provenance["recipe"]["protocol"])]
    whole = "all" if count == protocol.folds else f"{count} of"
    return f"{whole} {protocol.folds} folds pooled"


def pool(parts: Sequence[Evaluation], dataset: FaceDataset, called: str) -> Evaluation:
    """The predictions of several folds as one table, each picture by the network that did not see it.

    Raises:
        UserError: If the networks answer with different classes.
    """
    if len({part.classes for part in parts}) > 1:
        raise UserError("The networks of these folds answer with different classes, so they cannot be pooled.")
    joined: dict[str, Any] = {
        field: np.concatenate([getattr(part, field) for part in parts])
        for field in ("targets", "predictions", "logits", "probabilities", "positions", "rows")
    }
    rules = {part.selection for part in parts}
    return dataclasses.replace(
        parts[0],
        **joined,
        embeddings=None,  # Each network has a space of its own.
        fingerprint=dataset.fingerprint(joined["positions"]),
        split=called,
        selection=rules.pop() if len(rules) == 1 else "each fold's own validation part",
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )
