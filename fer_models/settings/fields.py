"""The fields of settings as forms and tables show them."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Any

from fer_models.settings.origin import Origin, parse_origin
from fer_models.settings.sentence import bounds


@dataclass(frozen=True)
class SettingField:
    """One field of a settings class.

    Args:
        name: Its name.
        label: What a form calls it.
        help: What it does, in a sentence; may be empty.
        type: Its type without bounds.
        default: Its usual value, ``None`` where it must be given.
        low: Smallest value, ``None`` without a bound.
        high: Largest value, ``None`` without a bound.
        group: The part of a form that it belongs to; may be empty.
        advanced: Whether a form may fold it away.
        origin: Where its default comes from; ``None`` where that does not apply.
    """

    name: str
    label: str
    help: str
    type: Any
    default: Any
    low: float | None
    high: float | None
    group: str = ""
    advanced: bool = False
    origin: Origin | None = None


def setting_fields(kind: type[Any]) -> dict[str, SettingField]:
    """Every field of a settings class by its name, in the order of the class."""
    fields = {}
    for name, info in typing.cast(Any, kind).__pydantic_fields__.items():
        limits = bounds(info.metadata)
        words = name.replace("_", " ").strip()
        extra = dict(info.json_schema_extra or {})
        origin = extra.pop("origin", None)
        fields[name] = SettingField(
            name=name,
            label=info.title or words[:1].upper() + words[1:],
            help=info.description or "",
            type=info.annotation,
            default=None if info.is_required() else info.get_default(call_default_factory=True, validated_data={}),
            low=limits.get("ge", limits.get("gt")),
            high=limits.get("le", limits.get("lt")),
            origin=None if origin is None else parse_origin(origin),
            **extra,
        )
    return fields
