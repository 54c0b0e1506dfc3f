"""Recipes that come with the library, one JSON file each; ``_origin`` says where every setting comes from.

``_origin`` maps a field, with dots into ``options``, ``loss_options`` and ``augmentation``, to ``"paper: place"``,
``"code: what it does"`` or ``"ours: reason"``; ``"*"`` stands for all fields that are not named. A file without it is a
recipe of this project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fer_models.errors import UserError
from fer_models.papers import paper_of
from fer_models.settings import Origin, ours, parse_origin, setting_fields

_FOLDER = Path(__file__).parent
_OWN = ours("a recipe of this project")


def preset_origins(name: str) -> dict[str, Origin]:
    """Where each setting of a preset comes from, by dotted field in the order of the file.

    Raises:
        UserError: If there is no preset of that name.

    Example:
        >>> preset_origins("fcsdnet-paper")["lr"].source
        'paper'
    """
    file = _FOLDER / f"{name}.json"
    if not file.is_file():
        raise UserError(f"There is no preset {name!r}; `fer train --help` lists them.")
    values = json.loads(file.read_text(encoding="utf-8"))
    stated = {field: parse_origin(text) for field, text in values.get("_origin", {}).items()}
    rest = stated.pop("*", _OWN)
    fields = [field for field, _ in leaves(values)]
    return {field: stated.get(field, rest) for field in dict.fromkeys([*fields, *stated])}


def recipe_origins(preset: str, start: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Origin]:
    """Origins of those settings of a recipe that are still as in its preset, and of its network's other options.

    Args:
        preset: Name of the preset that the recipe began with.
        start: The preset as a dictionary, all fields filled in.
        recipe: The recipe as a dictionary.
    """
    from fer_models.architectures import ARCHITECTURES

    origins = {
        field: origin for field, origin in preset_origins(preset).items() if part(start, field) == part(recipe, field)
    }
    options = setting_fields(ARCHITECTURES[recipe["network"]].Options)
    return origins | {
        f"options.{name}": field.origin
        for name, field in options.items()
        if field.origin is not None and name not in recipe["options"]
    }


def beside_paper(recipe: Mapping[str, Any]) -> dict[str, str]:
    """For a card: of each setting that the network's paper or its author's code decides, whether it is theirs.

    Args:
        recipe: A recipe as JSON.

    Returns:
        By dotted field where it comes from, or ``"ours; the paper has 150 (Table 3)"``; empty for a network without a
        paper.
    """
    paper = paper_of(str(recipe.get("network", "")))
    if paper is None:
        return {}
    printed = json.loads((_FOLDER / f"{paper.presets[0]}.json").read_text(encoding="utf-8"))
    found = {}
    for field, origin in preset_origins(paper.presets[0]).items():
        theirs = part(printed, field)
        if origin.source != "ours" and theirs is not None and field != "network":
            same = part(recipe, field) == theirs
            who = "the paper" if origin.source == "paper" else "its author's code"
            # Passes by the size of the set are no number to compare with.
            value = "another rule" if field == "repeats" else theirs
            found[field] = str(origin) if same else f"ours; {who} has {value} ({origin.where})"
    return found


def part(recipe: Mapping[str, Any], field: str) -> Any:
    """The value of a dotted field of a recipe as JSON; ``None`` where it has none."""
    value: Any = recipe
    for name in field.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def leaves(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Dotted names and values of a recipe as JSON, comments left out; an empty part is a leaf itself."""
    for name, value in values.items():
        if name.startswith("_"):
            continue
        if isinstance(value, dict) and value:
            yield from ((f"{name}.{inner}", leaf) for inner, leaf in leaves(value))
        else:
            yield name, value
