"""Switches that several networks have, with their ranges and words."""

from typing import Annotated, Any

from pydantic import Field

from fer_models.attention.gates import GateName

Gate = Annotated[GateName, Field(description="The attention gate.")]
Ratio = Annotated[int, Field(ge=1, description="Reduction of the gates.")]
Dropout = Annotated[float, Field(ge=0, le=0.95, description="Before the last layer.")]


def about(description: str, **bounds: Any) -> Any:
    """What a switch does, and its bounds (``ge``, ``le``), for :data:`typing.Annotated`."""
    return Field(description=description, **bounds)
