"""What the papers print for a data set, and what was measured here on the same data set: two separate tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fer_models.evaluation.claims.paper_figures import OUR_METRICS, PaperFigure, paper_figures
from fer_models.evaluation.metrics import METRICS
from fer_models.papers import PAPERS
from workbench.app.datasets import known
from workbench.app.inventory import TrainedNetwork
from workbench.app.wording import interval, percent, selection

#: Title of a printed metric.
METRIC_TITLES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "specificity": "Specificity",
    "gar": "GAR",
    "far": "FAR",
    "probability": "Probability",
    "share_of_faces": "Share of faces",
    "images": "Images",
}


@dataclass(frozen=True)
class Table:
    """Heads and cells as text; the columns from ``first_number`` to before ``after_numbers`` hold numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_number: int
    after_numbers: int


def datasets(paper: str) -> list[str]:
    """Data sets for which a paper prints figures, in its order."""
    return list(dict.fromkeys(figure.dataset for figure in paper_figures(paper=paper)))


def usual_dataset(paper: str, networks: Sequence[TrainedNetwork]) -> str:
    """The data set that is shown first: FER2013 or else the first one, of those with a figure measured here."""
    names = sorted(datasets(paper), key=lambda name: name != "FER2013")
    return next((name for name in names if measured(paper, name, networks) is not None), names[0])


def first_measured(papers: Sequence[str], networks: Sequence[TrainedNetwork]) -> str:
    """The first paper for one of whose data sets a network was measured here, else the first one."""
    for paper in papers:
        if any(measured(paper, name, networks) is not None for name in datasets(paper)):
            return paper
    return papers[0]


def protocols(paper: str, dataset: str) -> list[str]:
    """Protocols under which a paper prints figures for a data set."""
    return list(dict.fromkeys(figure.protocol for figure in paper_figures(paper=paper, dataset=dataset)))


def printed(paper: str, dataset: str, protocol: str) -> Table:
    """The printed figures of one protocol: a row per method (run, image), a column per metric, and the source."""
    figures = [f for f in paper_figures(paper=paper, dataset=dataset) if f.protocol == protocol]
    metrics = list(dict.fromkeys(figure.metric for figure in figures))
    rows: list[tuple[tuple[str, str, str], dict[str, PaperFigure]]] = []
    for figure in figures:
        name = (figure.method, figure.case, figure.emotion)
        row_with_room = next((row for key, row in rows if key == name and figure.metric not in row), None)
        if row_with_room is None:  # A figure printed in two tables gets two rows.
            row_with_room = {}
            rows.append((name, row_with_room))
        row_with_room[figure.metric] = figure
    labels = [(i, head) for i, head in enumerate(("Network", "Case", "Class")) if any(name[i] for name, _ in rows)]
    cells = tuple(
        (
            *(name[i] for i, _ in labels),
            *(row[metric].text if metric in row else "" for metric in metrics),
            ", ".join(dict.fromkeys(figure.table for figure in row.values())),
        )
        for name, row in rows
    )
    heads = (*(head for _, head in labels), *(METRIC_TITLES[metric] for metric in metrics), "Source")
    return Table(heads, cells, len(labels), len(labels) + len(metrics))


def notes(paper: str, dataset: str) -> list[str]:
    """Notes on the printed figures, each with the figures it concerns."""
    methods_by_note: dict[tuple[str, str], list[str]] = {}
    figures = paper_figures(paper=paper, dataset=dataset)
    metrics = {figure.metric for figure in figures}
    for figure in figures:
        if figure.note:
            methods = methods_by_note.setdefault((figure.metric, figure.note), [])
            if figure.method not in methods:
                methods.append(figure.method)
    return [
        f"{f'{METRIC_TITLES[metric]} of ' if len(metrics) > 1 else ''}{', '.join(methods)}: {note}"
        for (metric, note), methods in methods_by_note.items()
    ]


def measured(paper: str, dataset: str, networks: Iterable[TrainedNetwork]) -> Table | None:
    """Figures of trained networks on that data set, a row per split, the paper's network first; ``None`` if none exist.

    Only metrics that the paper prints, as far as the network's card keeps them.
    """
    figures = paper_figures(paper=paper, dataset=dataset)
    readers = {entry.name: entry.reader.split(":")[0] for entry in known()}
    wanted_metrics = [
        OUR_METRICS[metric] for metric in dict.fromkeys(figure.metric for figure in figures) if metric in OUR_METRICS
    ]
    lines_by_network = []
    for network in networks:
        if network.checkpoint is None:
            continue
        lines: dict[tuple[str, str, int], dict[str, str]] = {}
        for line in network.checkpoint.metrics:
            data = str(line.get("data", ""))
            plain = line["metric"] in wanted_metrics and line.get("averaging") == "none"
            if plain and readers.get(data, data) == figures[0].reader:
                key = (str(line.get("split", "")), str(line.get("selection", "")), int(line.get("n") or 0))
                shown = f"{percent(line['value'])} {interval(line)}" if METRICS[line["metric"]].percent else ""
                lines.setdefault(key, {})[line["metric"]] = shown or f"{line['value']:.3f}"
        is_papers_network = network.checkpoint.network == PAPERS[paper].network
        lines_by_network += [(is_papers_network, network.title, key, line) for key, line in lines.items()]
    if not lines_by_network:
        return None
    metrics = [metric for metric in wanted_metrics if any(metric in line for _, _, _, line in lines_by_network)]
    lines_by_network.sort(key=lambda row: not row[0])
    rows = tuple(
        (
            title,
            *(line.get(metric, "") for metric in metrics),
            f"{split}, n = {n:,}",
            selection(rule) if rule else "not known",
        )
        for _, title, (split, rule, n), line in lines_by_network
    )
    heads = ("Network", *(METRICS[metric].title for metric in metrics), "Measured on", "Weights")
    return Table(heads, rows, 1, 1 + len(metrics))


def numbers(table: Table) -> Sequence[int]:
    """Positions of the columns with numbers."""
    return range(table.first_number, table.after_numbers)
