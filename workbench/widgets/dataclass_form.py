"""A form for a settings class: a control per field, by its type, range and choices."""

from __future__ import annotations

import math
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from fer_models.settings import Origin, SettingField, setting_fields

#: Values and their titles.
Choices = Sequence[tuple[Any, str]]

#: Values of settings that are written in capitals.
_ACRONYMS = {"gelu": "GELU", "relu": "ReLU"} | {
    word: word.upper() for word in ("cam", "cbam", "dsc", "hog", "ilm", "pcp", "sam", "se", "vgg8", "vgg19")
}


def show(
    kind: type[Any],
    values: Mapping[str, Any],
    *,
    key: str,
    fields: Sequence[str] | None = None,
    choices: Mapping[str, Choices] | None = None,
    origins: Mapping[str, Origin] | None = None,
    columns: int = 3,
) -> dict[str, Any]:
    """Draw the controls of a settings class and return the values by field name.

    Args:
        kind: A :func:`fer_models.settings.checked` class.
        values: Initial values.
        key: Prefix of the widgets' keys.
        fields: Which fields and in which order; all by default.
        choices: For fields whose values come from elsewhere, such as a registry.
        origins: Where initial values come from, for those whose class does not say it or says another; in the help.
        columns: Controls side by side.
    """
    declared = setting_fields(kind)
    names = list(declared) if fields is None else list(fields)
    result: dict[str, Any] = {}
    for start in range(0, len(names), columns):
        for column, name in zip(
            st.columns(columns, vertical_alignment="bottom"), names[start : start + columns], strict=False
        ):
            with column:
                options = (choices or {}).get(name)
                origin = (origins or {}).get(name, declared[name].origin)
                result[name] = _control(declared[name], values[name], f"{key} {name}", options, origin)
    return result


def _control(field: SettingField, value: Any, key: str, options: Choices | None, origin: Origin | None = None) -> Any:
    hint, about = field.type, " ".join(filter(None, (field.help, origin.text if origin else ""))) or None
    if options is None and typing.get_origin(hint) is Literal:
        options = [(choice, _words(str(choice))) for choice in typing.get_args(hint)]
    if options is not None:
        titles = dict(options)
        titles.setdefault(value, str(value))
        return st.selectbox(
            field.label, list(titles), list(titles).index(value), format_func=lambda v: titles[v], key=key, help=about
        )
    if hint is bool:
        return st.checkbox(field.label, value, key=key, help=about)
    if hint is int:
        low, high = (None if bound is None else int(bound) for bound in (field.low, field.high))
        return st.number_input(field.label, low, high, value, 1, key=key, help=about)
    if hint is float:
        least, most = _float(field.low), _float(field.high)
        step = _step(value, most)
        return st.number_input(field.label, least, most, float(value), step, format="%g", key=key, help=about)
    if typing.get_origin(hint) is tuple:
        about = " ".join(filter(None, (about, "Separate values with commas.")))
        return _numbers(st.text_input(field.label, ", ".join(map(str, value)), key=key, help=about))
    return st.text_input(field.label, str(value), key=key, help=about)


def _words(name: str) -> str:
    text = " ".join(_ACRONYMS.get(word, word) for word in name.replace("_", " ").split())
    return text[:1].upper() + text[1:]


def _float(bound: Any) -> float | None:
    return None if bound is None else float(bound)


def _step(value: float, high: float | None) -> float:
    """About a tenth of the value, or a hundredth of the range where the value is 0; a power of ten."""
    size = abs(value) or min(high or 1.0, 1.0) / 10
    return float(10.0 ** math.floor(math.log10(size) - (0 if value else 0.01)))


def _numbers(text: str) -> list[Any]:
    """Numbers from ``1, 2, 4``; anything else stays text, so that the check of the options reports it."""
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
