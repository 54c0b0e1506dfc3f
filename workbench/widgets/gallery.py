"""A paged gallery of faces: each face is a button with a caption.

Only the images of the visible page are read, so ``images`` may be memory-mapped and of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer_models.absent_images import MeanFaces
from workbench import state
from workbench.app import pictures
from workbench.app.contact_sheet import MOST, contact_sheet
from workbench.widgets import downloads
from workbench.widgets.files import file_names, report

_LONGEST_GROUP = 12
_GROUPS_PER_PAGE = 24

_BESIDE = Path(__file__).parent
_GALLERY = st.components.v2.component(
    "face_gallery",
    css=(_BESIDE / "gallery.css").read_text("utf-8"),
    js=(_BESIDE / "gallery.js").read_text("utf-8"),
)
PAGE_OF = state.Number("widgets.page of", 1)


@dataclass(frozen=True)
class Words:
    """What is said of a face, by its position among the images.

    Args:
        caption: A word or two under the face.
        about: Its tooltip, also read by screen readers; the caption by default.
        title: Of all of them, on their contact sheet and in the report.
    """

    caption: Callable[[int], str]
    about: Callable[[int], str] | None = None
    title: str = "Faces"


@dataclass(frozen=True)
class Layout:
    """How large a gallery is.

    Args:
        per_page: Faces on a page.
        side: Side of a face on the screen in pixels.
        counted: Whether the number of faces stands above a single page.
        row: Container of the pager; a row of its own by default.
    """

    per_page: int = 60
    side: int = 72
    counted: bool = True
    row: DeltaGenerator | None = None


_USUAL = Layout()


def show(
    images: np.ndarray | Sequence[np.ndarray] | MeanFaces,
    positions: np.ndarray,
    *,
    key: str,
    words: Words,
    selected: int | None = None,
    layout: Layout = _USUAL,
    scope: str = "",
) -> int | None:
    """Draw one page of faces with a pager, and return the position that was clicked in this run.

    Args:
        images: uint8 (N, H, W, 1 or 3), may be memory-mapped; or images of several sizes.
        positions: int64 (M,), the images to show, in this order; may be empty.
        key: Prefix of the widgets' keys.
        words: Caption and tooltip of each face.
        selected: Position of the framed face.
        layout: Faces on a page and their size.
        scope: What is shown, such as the filter; a new scope starts at its first page.
    """
    if not len(positions):
        st.info("No image matches the filter.", icon=":material/filter_alt_off:")
        return None
    size = layout.per_page
    page = 0
    if layout.counted or len(positions) > size:
        with layout.row or st.container(horizontal=True, vertical_alignment="center", gap="small"):
            page = _pager(len(positions), size, f"{key} {scope}", "images")
            _sheet(images, positions, words, key)
    on_page = [int(position) for position in positions[page * size : (page + 1) * size]]
    return _mount(_tiles(images, [on_page], words, layout.side), key, selected, layout.side)


def show_groups(
    images: np.ndarray | MeanFaces, groups: Sequence[np.ndarray], *, key: str, words: Words, scope: str = ""
) -> int | None:
    """The same for groups of images, each group in a frame.

    Args:
        images: uint8 (N, H, W, 1 or 3); may be memory-mapped.
        groups: Positions of each group. Of a long one the first faces are drawn, and the caption of the last of them
            says how many more there are.
        key: Prefix of the widgets' keys.
        words: Caption and tooltip of each face.
        scope: What is shown; a new scope starts at its first page.
    """
    if not groups:
        st.info("There are no such groups.", icon=":material/info:")
        return None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        page = _pager(len(groups), _GROUPS_PER_PAGE, f"{key} {scope}", "groups")
        _sheet(images, np.concatenate(groups), words, key)
    on_page, more = [], {}
    for group in groups[page * _GROUPS_PER_PAGE : (page + 1) * _GROUPS_PER_PAGE]:
        on_page.append([int(position) for position in group[:_LONGEST_GROUP]])
        if len(group) > _LONGEST_GROUP:
            more[on_page[-1][-1]] = f", and {len(group) - _LONGEST_GROUP:,} more"
    captions = Words(lambda position: words.caption(position) + more.get(position, ""), words.about or words.caption)
    return _mount(_tiles(images, on_page, captions, _USUAL.side), key, None, _USUAL.side, framed=True)


def _sheet(
    images: np.ndarray | Sequence[np.ndarray] | MeanFaces, positions: np.ndarray, words: Words, key: str
) -> None:
    """Draw the menu with the contact sheet of the first faces."""
    title = words.title
    shown = [int(position) for position in positions[:MOST]]

    def sheet(kind: Literal["PNG", "PDF"]) -> bytes:
        faces = [np.asarray(images[position]) for position in shown]
        return contact_sheet(faces, [words.caption(position) for position in shown], title, kind)

    with st.popover("Sheet", icon=":material/grid_view:", help=f"Up to {MOST} of these faces on one page"):
        for kind in get_args(Literal["PNG", "PDF"]):
            downloads.button(
                f"Contact sheet, {kind}",
                partial(sheet, kind),
                f"sheet-{title}.{kind.lower()}",
                key=f"{key} sheet {kind}",
            )
        name = file_names.file_name(f"sheet-{title}.png", key=f"{key} sheet PNG").removesuffix(".png")
        st.button("Pin to the report", key=f"{key} pin", on_click=report.pin, args=(name,), icon=":material/keep:")
    report.picture(name, title if title == Words.title else f"Faces: {title}", partial(sheet, "PNG"))


def _pager(count: int, per_page: int, name: str, what: str) -> int:
    """Draw the page number into a row if there are several pages; returns it, counted from 0."""
    pages = -(-count // per_page)
    if pages == 1:
        st.caption(f"{count:,} {what if count > 1 else what.removesuffix('s')}", width="content")
        return 0
    current = int(PAGE_OF.of(name).get())
    if not 1 <= current <= pages:
        PAGE_OF.of(name).set(1)
    page = st.number_input(
        f"Page, 1 to {pages:,}",
        step=1,
        width=130,
        label_visibility="collapsed",
        **PAGE_OF.of(name).widget(low=1, high=pages),
    )
    first = (int(page) - 1) * per_page + 1
    last = min(count, first + per_page - 1)
    st.caption(f"of {pages:,} · {first:,} to {last:,} of {count:,} {what}", width="content")
    return int(page) - 1


def _tiles(
    images: np.ndarray | Sequence[np.ndarray] | MeanFaces, groups: list[list[int]], words: Words, side: int
) -> list[list[dict[str, Any]]]:
    about = words.about or words.caption
    return [[_tile(i, np.asarray(images[i]), words.caption(i), about(i), side) for i in group] for group in groups]


def _tile(number: int, picture: np.ndarray, caption: str, about: str, side: int) -> dict[str, Any]:
    return {
        "id": number,
        "src": pictures.thumbnail_uri(picture, longest=2 * side),
        "caption": caption,
        "about": about,
        "small": max(picture.shape[:2]) <= side,
    }


def _mount(
    groups: list[list[dict[str, Any]]],
    key: str,
    selected: int | None,
    side: int,
    *,
    framed: bool = False,
) -> int | None:
    result = _GALLERY(
        key=f"{key} faces",
        data={"groups": groups, "selected": selected, "side": side, "framed": framed},
        on_clicked_change=_on_click,
    )
    clicked = result.get("clicked")
    return None if clicked is None else int(clicked)


def _on_click() -> None:
    """A trigger value exists only with a callback; the value itself is read from the result."""
