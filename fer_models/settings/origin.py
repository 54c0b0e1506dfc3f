"""Where a setting or a part of a network comes from: the paper, its author's code, or this project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import Field

Source = Literal["paper", "code", "ours"]
_WORDS: dict[Source, str] = {"paper": "Paper", "code": "Author's code", "ours": "Ours"}


@dataclass(frozen=True)
class Origin:
    """Who decided a value.

    Args:
        source: ``"paper"``, ``"code"`` of its author, or ``"ours"``.
        where: The place in the text or what the code does; for ours the reason.

    Example:
        >>> Origin("paper", "Table 1").text
        'Paper: Table 1.'
    """

    source: Source
    where: str

    @property
    def text(self) -> str:
        """For a tooltip: ``"Paper: Table 1."``."""
        return f"{_WORDS[self.source]}: {self.where}."

    def __str__(self) -> str:
        return f"{self.source}: {self.where}"


def in_paper(where: str) -> Origin:
    """Stated in the paper at that place."""
    return Origin("paper", where)


def in_code(what: str) -> Origin:
    """Not in the paper, or other than there: what its author's code does."""
    return Origin("code", what)


def ours(reason: str) -> Origin:
    """Chosen in this project."""
    return Origin("ours", reason)


def parse_origin(text: str) -> Origin:
    """An origin from ``"paper: Table 1"``.

    Raises:
        ValueError: If the word before the colon is none of the three, or nothing follows.

    Example:
        >>> parse_origin("ours: the paper names none")
        Origin(source='ours', where='the paper names none')
    """
    source, _, where = text.partition(":")
    if source not in get_args(Source) or not where.strip():
        raise ValueError(f'an origin is "paper: ...", "code: ..." or "ours: ...", not {text!r}')
    return Origin(source, where.strip())  # type: ignore[arg-type]


def about(description: str, origin: Origin | None = None, **bounds: Any) -> Any:
    """For :data:`typing.Annotated`: what an option does, where its default comes from, and its bounds (``ge``, ``le``).

    Example:
        >>> from typing import Annotated
        >>> Rate = Annotated[float, about("Dropout.", in_paper("Table 1"), ge=0, le=1)]
    """
    extra: Any = None if origin is None else {"origin": str(origin)}
    return Field(description=description, json_schema_extra=extra, **bounds)
