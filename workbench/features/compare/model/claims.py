"""The claims form: a paper's printed figures, and whether one confusion matrix can give them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fer_models.data import READERS
from fer_models.errors import UserError
from fer_models.evaluation.claims.check import check_claim
from fer_models.evaluation.claims.paper_figures import paper_figures
from fer_models.papers import PAPERS
from fer_models.progress import Progress
from workbench.app import jobs
from workbench.app.jobs import Job

#: Figures of the form: key in a claim -> title.
FIGURES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "specificity": "Specificity",
    "f1": "F1",
}
AVERAGINGS = {"macro": "mean over classes", "weighted": "weighted by class size", "micro": "over all images"}
DIGITS = {"rounded": "rounded", "cut off": "cut off (truncated)"}
_PAPER, _DATA = "dcnn-bilstm", "fer2013"


@dataclass(frozen=True)
class Fields:
    """Contents of the form: one line per class with its number of images, and the figures as printed, in per cent."""

    counts: str
    figures: tuple[tuple[str, str], ...]
    averaging: str = "macro"
    folds: int = 1
    digits: str = "rounded"


def example() -> tuple[Fields, str]:
    """The fifth paper's figures on FER2013 with the official class counts, and their source."""
    rows = {f.metric: f for f in paper_figures(paper=_PAPER, dataset=_DATA) if f.own and f.metric in FIGURES}
    totals: dict[str, int] = {}
    for split in READERS[_DATA].info.counts.values():
        for name, count in split.items():
            totals[name] = totals.get(name, 0) + count
    tables = ", ".join(sorted(figure.table for figure in rows.values()))
    return (
        Fields(
            "\n".join(f"{name} {count}" for name, count in totals.items()),
            tuple((key, rows[key].printed if key in rows else "") for key in FIGURES),
        ),
        f"Filled in: {PAPERS[_PAPER].short} on FER2013 ({tables}). The paper does not state its split; the counts are "
        f"those of all {sum(totals.values()):,} images.",
    )


def claim(fields: Fields) -> dict[str, Any]:
    """The claim that the form makes, as :func:`fer_models.evaluation.claims.check.check_claim` takes it.

    Raises:
        UserError: If a line of the counts does not end with a whole number.
    """
    counts: dict[str, int] = {}
    for number, line in enumerate(filter(None, map(str.strip, fields.counts.splitlines())), 1):
        name, _, count = line.replace(":", " ").replace("\t", " ").rpartition(" ")
        try:
            value = int(count.replace(",", ""))
        except ValueError:
            raise UserError(
                f"Line {number} of the class counts is {line!r}; write a class and its number of images, such as "
                "“happy 895”."
            ) from None
        name = name.strip() or f"class {number}"
        if name in counts:
            raise UserError(f"The class {name!r} has two lines; give each class once.")
        counts[name] = value
    figures = {key: text.strip() for key, text in fields.figures if text.strip()}
    reading = {"folds": fields.folds, "truncated": fields.digits == "cut off"}
    return {"counts": counts, "averaging": fields.averaging, **reading, **figures}


def reading(claim: Mapping[str, Any]) -> str:
    """As what the figures were read, for the verdict."""
    digits = "cut off" if claim["truncated"] else "rounded"
    folds = claim["folds"]
    return f" as means over {folds} folds, {digits}" if folds > 1 else f" as {digits} figures of one test"


def matrix(claim: Mapping[str, Any], rows: Sequence[Sequence[int]]) -> tuple[list[str], list[list[str]]]:
    """Heads and cells of a matrix that was found."""
    names = list(claim["counts"])
    return ["", *names], [[name, *(f"{n:,}" for n in row)] for name, row in zip(names, rows, strict=True)]


def start(figures: Mapping[str, Any]) -> Job:
    """Check a claim in the background, or find the job that does; its result is that of ``check_claim``."""

    def work(progress: Progress) -> dict[str, Any]:
        progress(0.1, "looking for a confusion matrix that gives them all")
        return check_claim(figures)

    key = ("claim", repr(sorted(figures.items(), key=lambda item: item[0])))
    return jobs.start(key, "Check of printed figures", work, lane="short")
