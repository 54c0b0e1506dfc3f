"""The report of a session: what was pinned on any page, kept in memory until it is saved or cleared."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from workbench import state
from workbench.widgets import downloads
from workbench.widgets.files import file_names

if TYPE_CHECKING:
    import plotly.graph_objects as go

#: Most items, and most bytes of all of them.
MOST, LARGEST = 60, 40_000_000
ITEMS = state.Kept("widgets.report", ())
ASKED = state.Kept("widgets.report asked", "")


@dataclass(frozen=True)
class Item:
    """A figure, a picture or a table, with what it takes to see it again.

    Args:
        name: File name without its ending; the same for the same thing.
        title: A sentence on what it shows.
        settings: Page, network, hash of its weights, data, split and address, by name.
        figure: HTML of a Plotly figure, without Plotly itself.
        picture: ``data:`` address of a picture.
        grid: HTML of a table of pictures, each as a ``data:`` address.
        columns: Head of a table.
        rows: Its cells as text.
        right: Its columns of numbers.
    """

    name: str
    title: str
    settings: Mapping[str, str]
    figure: str = ""
    picture: str = ""
    grid: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    right: Collection[int] = field(default=())

    @property
    def size(self) -> int:
        """About how many bytes it takes in the session."""
        return (
            len(self.figure) + len(self.picture) + len(self.grid) + sum(len(cell) for row in self.rows for cell in row)
        )


def pin(name: str) -> None:
    """Put the figure, table or picture of that file name into the report when it is drawn next."""
    ASKED.set(name)


def figure(name: str, title: str, shown: go.Figure) -> None:
    """Add the figure that was just drawn, if it was pinned."""
    if _pinned(name):
        from workbench.widgets.files.report_page import figure_html  # it imports Plotly

        _add(Item(name, title.partition(";")[0], _settings(), figure=figure_html(shown)))


def table(
    name: str, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()
) -> None:
    """Add the table that was just drawn, if it was pinned."""
    if _pinned(name):
        _add(Item(name, title, _settings(), columns=columns, rows=rows, right=right))


def grid(name: str, title: str, body: str) -> None:
    """Add the table of pictures that was just drawn, if it was pinned.

    Args:
        name: Its file name without its ending.
        title: What it shows.
        body: Its HTML, in which all texts are escaped.
    """
    if _pinned(name):
        _add(Item(name, title, _settings(), grid=body))


def picture(name: str, title: str, png: Callable[[], bytes]) -> None:
    """Add a picture, if it was pinned.

    Args:
        name: Its file name without its ending.
        title: What it shows.
        png: Makes the file.
    """
    if _pinned(name):
        address = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
        _add(Item(name, title, _settings(), picture=address))


def show() -> None:
    """Draw how much is pinned, with buttons that save and clear it, if anything is; the last call of a run."""
    ASKED.set(None)  # The page no longer draws what was pinned.
    items: tuple[Item, ...] = ITEMS.get()
    if not items:
        return
    words = f"Save what was pinned, {len(items)} in all, as one HTML page with settings, versions and hashes."
    with st.sidebar, st.container(key="report", horizontal=True, gap="xsmall", vertical_alignment="center"):
        label = f"Report ({len(items)})"
        downloads.button(label, lambda: _page(items), "report.html", key="report save", help=words, alone=True)
        st.button("Clear", key="report clear", on_click=ITEMS.set, args=((),), type="tertiary", help="Unpin all")


def _page(items: Sequence[Item]) -> str:
    from workbench.widgets.files.report_page import page  # it imports Plotly

    return page(items)


def _pinned(name: str) -> bool:
    if name != ASKED.get():
        return False
    ASKED.set(None)
    return True


def _add(item: Item) -> None:
    items: tuple[Item, ...] = ITEMS.get()
    others = tuple(other for other in items if other.name != item.name)
    if _full((*others, item)):
        st.toast("The report is full. Save it, clear it, and pin again.", icon=":material/warning:")
        return
    ITEMS.set((*others, item))
    st.toast(f"Pinned. The report holds {len(others) + 1}.", icon=":material/keep:")


def _full(items: Sequence[Item]) -> bool:
    return len(items) > MOST or sum(item.size for item in items) > LARGEST


def _settings() -> dict[str, str]:
    return file_names.subject() | {"address": state.address()}
