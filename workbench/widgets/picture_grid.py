"""Small pictures with captions: a grid with heads, which scrolls where the window is narrow, or rows that wrap."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from workbench.app import pictures
from workbench.widgets.files import file_names, report


@dataclass(frozen=True)
class Cell:
    """A cell of the grid.

    Args:
        picture: uint8 (S, S, 3), or ``None`` for words alone. caption: under it. alt: for screen readers.
        strong: whether to draw a frame, for the chosen cell.
    """

    picture: np.ndarray | None
    caption: str = ""
    alt: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Row:
    """A head, small print under it, and cells."""

    head: str
    note: str
    cells: Sequence[Cell]


def show(rows: Sequence[Row], *, columns: Sequence[str] = (), side: int = 96, label: str, name: str = "") -> None:
    """Draw the grid, with buttons that save it as PNG and pin it to the report.

    Args:
        columns: heads over the cells, without one for the row heads. side: of a picture, in pixels of the screen.
        label: what the grid holds, for screen readers. name: of its file; by default the label.
    """
    named = any(row.head or row.note for row in rows)
    head = "".join(f'<th scope="col" style="{_HEAD}">{html.escape(name)}</th>' for name in columns)
    head = f"<thead><tr>{'<th></th>' if named else ''}{head}</tr></thead>" if columns else ""
    body = "".join(
        f"<tr>{_row_head(row) if named else ''}{''.join(_cell(cell, side) for cell in row.cells)}</tr>" for row in rows
    )
    table = f'<table style="border-collapse:collapse"{{}}>{head}<tbody>{body}</tbody></table>'
    _draw(table, 'style="overflow-x:auto;padding-bottom:0.3rem" tabindex="0"', label, name or label)


def wrapped(images: Sequence[np.ndarray], captions: Sequence[str], *, side: int, label: str, name: str = "") -> None:
    """Draw a few pictures side by side, in further rows where the window is narrow, with the same buttons.

    Args:
        images: uint8 (H, W, 1 or 3). captions: under them, and for screen readers. side: of a picture, in pixels of
            the screen. label: what they show, for screen readers. name: of their file; by default the label.
    """
    cells = "".join(
        _cell(Cell(pictures.as_rgb(image), caption), side, "div")
        for image, caption in zip(images, captions, strict=True)
    )
    _draw(f'<div role="group" style="display:flex;flex-wrap:wrap"{{}}>{cells}</div>', "", label, name or label)


def _draw(content: str, around: str, label: str, name: str) -> None:
    """Draw the pictures and offer them to the report; ``content`` has a place for further attributes."""
    name = file_names.file_name(f"{name}.png", key=f"grid {label}").removesuffix(".png")
    attributes = f' data-name="{html.escape(name)}" data-grid aria-label="{html.escape(label)}"'
    before, after = content.split("{}", 1)
    st.html(f'<div class="table"><div {around}>{before}{attributes}{after}</div></div>')
    report.grid(name, label, before + after)


_HEAD = "font-weight:500;font-size:0.82rem;text-align:left;padding:0 0.5rem 0.2rem 0;border:0;vertical-align:bottom"


def _row_head(row: Row) -> str:
    note = (
        f'<div style="font-weight:400;opacity:0.82;font-size:0.75rem">{html.escape(row.note)}</div>' if row.note else ""
    )
    return (
        '<th scope="row" style="font-weight:600;font-size:0.85rem;text-align:left;vertical-align:top;border:0;'
        f'padding:0 0.7rem 0.5rem 0;min-width:7.5rem;max-width:11rem">{html.escape(row.head)}{note}</th>'
    )


def _joined(text: str) -> str:
    """With no line break between a number and its per cent sign."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _cell(cell: Cell, side: int, tag: Literal["td", "div"] = "td") -> str:
    frame = "outline:2px solid currentColor;outline-offset:1px;" if cell.strong else ""
    picture = (
        ""
        if cell.picture is None
        else f'<img src="{pictures.uri(cell.picture)}" alt="{html.escape(cell.alt or cell.caption)}" '
        f'width="{side}" height="{side}" style="display:block;image-rendering:pixelated;max-width:none;{frame}">'
    )
    caption = (
        f'<div style="font-size:0.75rem;line-height:1.25;overflow-wrap:anywhere;'
        f"max-width:{max(side, 84)}px;margin-top:0.15rem;"
        f'font-variant-numeric:tabular-nums">{html.escape(_joined(cell.caption))}</div>'
        if cell.caption
        else ""
    )
    return f'<{tag} style="border:0;padding:2px 0.5rem 0.5rem 2px;vertical-align:top">{picture}{caption}</{tag}>'
