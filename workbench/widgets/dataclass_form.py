"""A form made from a dataclass: one labelled control a field, by its type, range and choices."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

#: Values and how each is called on the page.
Choices = Sequence[tuple[Any, str]]


def show(
    kind: type[Any],
    values: Mapping[str, Any],
    *,
    key: str,
    fields: Sequence[str] | None = None,
    choices: Mapping[str, Choices] | None = None,
    columns: int = 3,
) -> dict[str, Any]:
    """Draw the controls of a dataclass and return what they say, by field name.

    Args:
        kind: the dataclass. A field's metadata may hold ``label``, ``help``, ``low`` and ``high``.
        values: what the controls show first.
        key: prefix of the widgets' keys.
        fields: which fields and in which order; all by default.
        choices: for fields whose possible values are known elsewhere, such as the names in a registry.
        columns: controls side by side.
    """
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in dataclasses.fields(kind)}
    names = list(known) if fields is None else list(fields)
    result: dict[str, Any] = {}
    for start in range(0, len(names), columns):
        for place, name in zip(
            st.columns(columns, vertical_alignment="bottom"), names[start : start + columns], strict=False
        ):
            with place:
                options = (choices or {}).get(name)
                result[name] = _control(known[name], hints[name], values[name], f"{key} {name}", options)
    return result


def show_defaults(
    defaults: Mapping[str, Any], values: Mapping[str, Any], *, key: str, columns: int = 3
) -> dict[str, Any]:
    """The same for a set of options known by name and default only: numbers and switches."""
    kind = dataclasses.make_dataclass(
        "Options", [(name, type(value), dataclasses.field(default=value)) for name, value in defaults.items()]
    )
    return show(kind, {**defaults, **values}, key=key, columns=columns)


def _control(field: dataclasses.Field[Any], hint: Any, value: Any, key: str, options: Choices | None) -> Any:
    label = field.metadata.get("label") or _words(field.name)
    about = field.metadata.get("help") or None
    if options is None and typing.get_origin(hint) is Literal:
        options = [(choice, _words(str(choice))) for choice in typing.get_args(hint)]
    if options is not None:
        titles = dict(options)
        titles.setdefault(value, str(value))
        return st.selectbox(
            label, list(titles), list(titles).index(value), format_func=lambda v: titles[v], key=key, help=about
        )
    if hint is bool:
        return st.checkbox(label, value, key=key, help=about)
    if hint is int:
        low, high = field.metadata.get("low"), field.metadata.get("high")
        return st.number_input(label, low, high, value, 1, key=key, help=about)
    if hint is float:
        low, high = (_float(field.metadata.get(bound)) for bound in ("low", "high"))
        return st.number_input(label, low, high, float(value), _step(value, high), format="%g", key=key, help=about)
    if typing.get_origin(hint) is tuple:
        text = st.text_input(label, ", ".join(map(str, value)), key=key, help=about or "Numbers with commas between.")
        return _numbers(text)
    return st.text_input(label, str(value), key=key, help=about)


def _words(name: str) -> str:
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def _float(bound: Any) -> float | None:
    return None if bound is None else float(bound)


def _step(value: float, high: float | None) -> float:
    """About a tenth of the value, or a hundredth of the range where the value is 0; a power of ten."""
    size = abs(value) or min(high or 1.0, 1.0) / 10
    return float(10.0 ** math.floor(math.log10(size) - (0 if value else 0.01)))


def _numbers(text: str) -> list[Any]:
    """Numbers from ``1, 2, 4``; anything else stays text, so that the options' own check can name it."""
    parts: list[Any] = []
    for part in (p.strip() for p in text.split(",") if p.strip()):
        try:
            parts.append(int(part))
        except ValueError:
            try:
                parts.append(float(part))
            except ValueError:
                parts.append(part)
    return parts
