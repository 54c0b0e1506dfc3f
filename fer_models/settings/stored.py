"""JSON that lies on the disk and may be damaged: one function reads every file, through the type that it must hold."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from fer_models.errors import UserError
from fer_models.files import read_regular
from fer_models.settings.sentence import sentence

T = TypeVar("T")


class DamagedError(UserError):
    """A file of the workbench cannot be used; the message names it, the reason, and what to do."""


def read_stored(file: Path, kind: type[T], *, remedy: str, owner: str = "") -> T:
    """The value in a JSON file.

    Args:
        file: The file.
        kind: What it must hold: settings, a dataclass, a pydantic model, or a list or dictionary of those.
        remedy: What to do about a damaged file, such as ``"copy the folder again"``.
        owner: What the file belongs to; its folder's name by default.

    Raises:
        DamagedError: If the file is missing, no regular file, too large, no JSON, or holds something else.

    Example:
        >>> _ = Path("sizes.json").write_text("[1, 2]")
        >>> read_stored(Path("sizes.json"), list[int], remedy="measure again")
        [1, 2]
    """
    name = f"{file.name} of {owner or file.parent.name}"
    try:
        return parse_stored(read_regular(file), kind)
    except OSError as error:
        raise DamagedError(f"{name} cannot be read ({error.strerror}); {remedy}.") from None
    except ValueError as error:
        raise DamagedError(f"{name} is damaged ({error}); {remedy}.") from None


def stored_or_none(file: Path, kind: type[T]) -> T | None:
    """The value in a JSON file that can be made again, ``None`` where it is missing or damaged."""
    try:
        return parse_stored(read_regular(file), kind)
    except (OSError, ValueError):
        return None


def parse_stored(text: str | bytes, kind: type[T]) -> T:
    """The value in JSON text, as :func:`read_stored`.

    Raises:
        ValueError: If the text is no JSON or holds something else; the message says what, without a full stop.
    """
    text = text.removeprefix("\ufeff") if isinstance(text, str) else text.removeprefix("\ufeff".encode())
    try:
        value: T = _adapter(kind).validate_json(text, strict=True)  # type: ignore[arg-type]
    except ValidationError as error:
        raise ValueError(_reason(kind, text, error)) from None
    except UserError as error:  # of settings inside it
        raise ValueError(str(error).removesuffix(".")) from None
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _reason(kind: Any, text: str | bytes, error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    if fault["type"] == "json_invalid":
        return "it is not JSON"
    where = ", ".join(f"entry {part + 1}" if isinstance(part, int) else str(part)[:60] for part in fault["loc"])
    if "title" in getattr(kind, "__pydantic_config__", {}):
        values = from_json(text)
        if isinstance(values, dict) and (len(fault["loc"]) < 2):
            return sentence(kind, values, error).removesuffix(".")
    message = fault["msg"].removeprefix("Input ").removeprefix("Value error, ")
    words = "is missing" if fault["type"] == "missing" else message[:1].lower() + message[1:]
    return f"{where} {words}".strip() if where else f"its content {words}"
