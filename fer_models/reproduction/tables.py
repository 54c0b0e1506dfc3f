"""What the papers print beside what was measured here, and what speaks against printed figures: one generated page.

Every number of ours comes from the ``metrics.json`` of a trained network or is computed when the page is made; every
number of a paper comes from :mod:`fer_models.evaluation.claims.paper_figures`. None is typed here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from fer_models.architectures import ARCHITECTURES, create_model
from fer_models.checkpoint import Checkpoint
from fer_models.data import READERS
from fer_models.data.splits import without_leaks
from fer_models.evaluation.claims.paper_figures import OUR_METRICS, PaperFigure, paper_figures
from fer_models.evaluation.markdown import table
from fer_models.evaluation.sentence import interval_text
from fer_models.papers import PAPERS
from fer_models.reproduction.ablations import ablation_sections
from fer_models.reproduction.origin import origin_table
from fer_models.reproduction.protocols import Plan, network_of, plan_of

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Finding:
    """Something that speaks against a printed figure: what it is, how it shows here, and the command that shows it."""

    title: str
    about: str
    shown: str
    command: str


def of_dataset(checkpoints: Sequence[Checkpoint], data: str) -> list[Checkpoint]:
    """Trained networks with a figure on that data set, the most accurate first."""
    measured = [(row["value"], c) for c in checkpoints if (row := c.accuracy()) is not None and row["data"] == data]
    return [checkpoint for _, checkpoint in sorted(measured, key=lambda pair: -pair[0])]


def trained_table(checkpoints: Sequence[Checkpoint], data: str) -> str:
    """Markdown table of the trained networks: plain, averaged and without leaked pictures, with their intervals.

    Differences from the published network are listed beside it: a narrower network is not the published one.
    """
    figures = ["plain", "with its mirror image", "without leaked images", "macro F1"]
    rows = [["network", "other than published", "input", "parameters", "epochs", *figures]]
    for checkpoint in of_dataset(checkpoints, data):
        recipe = checkpoint.provenance.get("recipe", {})
        rows.append(
            [
                checkpoint.name,
                _changed(checkpoint),
                f"{checkpoint.in_channels} x {checkpoint.preprocess.size} x {checkpoint.preprocess.size}",
                f"{_parameters(checkpoint):,}",
                f"{recipe.get('epochs', '')}" + (f" after {start}" if (start := recipe.get("init_from")) else ""),
                _text(figure_row(checkpoint, "accuracy", "none")),
                _text(figure_row(checkpoint, "accuracy", "flip")),
                _text(figure_row(checkpoint, "accuracy", "none", leaked=False)),
                _text(figure_row(checkpoint, "macro_f1", "none")),
            ]
        )
    return table(rows, 3)


def _changed(checkpoint: Checkpoint) -> str:
    """Switches that differ from the network's defaults, or an ensemble's members."""
    if members := checkpoint.provenance.get("members"):
        return "of " + ", ".join(member.split()[0] for member in members)
    network = ARCHITECTURES[checkpoint.network]
    options, defaults = (dataclasses.asdict(network.parse_options(values)) for values in (checkpoint.options, {}))
    return ", ".join(f"{key} {value}" for key, value in options.items() if value != defaults[key])


def _parameters(checkpoint: Checkpoint) -> int:
    with torch.device("meta"):
        model = create_model(checkpoint.network, len(checkpoint.classes), checkpoint.in_channels, **checkpoint.options)
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def paper_table(paper: str, checkpoints: Sequence[Checkpoint]) -> str:
    """Markdown table of every figure that a paper prints for a network that is here, beside ours on the same data set.

    Ours is the best trained network of the same architecture, depth and options, or "not measured" with the command
    that measures it. A figure "without augmentation" is compared with a network trained without. Single folds are left
    out where their mean is printed too.
    """
    heads = ["printed in", "data", "network", "metric", "printed", "protocol", "ours", "difference", "why"]
    heads += ["as printed", "without shared people"]
    rows = [heads]
    for figure in paper_figures(paper=paper):
        plan = plan_of(figure)
        if plan is None or figure.case.startswith("R#"):
            continue
        name = " ".join(filter(None, (figure.method, figure.case)))
        twin = f"`{plan.twin.command}`" if plan.twin else ""
        cells = [figure.table, figure.dataset, name, figure.metric, figure.text, figure.protocol]
        rows.append([*cells, *_ours(figure, plan, checkpoints), f"`{plan.command}`", twin])
    return table(rows, len(heads))


def _ours(figure: PaperFigure, plan: Plan, checkpoints: Sequence[Checkpoint]) -> list[str]:
    same = [c for c in of_dataset(checkpoints, figure.reader) if _is_like(c, figure)]
    row = figure_row(same[0], OUR_METRICS[figure.metric], "none") if same else None
    if row is None:
        return [NOT_MEASURED, "", "; ".join(filter(None, (plan.remark, figure.note)))]
    low, high = (100 * (row[end] - figure.value) for end in ("low", "high"))
    difference = f"{100 * (row['value'] - figure.value):+.1f} points [{low:+.1f}, {high:+.1f}]"
    why = [f"{same[0].name}: {row['split']}, selected on {row['selection']}", _recipe(same[0])]
    return [_text(row), difference, "; ".join(filter(None, (*why, figure.note)))]


def _is_like(checkpoint: Checkpoint, figure: PaperFigure) -> bool:
    """Whether a network may stand beside a figure: the same one, and as much or as little augmentation."""
    key, options = network_of(figure) or ("", {})
    if checkpoint.network != key or any(checkpoint.options.get(name) != value for name, value in options.items()):
        return False
    changes = checkpoint.provenance.get("recipe", {}).get("augmentation")  # an ensemble has none of its own
    plain = changes is not None and not any(changes.values())
    return plain if "without augmentation" in figure.protocol else not (plain and "augmentation" in figure.protocol)


def _recipe(checkpoint: Checkpoint) -> str:
    recipe = checkpoint.provenance.get("recipe", {})
    parts = [f"{recipe['epochs']} epochs" if "epochs" in recipe else "", f"{checkpoint.preprocess.size} px"]
    options = recipe.get("options") or {}
    parts += [f"{key} {value}" for key, value in options.items()]
    return ", ".join(filter(None, parts))


def figure_row(checkpoint: Checkpoint, metric: str, averaging: str, *, leaked: bool = True) -> Mapping[str, Any] | None:
    """Of the part that :meth:`Checkpoint.accuracy` is measured on, with or without its leaked pictures."""
    accuracy = checkpoint.accuracy()
    if accuracy is None:
        return None
    split = accuracy["split"] if leaked else without_leaks(accuracy["split"])
    return next((row for row in checkpoint.figures(metric, averaging) if row["split"] == split), None)


def _text(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return NOT_MEASURED
    return interval_text(row["value"], row["low"], row["high"])


def _trained(checkpoints: Sequence[Checkpoint], data: str) -> list[str]:
    best = of_dataset(checkpoints, data)
    if not best:
        return []
    remark = f"{_selections(best)} A figure on the split that also selected the epoch flatters."
    if data in ("fer2013", "ferplus"):
        remark += " PrivateTest was not touched."
    if data == "ferplus":
        remark += " Trained on the shares of ten annotators' votes; right is the class of most of them."
    title = READERS[data].info.title if data in READERS else data
    return [f"## Trained networks on {title}", remark, trained_table(checkpoints, data)]


def _selections(checkpoints: Sequence[Checkpoint]) -> str:
    """On what the rows were measured and selected: most of them alike, the others by name."""
    names: dict[str, list[str]] = {}
    for checkpoint in checkpoints:
        if (row := checkpoint.accuracy()) is not None:
            names.setdefault(f"measured on {row['split']}, selected on {row['selection']}", []).append(checkpoint.name)
    usual, *others = sorted(names, key=lambda words: (-len(names[words]), words))
    return " ".join(
        [
            f"All rows{' but those named' if others else ''}: {usual}.",
            *(f"{', '.join(names[words])}: {words}." for words in others),
        ]
    )


def page(
    checkpoints: Sequence[Checkpoint],
    findings: Sequence[Finding],
    data: str = "fer2013",
    studies: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The whole page as Markdown; ``studies`` as :func:`~fer_models.reproduction.ablations.read_studies` reads them."""
    parts = [
        "# What could be reproduced",
        "Made by `fer reproduction --out docs/reproduction.md` from the figures of the trained networks and the "
        "papers' printed tables; not edited by hand. Intervals are 95 %. Printed figures keep their own protocols: a "
        "difference between protocols is not a difference between networks.",
    ]
    for name in (data, *({"ferplus"} - {data})):
        parts += _trained(checkpoints, name)
    for key, paper in PAPERS.items():
        parts += [f"## {paper.short}", paper.citation, paper_table(key, checkpoints)]
        parts += ["### What is the paper's and what is ours", origin_table(key)]
    if studies:
        parts += ["## Ablations at a small budget", *ablation_sections(studies)]
    parts.append("## What speaks against printed figures")
    for finding in findings:
        parts += [f"### {finding.title}", finding.about, f"Here: {finding.shown}", f"```\n{finding.command}\n```"]
    return "\n\n".join(parts) + "\n"
