"""Buttons that save a file: the only user of ``st.download_button``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from fer_models.tables import csv_text
from workbench.widgets.files import file_names

_KINDS = {
    "csv": "text/csv",
    "tex": "application/x-tex",
    "json": "application/json",
    "md": "text/markdown",
    "html": "text/html",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "npy": "application/octet-stream",
    "zip": "application/zip",
    "webm": "video/webm",
    "mp4": "video/mp4",
    "gif": "image/gif",
}


def button(
    label: str,
    content: bytes | str | Callable[[], bytes | str],
    name: str,
    *,
    key: str,
    help: str | None = None,
    icon: str = "download",
    alone: bool = False,
) -> None:
    """Draw a button that saves a file; the name says page, image, network, data and split too.

    Args:
        label: Of the button.
        content: The file, or a function that makes it when the button is pressed.
        name: What it is, with its ending, such as ``regions.csv``. Method and class belong into it.
        key: Of the widget.
        help: A sentence that appears under the mouse.
        icon: Name of a Material Symbol.
        alone: Whether the name is complete, for a file that is of no single page.
    """
    st.download_button(
        label,
        content,
        name if alone else file_names.file_name(name, key=key),
        _KINDS[name.rpartition(".")[2]],
        key=key,
        on_click="ignore",
        icon=f":material/{icon}:",
        help=help,
    )


def show(columns: Sequence[str], rows: Sequence[Sequence[object]], name: str, *, key: str, label: str = "CSV") -> None:
    """Draw a button that saves the rows as CSV under ``name``."""
    button(label, csv_text(columns, rows), name, key=key)
