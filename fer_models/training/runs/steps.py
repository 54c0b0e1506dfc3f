"""The training loss within the epochs, from the first second: ``steps.jsonl`` of a run."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from fer_models.errors import UserError
from fer_models.files import read_regular
from fer_models.json_text import json_text

FILE = "steps.jsonl"
#: Least seconds between two lines, and the share of the time so far: a run of a day has about 3,000 lines.
_LEAST, _SHARE = 0.25, 1 / 300


class StepLosses:
    """Writes the mean loss of the steps since the last line, a line a quarter second at first, later fewer.

    The sums stay on the device; they are read only when a line is due.

    Args:
        file: Lines are added to it.
        clock: Seconds.
    """

    def __init__(self, file: Path, clock: Callable[[], float] = time.monotonic):
        self._file, self._clock = file, clock
        self._began = self._last = clock() - _LEAST  # the first step has a line
        self._epoch, self._loss, self._seen = 0, 0.0, 0.0

    def __call__(self, position: float, totals: Tensor) -> None:
        """Note a step.

        Args:
            position: Epochs completed, the present one as a fraction.
            totals: Sums since the epoch began, of the loss, the right answers and the images, on the device.

        Raises:
            OSError: If the disk is full.
        """
        now = self._clock()
        if now - self._last < max(_LEAST, (now - self._began) * _SHARE):
            return
        loss, _, seen = totals.tolist()
        if (epoch := math.ceil(position - 1e-9)) != self._epoch:  # its sums begin at zero
            self._epoch, self._loss, self._seen = epoch, 0.0, 0.0
        line = {"epoch": round(position, 5), "loss": (loss - self._loss) / (seen - self._seen)}
        self._loss, self._seen, self._last = loss, seen, now
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json_text(line) + "\n")


def read_losses(file: Path) -> list[tuple[float, float]]:
    r"""Position in epochs and mean loss of each line; steps that were taken again after a resume count once.

    Example:
        >>> _ = Path("steps.jsonl").write_text('{"epoch": 0.5, "loss": 2.0}\n{"epoch": 1.0, "loss": 1.5}\n{"epo')
        >>> read_losses(Path("steps.jsonl"))
        [(0.5, 2.0), (1.0, 1.5)]
    """
    try:
        lines = read_regular(file).splitlines()
    except (OSError, UserError):
        return []
    points: list[tuple[float, float]] = []
    for line in lines:
        try:
            row = json.loads(line)
            epoch, loss = float(row["epoch"]), float(row["loss"])
        except (ValueError, KeyError, TypeError):
            continue
        while points and points[-1][0] >= epoch:
            points.pop()
        points.append((epoch, loss))
    return points
