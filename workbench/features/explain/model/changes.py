"""Changes of a face as one line for the address, such as ``light=0.3,bar=0.25,bar down=0.75``."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fer_models.robustness import CORRUPTIONS
from fer_models.robustness import change as change_model


def parse(line: str) -> dict[str, float]:
    """Strengths of corruptions and positions of covers by name; what is unknown or no number is left out.

    Example:
        >>> parse("light=0.3,bar down=0.75,nothing=1,blur=x")
        {'light': 0.3, 'bar down': 0.75}
    """
    bounds = _bounds()
    values = {}
    for part in line.split(","):
        name, _, number = part.partition("=")
        try:
            value = float(number)
        except ValueError:
            continue
        if name in bounds and math.isfinite(value):
            low, high = bounds[name]
            values[name] = min(max(value, low), high)
    return values


def text(values: Mapping[str, float]) -> str:
    """The line that :func:`parse` reads.

    Example:
        >>> text({"light": 0.3, "bar down": 0.75})
        'light=0.3,bar down=0.75'
    """
    return ",".join(f"{name}={value:g}" for name, value in values.items())


def _bounds() -> dict[str, tuple[float, float]]:
    bounds = {name: (float(kind.low), float(kind.high)) for name, kind in CORRUPTIONS.items()}
    for name in CORRUPTIONS:
        bounds |= {f"{name} {field.name}": (field.low, field.high) for field in change_model.position_fields(name)}
    return bounds
