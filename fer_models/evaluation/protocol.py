"""The protocol of a measurement: which pictures, how the network was selected, which test-time averaging."""

from __future__ import annotations

from dataclasses import dataclass

from fer_models.averaging import AVERAGINGS
from fer_models.errors import UserError
from fer_models.evaluation.part import Part


@dataclass(frozen=True, eq=False)
class Protocol:
    """How a network is measured on a data set.

    Args:
        part: The pictures, their name and their label map.
        selection: On what the network was selected, for instance ``"Training folds"``; empty if that is not known.
        averaging: A key of :data:`fer_models.averaging.AVERAGINGS`.

    Raises:
        UserError: If the averaging is unknown.

    Example:
        >>> protocol = Protocol(Part("test", np.array([3, 5])), selection="val", averaging="flip")
        >>> protocol.part.name, protocol.averaging
        ('test', 'flip')
    """

    part: Part
    selection: str
    averaging: str = "none"

    def __post_init__(self) -> None:
        if self.averaging not in AVERAGINGS:
            raise UserError(f"Test-time averaging is one of {', '.join(AVERAGINGS)}, not {self.averaging!r}.")
