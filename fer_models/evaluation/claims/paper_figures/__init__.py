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


@dataclass(frozen=True)
class Paper:
    """A paper whose figures are kept.

    ``network``: key of its own network in the registry of architectures. ``own_methods``: names under which its tables
    print that network and its variants.
    """

    citation: str
    short: str
    network: str
    own_methods: tuple[str, ...]


#: Papers by the name of their CSV file.
PAPERS: dict[str, Paper] = {
    "fcsdnet": Paper(
        "Long, D. T.: Efficient DenseNet Model with Fusion of Channel and Spatial Attention for Facial Expression "
        "Recognition. Cybernetics and Information Technologies, 2024.",
        "Long 2024",
        "fcsdnet",
        ("FCSDNet",),
    ),
    "multibranch-buet": Paper(
        "Munim, K. A. A., Mahmud, S., Faisal, N., Kamal, M. N.: Facial Expression Classification using Deep Learning. "
        "Course report EEE 402, BUET, on He, Y.: IEEE Access 11, 2023.",
        "BUET report",
        "multibranch",
        ("Mother paper (He 2023)", "Our implementation of mother paper"),
    ),
    "sldcnn": Paper(
        "Li, D., Sun, J., Liu, W., Wang, L., Zhou, N.: Dense-Attention CNN with Spatial-Attention Fusion for Robust "
        "Facial Expression Recognition. Information Technology and Control 54(3), 844-863, 2025.",
        "Li et al. 2025",
        "sldcnn",
        ("SLDCNN", "CLDCNN", "LDCNN"),
    ),
    "separable-attention": Paper(
        "Yengikand, A. K., Afsharyan, M. F., et al.: Facial Expression Recognition Based on Separable Convolution "
        "Network and Attention Mechanism. 2023.",
        "Yengikand et al. 2023",
        "separable_attention",
        ("Separable convolutions with attention",),
    ),
    "dcnn-bilstm": Paper(
        "Jayaraman, S., Mahendran, A.: An interactive information based DCNN-BiLSTM model with dual attention "
        "mechanism for facial expression recognition. Scientific Reports 15, 2025.",
        "Jayaraman and Mahendran 2025",
        "dcnn_bilstm",
        ("DCNN-BiLSTM with dual attention",),
    ),
}


@dataclass(frozen=True)
class PaperFigure:
    """One printed number.

    Args:
        paper: key in :data:`PAPERS`.
        table: where it is printed, for instance ``"Table 4"``.
        dataset, protocol, method: as the paper says, or "not stated".
        metric: ``accuracy``, ``precision``, ``recall``, ``f1``, ``specificity``, ``gar``, ``far``, or ``probability``
            and ``share_of_faces`` for readings of single pictures (then ``emotion`` is set).
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
        paper: key in :data:`PAPERS`.
        dataset: name as printed or reader key.
        metric: as in :class:`PaperFigure`.
        network: key of an architecture: only its own paper's rows for it.

    Raises:
        UserError: If there is no such paper.
    """
    if paper is not None and paper not in PAPERS:
        raise UserError(f"There is no paper {paper!r}; known are {', '.join(PAPERS)}.")
    return [
        figure
        for key in (PAPERS if paper is None else (paper,))
        for figure in _read(key)
        if (dataset is None or dataset in (figure.dataset, figure.reader))
        and (metric is None or figure.metric == metric)
        and (network is None or (PAPERS[key].network == network and figure.own))
    ]
