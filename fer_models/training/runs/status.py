"""The status of a run, as its folder keeps it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fer_models.settings import checked

State = Literal["queued", "running", "cancelled", "failed", "finished", "lost"]
ACTIVE: tuple[State, ...] = ("queued", "running")


_Count = Annotated[int, Field(ge=0, le=2**31)]
_Seconds = Annotated[float, Field(ge=0, le=1e11)]  # up to the year 5138
_Text = Annotated[str, Field(max_length=10_000)]


@checked("status.json", extra="ignore")
class Status:
    """A run at one moment. Times are seconds since 1970; ``seconds_left`` counts to the end of the run.

    ``place`` is the sort key of a run that was moved in the queue; other runs are sorted by ``created``. With
    ``from_best`` it goes on from its best checkpoint, not from its saved state.
    """

    state: State = "queued"
    message: _Text = ""
    epoch: _Count = 0
    epochs: _Count = 0
    step_fraction: Annotated[float, Field(ge=0, le=1)] = 0.0
    images_per_second: Annotated[float, Field(ge=0, le=1e12)] | None = None
    seconds_left: _Seconds | None = None
    best_epoch: _Count | None = None
    best_value: float | None = None
    device: _Text = ""
    pid: _Count | None = None
    pid_started: Annotated[int, Field(ge=0, le=2**63)] | None = None
    created: _Seconds = 0.0
    started: _Seconds | None = None
    updated: _Seconds = 0.0
    place: float | None = None
    from_best: bool = False

    @property
    def active(self) -> bool:
        """Whether a process waits or works."""
        return self.state in ACTIVE

    @property
    def fraction(self) -> float:
        """Done part of the run, 0 to 1."""
        return min((self.epoch + self.step_fraction) / self.epochs, 1.0) if self.epochs else 0.0
