"""The leaderboard of explanation methods: measured in the background, cached on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.evidence import METHODS
from fer_models.explain.benchmark.run import USUAL_COUNT, Leaderboard, benchmark
from fer_models.explain.benchmark.stored import board_digest, read_board, write_board
from fer_models.explain.benchmark.table import cell, heads
from fer_models.folders import cache_folder
from fer_models.progress import Progress
from workbench.app import jobs
from workbench.app.datasets import identity
from workbench.app.jobs import Job
from workbench.app.wording import duration

#: Choices of the number of pictures.
COUNTS: dict[int, str] = {USUAL_COUNT: str(USUAL_COUNT), 48: "48", 120: "120"}
_VERSION = 2


@dataclass(frozen=True)
class Question:
    """Networks by name, the data set, the methods, and the number of pictures."""

    networks: Mapping[str, Checkpoint]
    dataset: FaceDataset
    methods: tuple[str, ...]
    count: int

    @property
    def key(self) -> tuple[str, str]:
        """Key of its job and its file."""
        nets = [(name, c.identity) for name, c in self.networks.items()]
        words = repr((_VERSION, nets, identity(self.dataset), self.methods, self.count))
        return ("leaderboard", hashlib.sha256(words.encode()).hexdigest())


def read(question: Question) -> Leaderboard | None:
    """The leaderboard, if it was measured before or comes with the only network; else ``None``."""
    job = jobs.find(question.key)
    if job is not None:
        board: Leaderboard | None = job.result if job.state == "done" else None
        return board
    if (own := read_board(_file(question))) is not None or len(question.networks) > 1:
        return own
    (name,) = question.networks
    test = board_digest(name, question.networks[name], question.dataset, question.methods, question.count)
    return read_board(question.networks[name].path / METHODS, test=test)


def find(question: Question) -> Job | None:
    """The job of the measurement, if it was started in this process."""
    return jobs.find(question.key)


def start(question: Question, classifiers: Callable[[], Mapping[str, Classifier]]) -> Job:
    """Measure in the background, or find the job that does; its result is the :class:`Leaderboard`."""

    def work(progress: Progress) -> Leaderboard:
        board = benchmark(
            classifiers(), question.dataset, methods=question.methods, count=question.count, progress=progress
        )
        _write(board, _file(question))
        return board

    return jobs.start(question.key, f"Tests of {len(question.methods)} heatmap methods", work, lane="long")


def rows(board: Leaderboard, network: str) -> tuple[list[str], list[tuple[str, ...]], set[tuple[int, int]]]:
    """Heads, cells and bold positions of one network's table; reference maps are last."""
    lines = [row for row in board.rows if row.network == network]
    best = {metric: board.best(network, metric) for metric in board.metrics}
    bold = {
        (number, column + 1)
        for number, row in enumerate(lines)
        for column, metric in enumerate(board.metrics)
        if best[metric] is row
    }
    cells = [
        (
            f"{row.title} (reference)" if row.reference else row.title,
            *(cell(board, row, metric) for metric in board.metrics),
            "" if row.reference else duration(row.seconds),
        )
        for row in lines
    ]
    return ["Method", *heads(board), "Time per image"], cells, bold


def sentence(board: Leaderboard, network: str) -> str:
    """Which methods beat all three reference maps in insertion and deletion, in one sentence."""
    tests = [metric for metric in ("insertion", "deletion") if metric in board.metrics]
    own_rows = [row for row in board.rows if row.network == network and not row.reference]
    good = [row.title for row in own_rows if not any(board.unbeaten(row, metric) for metric in tests)]
    weak = [row.title for row in own_rows if any("random map" in board.unbeaten(row, metric) for metric in tests)]
    words = f"On {network}, " + (
        f"{_listed(good)} beat all three reference maps in insertion and deletion on average"
        if good
        else "no method beats all three reference maps in insertion and deletion on average"
    )
    return words + (f"; {_listed(weak)} did no better than a random map in one of them." if weak else ".")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _file(question: Question) -> Path:
    return cache_folder() / "heatmaps" / f"leaderboard-{question.key[1]}.json"


def _write(board: Leaderboard, file: Path) -> None:
    """Cache the leaderboard; if that fails, it is measured again next time."""
    with suppress(OSError):
        write_board(board, file)
