"""Names of saved files: the page, what is shown on it, and the file's own name; no two of a page are the same."""

from __future__ import annotations

from itertools import count

from workbench import state
from workbench.app.wording import slug

#: Order of the parts in a name.
PARTS = ("image", "run", "network", "data", "split")
SUBJECT = state.Kept("widgets.subject")
GIVEN = state.Kept("widgets.names given")


def begin(page: str) -> None:
    """Start a page: nothing is known of it but its key."""
    SUBJECT.set({"page": page})
    GIVEN.set({})


def about(**parts: str | None) -> None:
    """Say what the page shows; it stands in the names of all files that are drawn from here on.

    Args:
        parts: Any of :data:`PARTS`, and others for the report, such as ``weights``; ``None`` removes one.
    """
    known = subject() | parts
    SUBJECT.set({name: text for name, text in known.items() if text})


def subject() -> dict[str, str]:
    """What the page shows, by name."""
    return dict(SUBJECT.get({}))


def file_name(name: str, *, key: str, also: str = "") -> str:
    """The full name of a file.

    Args:
        name: Its own name with its ending, such as ``regions.csv``; method and class belong into it.
        key: Of the button or figure; another one that asks for the same name gets a number behind it.
        also: A second ending under which it is saved, such as ``.svg``.

    Returns:
        Such as ``explain-happy-fcsdnet-regions.csv``, without blanks.
    """
    shown = subject()
    stem, dot, end = name.rpartition(".") if "." in name else (name, "", "")
    parts = [shown.get("page", ""), *(shown.get(part, "") for part in PARTS), stem]
    full = "-".join(dict.fromkeys(part for part in map(slug, parts) if part))
    given = GIVEN.get({})
    for number in count(1):
        unique = full if number == 1 else f"{full}-{number}"
        names = [f"{unique}{ending}" for ending in (f"{dot}{end}", also) if ending]
        if all(given.get(name, key) == key for name in names):
            break
    GIVEN.set(given | dict.fromkeys(names, key))
    return f"{unique}{dot}{end}"
