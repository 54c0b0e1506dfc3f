"""Links from a printed row or table to a study that measures it: recipe, data, folds and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.evaluation.claims.paper_figures import PaperFigure, paper_figures
from fer_models.reproduction.protocols import Plan, network_of, plan_of
from workbench.app.datasets import known
from workbench.app.wording import data_title


@dataclass(frozen=True)
class Link:
    """A study that a page of the workbench opens filled in.

    Args:
        command: The same as a command.
        query: Parameters of the address of Studies.
        twin: Those of the same study without shared people; ``None`` where there is none.
        remark: What differs from the paper all the same.
        table: Whether it measures a whole table.
    """

    command: str
    query: dict[str, Any] = field(hash=False)
    twin: dict[str, Any] | None = field(hash=False)
    remark: str
    table: bool = False


def links(paper: str, dataset: str) -> dict[str, Link]:
    """A link for each row and each table of a paper's figures for a data set, by title, in the paper's order."""
    rows: dict[str, list[tuple[str, PaperFigure, Plan]]] = {}
    for figure in paper_figures(paper=paper, dataset=dataset):
        plan = plan_of(figure)
        if plan is not None and not figure.case.startswith("R#"):
            title = " ".join(filter(None, (figure.method, figure.case)))
            listed = rows.setdefault(f"{figure.table}, {_short(figure.protocol)}", [])
            if title not in {known for known, _, _ in listed}:
                listed.append((title, figure, plan))
    found = {}
    for table, plans in rows.items():
        if (whole := _table(plans)) is not None:
            found[f"{table}: all {len(plans)} rows"] = whole
        for title, _, plan in plans:
            twin = _query(plan.twin) if plan.twin else None
            found[f"{table}: {title}"] = Link(plan.command, _query(plan), twin, _remark(plan))
    return found


def _short(protocol: str) -> str:
    return protocol if len(protocol) < 50 else protocol[:47].rpartition(" ")[0] + " ..."


def _table(rows: Sequence[tuple[str, PaperFigure, Plan]]) -> Link | None:
    """All rows as one search, where they differ in the network or in one option."""
    first = rows[0][2]
    if len(rows) < 2 or any((p.preset, p.protocol) != (first.preset, first.protocol) for _, _, p in rows):
        return None
    networks = [network_of(figure) or ("", {}) for _, figure, _ in rows]
    names = [key for key, _ in networks]
    options = [options for _, options in networks]
    if any(c.startswith("loss") for _, _, p in rows for c in p.changes):
        return None  # other losses go with other networks
    if len(set(names)) == len(rows) and not any(options):
        line = f"network = {', '.join(names)}"
    elif len(set(names)) == 1 and all(len(each) == 1 for each in options):
        (option,) = options[0]
        line = f"options.{option} = {', '.join(str(each[option]) for each in options)}"
    else:
        return None
    extra = {"change": "search", "lines": line}
    query = {**_query(first, changes=()), **extra}
    twin = {**_query(first.twin, changes=()), **extra} if first.twin else None
    split = f"--folds {first.folds}" if first.folds > 1 else f"--set protocol={first.protocol}"
    axis = line.replace(" = ", "=").replace(", ", ",")
    command = f"fer study {first.preset} --data {first.data} {split} --grid {axis}"
    return Link(command, query, twin, _remark(first), table=True)


def _query(plan: Plan, changes: Sequence[str] | None = None) -> dict[str, Any]:
    settings = list(plan.changes if changes is None else changes)
    query = {"recipe": plan.preset, "data": _name(plan.data) or BUILT_IN, "change": "nothing"}
    if plan.folds > 1:
        query |= {"folds": str(plan.folds), "held_out": "subject" if plan.by_subject else "random"}
    else:
        query |= {"folds": "none"}
        settings.append(f"protocol={plan.protocol}")
    return query | ({"set": ";".join(settings)} if settings else {})


def _name(reader: str) -> str | None:
    """The name under which a data set is on this computer."""
    return next((entry.name for entry in known() if entry.reader.split(":")[0] == reader), None)


def _remark(plan: Plan) -> str:
    absent = f"{data_title(plan.data)} is not on this computer: the link opens the study on the built-in faces."
    parts = [plan.remark and f"{plan.remark[:1].upper()}{plan.remark[1:]}.", "" if _name(plan.data) else absent]
    return " ".join(filter(None, parts))
