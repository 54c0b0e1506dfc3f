"""The status of a run, as its folder keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["queued", "running", "cancelled", "failed", "finished", "lost"]
ACTIVE: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class Status:
    """A run at one moment. Times are seconds since 1970; ``seconds_left`` counts to the end of the run.

    ``place`` is the sort key of a run that was moved in the queue; other runs are sorted by ``created``.
    """

    state: State = "queued"
    message: str = ""
    epoch: int = 0
    epochs: int = 0
    step_fraction: float = 0.0
    images_per_second: float | None = None
    seconds_left: float | None = None
    best_epoch: int | None = None
    best_value: float | None = None
    device: str = ""
    pid: int | None = None
    pid_started: int | None = None
    created: float = 0.0
    started: float | None = None
    updated: float = 0.0
    place: float | None = None

    @property
    def active(self) -> bool:
        """Whether a process waits or works."""
        return self.state in ACTIVE

    @property
    def fraction(self) -> float:
        """Done part of the run, 0 to 1."""
        return min((self.epoch + self.step_fraction) / self.epochs, 1.0) if self.epochs else 0.0
