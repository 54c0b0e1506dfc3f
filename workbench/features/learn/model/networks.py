"""Which network reads the face of a lesson, and which the built-in faces."""

from __future__ import annotations

from collections.abc import Iterable

from fer_models.checkpoint import Checkpoint
from fer_models.data.builtin import NAME as BUILT_IN


def choose(networks: Iterable[Checkpoint]) -> tuple[Checkpoint, Checkpoint] | None:
    """The first network trained on photographs and the first trained on the built-in faces.

    Where there is only one kind, it stands in for the other; ``None`` without a network.
    """
    networks = list(networks)
    if not networks:
        return None
    drawn = [network for network in networks if network.provenance.get("data") == BUILT_IN]
    others = [network for network in networks if network not in drawn]
    return (others or drawn)[0], (drawn or others)[0]
