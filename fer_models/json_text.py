"""Figures as JSON, which lacks NaN and infinity: they become ``null``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(value: Any, indent: int | None = None) -> str:
    """A value as JSON text that every reader takes.

    Args:
        value: Of mappings, lists, texts and numbers.
        indent: Spaces a level; ``None`` writes one line.

    Example:
        >>> json_text({"value": float("nan"), "n": [3]})
        '{"value": null, "n": [3]}'
    """
    return json.dumps(_without_nan(value), indent=indent, allow_nan=False)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value
