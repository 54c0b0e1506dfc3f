"""A frozen dataclass whose values are checked by pydantic, and the ways to make one: from JSON, text, a signature."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar, dataclass_transform

import pydantic.dataclasses
from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ArgsKwargs, PydanticCustomError, from_json

from fer_models.errors import UserError
from fer_models.settings.sentence import sentence, shown, title_of

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def checked(title: str, extra: Literal["forbid", "ignore"] = "forbid") -> Callable[[type[T]], type[T]]:
    """Class decorator: a frozen dataclass that checks its values whenever one is made.

    Types are strict (``True`` is no number, ``2.0`` no whole number), but a float takes a whole number; NaN and
    infinity are refused. Bounds and words for forms stand in ``Annotated[..., Field(...)]``. A check of several fields
    goes into ``__post_init__`` and raises a ``ValueError`` whose message is a sentence.

    Args:
        title: What messages, forms and JSON schemas call the settings.
        extra: Whether names that are no field are refused or ignored.

    Raises:
        UserError: When one is made with a value that is not possible; the sentence names the field, what it must be
            and what it was.

    Example:
        >>> from typing import Annotated
        >>> from pydantic import Field
        >>> @checked("Pool")
        ... class Pool:
        ...     side: Annotated[int, Field(ge=1, le=9, description="Side of the window.")] = 2
        >>> Pool(side=0)
        Traceback (most recent call last):
        fer_models.errors.UserError: Pool: side must be a whole number from 1 to 9, not 0.
    """
    config = ConfigDict(title=title, strict=True, extra=extra, allow_inf_nan=False, arbitrary_types_allowed=True)

    def make(cls: type[T]) -> type[T]:
        kind: Any = pydantic.dataclasses.dataclass(frozen=True, config=config)(cls)

        def __init__(self: Any, /, *args: Any, **values: Any) -> None:  # noqa: N807
            try:
                self.__pydantic_validator__.validate_python(ArgsKwargs(args, values), self_instance=self)
            except ValidationError as error:
                by_name = dict(zip(kind.__pydantic_fields__, args, strict=False)) | values
                raise UserError(sentence(type(self), by_name, error)) from None

        kind.__init__ = __init__
        return kind

    return make


def from_values(kind: type[T], values: Any) -> T:
    """Settings from a JSON object.

    Raises:
        UserError: If ``values`` is no object, a name is unknown or a value is not possible.
    """
    if not isinstance(values, dict):
        raise UserError(f"{title_of(kind)} must be a JSON object of names and values, not {shown(values)}.")
    return kind(**values)


def from_text(kind: type[T], texts: Mapping[str, str]) -> T:
    """Settings from words, as in ``name:count=2000,colour=true``.

    Raises:
        UserError: If a name is unknown or a word is not possible.
    """
    validator = typing.cast(Any, kind).__pydantic_validator__
    try:
        made: T = validator.validate_strings(dict(texts))
    except ValidationError as error:
        raise UserError(sentence(kind, texts, error)) from None
    return made


def from_signature(title: str, *functions: Callable[..., Any]) -> type[Any]:
    """Settings class of the arguments with defaults of some functions, those of the first one first.

    Args:
        title: As in :func:`checked`.
    """
    annotations: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for function in functions:
        hints = typing.get_type_hints(function, include_extras=True)
        for parameter in inspect.signature(function).parameters.values():
            if parameter.default is not parameter.empty:
                annotations.setdefault(parameter.name, hints[parameter.name])
                defaults.setdefault(parameter.name, parameter.default)
    return _made(title, annotations, defaults)


def from_choices(title: str, choices: Mapping[str, tuple[str, ...]]) -> type[Any]:
    """Settings class of choices among words, by name; the first word of each is its default."""
    return _made(
        title,
        {name: Literal[words] for name, words in choices.items()},
        {name: words[0] for name, words in choices.items()},
    )


def _made(title: str, annotations: dict[str, Any], defaults: dict[str, Any]) -> type[Any]:
    body = {"__annotations__": annotations, "__module__": __name__, "__doc__": title, **defaults}
    return checked(title)(type("Options", (), body))


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """JSON schema of settings: names, types, ranges, defaults and descriptions."""
    schema = TypeAdapter(kind).json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        part["description"] = part.get("description", "").partition("\n\n")[0]  # of a docstring, the first sentence
    return schema


def parse_json(text: str | bytes, *, finite: bool = False) -> Any:
    """The value that JSON text holds.

    Args:
        text: The text; a byte order mark before it is ignored.
        finite: Whether NaN and infinity, which other programs cannot read, are refused.

    Raises:
        ValueError: If it cannot be read for any reason, numbers of many digits and deep nesting included.
    """
    mark = "\ufeff"  # some editors put it before the text
    bare = text.removeprefix(mark) if isinstance(text, str) else text.removeprefix(mark.encode())
    return from_json(bare, allow_inf_nan=not finite)


def nested(kind: type[Any]) -> BeforeValidator:
    """For a field that holds other settings: takes a JSON object too; names that start with ``_`` are comments."""

    def make(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        return from_values(kind, without_comments(value))

    return BeforeValidator(make)


def without_comments(values: Any) -> Any:
    """A JSON object without the names that start with ``_``; anything else as it is."""
    if not isinstance(values, dict):
        return values
    return {name: value for name, value in values.items() if not name.startswith("_")}


def _exact(value: Any) -> Any:
    if isinstance(value, bool | float):
        raise PydanticCustomError("literal_error", "A whole number")
    return value


#: For a choice among whole numbers: ``True`` and ``18.0`` are not taken for 1 and 18.
EXACT = BeforeValidator(_exact)
