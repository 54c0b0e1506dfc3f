"""Combine trained networks into one checkpoint that predicts their (weighted) mean or their vote."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from fer_models.architectures.ensemble import Ensemble
from fer_models.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from fer_models.errors import UserError


def combine(
    members: Sequence[Checkpoint],
    destination: str | Path,
    *,
    how: Literal["mean", "vote"] = "mean",
    weights: Sequence[float] = (),
) -> Checkpoint:
    """Write a checkpoint of an ensemble. Its input size is that of most members; the others resize it.

    Raises:
        UserError: If there are fewer than two members, or they differ in classes, in scale, colour or framing of the
            input, or in the data and split that they were trained on.
    """
    if len(members) < 2:
        raise UserError("An ensemble needs two checkpoints or more.")
    first = members[0]
    for member in members[1:]:
        if member.classes != first.classes:
            raise UserError(
                f"{member.name} and {first.name} have different classes, or the same in a different order; "
                "choose networks with the same classes."
            )
        if dataclasses.replace(member.preprocess, size=first.preprocess.size) != first.preprocess:
            raise UserError(
                f"{member.name} and {first.name} read images of a different colour, scale or crop; "
                "choose networks with the same input."
            )
        if _split(member) != _split(first):
            raise UserError(
                f"{member.name} and {first.name} were trained on different data or splits; "
                "choose networks with the same training data."
            )
    sizes = [member.preprocess.size for member in members]
    size = Counter(sizes).most_common(1)[0][0]
    if set(sizes) != {size} and first.preprocess.interpolation != "cubic":
        raise UserError(
            "An ensemble resizes images with cubic interpolation, and these "
            "networks were trained with bilinear; choose others."
        )
    network = Ensemble.of([member.build() for member in members], how, weights, () if set(sizes) == {size} else sizes)
    member_names = [f"{member.name} ({member.sha256[:12]})" for member in members]
    provenance: dict[str, Any] = {
        "data": first.provenance.get("data", ""),
        "split": first.provenance.get("split", ""),
        "selection": "each member's own: " + "; ".join(sorted({m.provenance.get("selection", "") for m in members})),
        "validation": first.provenance.get("validation", ""),
        "members": member_names,
        "recipe": {
            **_split(first),
            "network": "ensemble",
            "_members": ", ".join(member_names),
            "_combined": f"{how} of the members, weights {', '.join(f'{w:g}' for w in weights) or 'equal'}",
        },
    }
    preprocess = dataclasses.replace(first.preprocess, size=size)
    save_checkpoint(destination, network.eval(), first.classes, preprocess, provenance=provenance)
    return read_checkpoint(destination)


def _split(checkpoint: Checkpoint) -> dict[str, Any]:
    recipe = checkpoint.provenance.get("recipe", {})
    return {key: recipe[key] for key in ("data", "protocol", "fold", "exclude_leaks") if key in recipe}
