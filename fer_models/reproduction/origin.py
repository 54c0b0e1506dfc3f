"""Paper by paper: every part of its network and of its recipe, with who decided it and where the text says so."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fer_models.architectures import ARCHITECTURES
from fer_models.evaluation import markdown
from fer_models.losses import LOSSES
from fer_models.papers import PAPERS
from fer_models.settings import Origin, setting_fields
from fer_models.training.presets import part, preset_origins
from fer_models.training.recipe import load_preset

HEADS = ("Part of", "Component", "Value", "From", "Place or reason")


@dataclass(frozen=True)
class Component:
    """One thing that somebody decided.

    Args:
        paper: Key in :data:`fer_models.papers.PAPERS`.
        group: Title of the network, or the name of the preset.
        name: What it is.
        value: Its value here; empty for a fixed part of a network.
        source: ``"paper"``, ``"code"`` or ``"ours"``.
        where: Place in the text, what the code does, or the reason.
    """

    paper: str
    group: str
    name: str
    value: str
    source: str
    where: str


def components(paper: str) -> list[Component]:
    """Every component of a paper's networks and presets.

    Raises:
        UserError: If there is no such paper.

    Example:
        >>> {part.source for part in components("sldcnn")} == {"paper", "ours"}
        True
    """
    own = PAPERS[paper].network
    found = [Component(paper, *line) for line in _network(own)]
    known = {(c.name, c.value, c.source, c.where) for c in found}
    for other in PAPERS[paper].other_networks:  # only what differs from the paper's own network
        lines = (Component(paper, *line) for line in _network(other))
        found += [c for c in lines if (c.name, c.value, c.source, c.where) not in known]
    for preset in PAPERS[paper].presets:
        found += [Component(paper, *line) for line in _preset(preset)]
    return found


def _network(key: str) -> Iterator[tuple[str, str, str, str, str]]:
    network = ARCHITECTURES[key]
    yield (network.title, "sizes", "", *_cells(network.size_origin))
    for name, origin in network.parts.items():
        yield (network.title, name, "", *_cells(origin))
    yield from _options(network.title, network.Options)


def _options(group: str, kind: type[Any], without: tuple[str, ...] = ()) -> Iterator[tuple[str, str, str, str, str]]:
    for field in setting_fields(kind).values():
        if field.origin is not None and field.name not in without:
            yield (group, field.name, _shown(field.default), *_cells(field.origin))


def _preset(name: str) -> Iterator[tuple[str, str, str, str, str]]:
    recipe = load_preset(name)
    values = recipe.to_dict()
    for field, origin in preset_origins(name).items():
        yield (name, field, _shown(part(values, field)), *_cells(origin))
    yield from _options(name, LOSSES[recipe.loss].option_type(), tuple(recipe.loss_options))


def _cells(origin: Origin) -> tuple[str, str]:
    return origin.source, origin.where


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(inner)}" for name, inner in value.items() if inner) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def cells(component: Component) -> tuple[str, ...]:
    """The cells of a row under :data:`HEADS`."""
    return dataclasses.astuple(component)[1:]


def origin_table(paper: str) -> str:
    """The components of a paper as a Markdown table."""
    return markdown.table([list(HEADS), *(list(cells(c)) for c in components(paper))], len(HEADS))


def origin_text() -> str:
    """All papers as aligned text."""
    parts = []
    for key, paper in PAPERS.items():
        rows = [HEADS, *map(cells, components(key))]
        widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS) - 1)]
        lines = ["  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[-1]]) for row in rows]
        parts.append("\n".join([paper.citation, "", *lines]))
    return "\n\n".join(parts) + "\n"
