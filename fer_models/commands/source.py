"""The options by which commands name a data set: ``--data`` and ``--reader``."""

from __future__ import annotations

import argparse

_HELP = (
    "a known data set, or the path of a folder or CSV file; options of its reader may follow, such as "
    "photos/jaffe:reader=jaffe,crop=face"
)


def source_arguments(parser: argparse.ArgumentParser, *, required: bool = False, default: str | None = None) -> None:
    """Add ``--data`` and ``--reader`` to a command; :func:`source_of` reads both."""
    parser.add_argument("--data", required=required, default=default, help=_HELP)
    reader_argument(parser)


def reader_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--reader`` alone, for a command that names its data without an option."""
    parser.add_argument("--reader", metavar="NAME", help="key of a reader, by default recognised from the layout")


def source_of(data: str, reader: str | None) -> str:
    """The data set with its reader as one text, as :func:`~fer_models.data.open_dataset` and recipes take it.

    Args:
        data: A known data set or a path, with or without options.
        reader: Key of a reader, with or without options; ``None`` leaves it to the data set or its layout.

    Example:
        >>> source_of("photos/jaffe:crop=face", "jaffe")
        'photos/jaffe:crop=face,reader=jaffe'
        >>> source_of("photos/faces", "kdef:angle=straight")
        'photos/faces:reader=kdef,angle=straight'
    """
    if not reader:
        return data
    joint = "," if "=" in data.rpartition(":")[2] and ":" in data else ":"
    return f"{data}{joint}reader={reader.replace(':', ',', 1)}"
