"""What is wrong with settings, in one sentence that names the field, what it must be and what it was."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fer_models.errors import UserError

_LONGEST = 80
_NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_PLURAL = {"a whole number": "whole numbers", "a number": "numbers", "text": "words"}
_COUNTS = {1: "one", 2: "two"}
_MISSING = ("missing", "missing_argument", "missing_keyword_only_argument")


def sentence(kind: Any, values: Mapping[str, Any], error: ValidationError) -> str:
    """The first fault of settings as a sentence; names that are no field come before wrong values.

    Args:
        kind: The settings class.
        values: What it was made with, by name.
        error: The error that pydantic raised.
    """
    title = title_of(kind)
    faults = error.errors(include_url=False)
    fields = kind.__pydantic_fields__
    if unknown := [str(fault["loc"][0]) for fault in faults if fault["type"] == "unexpected_keyword_argument"]:
        names = ", ".join(fields) or "none"
        return f"{title} has no option {_short(', '.join(unknown))}; it has: {names}."
    fault = faults[0]
    if fault["type"] == "value_error":
        return _own_check(title, fault)
    where = fault["loc"][0] if fault["loc"] else ""
    name = list(fields)[where] if isinstance(where, int) and where < len(fields) else str(where)
    if name not in fields:
        return f"{title}: {fault['msg'][:1].lower()}{fault['msg'][1:]}."
    wanted = wording(fields[name].annotation, fields[name].metadata)
    if fault["type"] in _MISSING:
        return f"{title}: {name} is missing; it must be {wanted}."
    return f"{title}: {name} must be {wanted}, not {shown(values.get(name, fault['input']))}."


def _own_check(title: str, fault: ErrorDetails) -> str:
    """A check written for these settings says what is wrong; nested settings name themselves."""
    cause = fault["ctx"]["error"]
    return str(cause) if isinstance(cause, UserError) else f"{title}: {cause}"


def title_of(kind: Any) -> str:
    """What messages call a settings class."""
    return str(kind.__pydantic_config__["title"])


def shown(value: Any) -> str:
    """A value in a message: never long, whatever it is."""
    try:
        return _short(repr(value))
    except (ValueError, RecursionError):  # a number of thousands of digits, a list nested too deeply
        return "a number of too many digits" if isinstance(value, int) else "a value that is too long to show"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def wording(hint: Any, metadata: Sequence[Any] = ()) -> str:
    """What a value must be, such as ``a whole number from 1 to 9``.

    Args:
        hint: A type annotation.
        metadata: Bounds, as pydantic keeps them beside the annotation.
    """
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        inner = [bound for item in arguments[1:] for bound in getattr(item, "metadata", (item,))]
        return wording(arguments[0], [*inner, *metadata])
    if origin is Literal:
        return _either([str(choice) for choice in arguments])
    if origin in (typing.Union, types.UnionType):
        return " or ".join("none" if part is type(None) else wording(part, metadata) for part in arguments)
    if origin is tuple:
        least = bounds(metadata).get("min_length")
        count = (
            f"{_COUNTS.get(least, least)} or more " if least else "" if Ellipsis in arguments else f"{len(arguments)} "
        )
        item = wording(arguments[0])
        singular = next((name for name in _PLURAL if item.startswith(name)), "")
        return f"a list of {count}{_PLURAL.get(singular, 'values')}{item.removeprefix(singular)}"
    if origin is dict or hint is dict:
        return "an object of names and values"
    name = _NAMES.get(hint, f"a {getattr(hint, '__name__', 'value')}")
    return f"{name}{_range(metadata)}"


def bounds(metadata: Sequence[Any]) -> dict[str, Any]:
    """``ge``, ``gt``, ``le``, ``lt`` and ``min_length`` of a field, those that it has."""
    names = ("ge", "gt", "le", "lt", "min_length")
    return {name: getattr(item, name) for item in metadata for name in names if getattr(item, name, None) is not None}


def _range(metadata: Sequence[Any]) -> str:
    limits = bounds(metadata)
    if "ge" in limits and "le" in limits:
        return f" from {_number(limits['ge'])} to {_number(limits['le'])}"
    words = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}
    parts = [f"{word} {_number(limits[name])}" for name, word in words.items() if name in limits]
    return f" {' and '.join(parts)}" if parts else ""


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _either(choices: list[str]) -> str:
    return " or ".join(choices) if len(choices) < 3 else f"one of {', '.join(choices)}"
