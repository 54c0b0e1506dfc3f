"""Every number printed in the result tables of the five papers: one CSV a paper, named by the paper's key.

These are claims of their authors under their own protocols. A page may show them beside figures measured here, each
with its source, and never in one column with them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fer_models.errors import UserError
from fer_models.papers import PAPERS

#: Our metric that measures the same as a printed one.
OUR_METRICS = {
    "accuracy": "accuracy",
    "precision": "macro_precision",
    "recall": "macro_recall",
    "f1": "macro_f1",
    "specificity": "macro_specificity",
    "gar": "gar",
    "far": "false_acceptance_share",
}


@dataclass(frozen=True)
class PaperFigure:
    """One printed number.

    Args:
        paper: key in :data:`fer_models.papers.PAPERS`.
        table: where it is printed, for instance ``"Table 4"``.
        dataset, protocol, method: as the paper says, or "not stated".
        metric: ``accuracy``, ``precision``, ``recall``, ``f1``, ``specificity``, ``gar``, ``far``, or ``probability``
            and ``share_of_faces`` for readings of single pictures (then ``emotion`` is set), ``images`` for counts of a
            data set.
        case: run, fold, depth or picture within a row, or empty.
        printed: the number as printed; ``unit`` ``"%"`` or empty.
        note: what a reader should know beside it.
    """

    paper: str
    table: str
    dataset: str
    protocol: str
    method: str
    metric: str
    case: str
    emotion: str
    printed: str
    unit: str
    note: str

    @property
    def value(self) -> float:
        """The number on the scale of our metrics: a share in [0, 1] where the paper prints per cent."""
        return float(self.printed) / 100 if self.unit == "%" else float(self.printed)

    @property
    def text(self) -> str:
        """The number as printed, with its unit."""
        return f"{self.printed} {self.unit}".strip()

    @property
    def source(self) -> str:
        """Paper and table."""
        return f"{PAPERS[self.paper].short}, {self.table}"

    @property
    def own(self) -> bool:
        """Whether the paper reports its own network here, not another's."""
        return self.method in PAPERS[self.paper].own_methods

    @property
    def reader(self) -> str:
        """Key of the data set's reader, for instance ``"ckplus"`` for CK+."""
        return "".join(c for c in self.dataset.lower().replace("+", "plus") if c.isalnum())


@cache
def _read(paper: str) -> tuple[PaperFigure, ...]:
    text = resources.files(__name__).joinpath(f"{paper}.csv").read_text(encoding="utf-8")
    return tuple(
        PaperFigure(paper=paper, printed=line.pop("value"), **line) for line in csv.DictReader(text.splitlines())
    )


def paper_figures(
    *, paper: str | None = None, dataset: str | None = None, metric: str | None = None, network: str | None = None
) -> list[PaperFigure]:
    """Printed numbers in the papers' own order, all or those that fit.

    Args:
        paper: key in :data:`fer_models.papers.PAPERS`.
        dataset: name as printed or reader key.
        metric: as in :class:`PaperFigure`.
        network: key of an architecture: only its own paper's rows for it.

    Raises:
        UserError: If there is no such paper.
    """
    if paper is not None and paper not in PAPERS:
        raise UserError(f"There is no paper {paper!r}; choose one of: {', '.join(PAPERS)}.")
    return [
        figure
        for key in (PAPERS if paper is None else (paper,))
        for figure in _read(key)
        if (dataset is None or dataset in (figure.dataset, figure.reader))
        and (metric is None or figure.metric == metric)
        and (network is None or (PAPERS[key].network == network and figure.own))
    ]
