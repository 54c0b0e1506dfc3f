"""A gallery of faces: paged, quick for any number of pictures, each face a button with a caption.

Only the pictures of the page in view are read, so ``images`` may be memory-mapped and as large as a disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from workbench import state
from workbench.widgets import thumbnails

#: What stands under a face, and what is said of it to readers who do not see it, by its position.
Words = Callable[[int], str]

_BESIDE = Path(__file__).parent
_GALLERY = st.components.v2.component(
    "face_gallery",
    css=(_BESIDE / "gallery.css").read_text("utf-8"),
    js=(_BESIDE / "gallery.js").read_text("utf-8"),
)
PAGE_OF = state.Number("widgets.page of", 1)


def show(
    images: np.ndarray,
    positions: np.ndarray,
    *,
    key: str,
    caption: Words,
    about: Words | None = None,
    selected: int | None = None,
    per_page: int = 60,
    side: int = 72,
    scope: str = "",
) -> int | None:
    """Draw one page of faces with a pager, and return the position that was clicked just now.

    Args:
        images: uint8 (N, H, W, 1 or 3); may be memory-mapped.
        positions: (M,) which pictures to show, in this order; an empty one is said to be so.
        key: prefix of the widgets' keys.
        caption: a word or two under a face, by its position in ``images``.
        about: what the mouse and a screen reader tell; by default the caption.
        selected: the position that is framed.
        per_page: faces on a page. side: of a face on the screen in pixels.
        scope: what is shown, for instance the filter: another scope begins at its first page.
    """
    if not len(positions):
        st.info("No picture fits; widen the filter.", icon=":material/filter_alt_off:")
        return None
    page = _pager(len(positions), per_page, f"{key} {scope}", "pictures")
    here = [int(position) for position in positions[page * per_page : (page + 1) * per_page]]
    return _draw(images, [here], key, caption, about, selected, side, framed=False)


def show_groups(
    images: np.ndarray,
    groups: Sequence[np.ndarray],
    *,
    key: str,
    caption: Words,
    about: Words | None = None,
    selected: int | None = None,
    per_page: int = 24,
    longest: int = 12,
    side: int = 72,
    scope: str = "",
) -> int | None:
    """The same for groups of pictures that belong together, each behind a line of its own.

    Args:
        groups: positions of each group. per_page: groups on a page.
        longest: faces drawn of one group; the caption of the last one says how many more there are.
    """
    if not groups:
        st.info("There are no such groups.", icon=":material/info:")
        return None
    page = _pager(len(groups), per_page, f"{key} {scope}", "groups")
    shown, more = [], {}
    for group in groups[page * per_page : (page + 1) * per_page]:
        shown.append([int(position) for position in group[:longest]])
        if len(group) > longest:
            more[shown[-1][-1]] = f", and {len(group) - longest:,} more"
    return _draw(images, shown, key, lambda i: caption(i) + more.get(i, ""), about, selected, side, framed=True)


def tiles(pictures: Sequence[np.ndarray], captions: Sequence[str], *, key: str, side: int = 96) -> None:
    """A few pictures uint8 (H, W, 1 or 3) side by side with their captions; nothing to click."""
    _mount(
        [
            [
                _tile(i, picture, caption, caption, side)
                for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True))
            ]
        ],
        key,
        None,
        side,
        framed=False,
        clickable=False,
    )


def _pager(count: int, per_page: int, name: str, what: str) -> int:
    """Draw the number of the page where there are several; returns it, counted from 0."""
    pages = -(-count // per_page)
    if pages == 1:
        st.caption(f"{count:,} {what if count > 1 else what.removesuffix('s')}")
        return 0
    kept = int(PAGE_OF.of(name).get())
    if not 1 <= kept <= pages:
        PAGE_OF.of(name).set(1)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        page = st.number_input(f"Page, 1 to {pages:,}", step=1, width=170, **PAGE_OF.of(name).widget(low=1, high=pages))
        first = (int(page) - 1) * per_page + 1
        st.caption(f"{first:,} to {min(count, first + per_page - 1):,} of {count:,} {what}")
    return int(page) - 1


def _draw(
    images: np.ndarray,
    groups: list[list[int]],
    key: str,
    caption: Words,
    about: Words | None,
    selected: int | None,
    side: int,
    framed: bool,
) -> int | None:
    told = about or caption
    drawn = [[_tile(i, np.asarray(images[i]), caption(i), told(i), side) for i in group] for group in groups]
    return _mount(drawn, key, selected, side, framed=framed, clickable=True)


def _tile(number: int, picture: np.ndarray, caption: str, about: str, side: int) -> dict[str, Any]:
    return {
        "id": number,
        "src": thumbnails.uri(picture, longest=2 * side),
        "caption": caption,
        "about": about,
        "small": max(picture.shape[:2]) <= side,
    }


def _mount(
    groups: list[list[dict[str, Any]]], key: str, selected: int | None, side: int, *, framed: bool, clickable: bool
) -> int | None:
    result = _GALLERY(
        key=f"{key} faces",
        data={"groups": groups, "selected": selected, "side": side, "framed": framed, "clickable": clickable},
        on_clicked_change=_noticed,
    )
    clicked = result.get("clicked")
    return None if clicked is None else int(clicked)


def _noticed() -> None:
    """A trigger needs a callback to exist; the value is read from the result."""
