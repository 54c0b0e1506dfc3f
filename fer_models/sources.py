"""Every data set that can be read: where to ask for it, its terms, the expected layout, and whether it is here."""

from __future__ import annotations

from dataclasses import dataclass

from fer_models.data.catalogue import known_datasets
from fer_models.data.readers import READERS


@dataclass(frozen=True)
class SetSource:
    """One readable data set.

    Args:
        key: Of its reader.
        title: Full name.
        where: Where to ask for it or fetch it.
        terms: What its owners allow, in one sentence.
        layout: Files that its reader expects.
        citation: The paper that presented it; empty for the user's own images.
        found: Names under which it can be opened on this computer, and their paths.
    """

    key: str
    title: str
    where: str
    terms: str
    layout: str
    citation: str
    found: tuple[tuple[str, str], ...]


def set_sources() -> list[SetSource]:
    """All readable data sets: those of one exact layout first, then the user's own images.

    Example:
        >>> [source.title for source in set_sources()][:2]
        ['AffectNet', 'CK+']
    """
    entries = known_datasets()
    sources = []
    for key in sorted(READERS, key=lambda key: READERS[key].general):
        info = READERS[key].info
        found = tuple((entry.name, entry.source) for entry in entries if entry.reader.split(":")[0] == key)
        sources.append(SetSource(key, info.title, info.where, info.terms, info.layout, info.citation, found))
    return sources
