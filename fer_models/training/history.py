"""The epochs of a training as ``metrics.jsonl`` keeps them: one JSON object a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from fer_models.files import read_regular
from fer_models.settings import parse_stored

#: Name of the file in a run's folder and beside a network.
HISTORY = "metrics.jsonl"


class _Epoch(BaseModel):
    """The figures of one epoch; a loss may be NaN."""

    model_config = ConfigDict(extra="allow")

    epoch: Annotated[int, Field(ge=0, le=2**31)]
    lr: float | None = None
    seconds: Annotated[float, Field(ge=0, le=1e11)] | None = None
    images_per_second: float | None = None
    train_loss: float | None = None
    train_accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    val_macro_recall: float | None = None
    val_recall: list[float | None] | None = None
    val_confusion: list[list[int]] | None = None


def read_history(file: Path) -> list[dict[str, Any]]:
    r"""One dictionary an epoch, in order; empty where there is no file.

    Lines that are damaged or still being written are left out. An epoch that was repeated after a resume counts once,
    as its last line says.

    Example:
        >>> _ = Path("metrics.jsonl").write_text('{"epoch": 1, "val_loss": 0.5}\n[]\n{"epoch": 2, "val')
        >>> read_history(Path("metrics.jsonl"))
        [{'epoch': 1, 'val_loss': 0.5}]
    """
    try:
        lines = read_regular(file).splitlines()
    except OSError:
        return []
    rows: dict[int, dict[str, Any]] = {}
    for line in lines:
        try:
            epoch = parse_stored(line, _Epoch)
        except ValueError:
            continue
        rows[epoch.epoch] = epoch.model_dump(exclude_unset=True)
    return [rows[epoch] for epoch in sorted(rows)]
