"""All pages. A new page is one file ``pages/<key>.py`` and one line in :data:`PAGES`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

#: The page at the address ``/``.
FIRST = "home"
_HERE = Path(__file__).resolve().parent
_PACKED = _HERE / "page_scripts"  # not "pages": Streamlit would list a folder of that name beside Home.py by itself
_FOLDER = _PACKED if _PACKED.is_dir() else _HERE.parent / "pages"


@dataclass(frozen=True)
class PageEntry:
    """A page: ``pages/<key>.py`` draws it at the address ``/<key>``; ``question`` is its subtitle.

    ``icon`` is a name of the Material Symbols that come with Streamlit. A ``hidden`` page is reached by links only.
    """

    key: str
    group: str
    title: str
    question: str
    icon: str
    hidden: bool = False


PAGES: tuple[PageEntry, ...] = (
    PageEntry("learn", "Learn", "Learn", "How does a network read a face, and can we believe it?", "school"),
    PageEntry("home", "Start", "Home", "Pick a face to see how a network reads it.", "home"),
    PageEntry(
        "add", "Start", "Add a network", "Bring in a network from another program or from a folder.", "add",
        hidden=True,
    ),
    PageEntry("datasets", "Data", "Datasets", "What is in the data, and does a split leak?", "photo_library"),
    PageEntry("train", "Train", "Train", "How does a network learn to read faces?", "model_training"),
    PageEntry(
        "studies", "Train", "Studies", "What does one change do to the accuracy, and is it more than chance?", "science"
    ),
    PageEntry("explain", "Understand", "Explain", "Where does the network look, and can we believe it?", "visibility"),
    PageEntry(
        "lab", "Understand", "Face lab",
        "What changes the answer, and does the network look where the face moved?", "tune",
    ),
    PageEntry(
        "heatmaps", "Understand", "Heatmaps", "Where does it look, and which method can be believed?",
        "blur_on"
    ),
    PageEntry("clusters", "Understand", "Clusters", "Which faces does the network find alike?", "scatter_plot"),
    PageEntry("confusion", "Understand", "Confusion", "Which expressions does the network confuse?", "grid_on"),
    PageEntry(
        "misclassifications", "Understand", "Misclassifications",
        "Which faces does the network get wrong, and why?", "rule",
    ),
    PageEntry("stress", "Understand", "Stress", "What breaks a prediction?", "thunderstorm"),
    PageEntry("compare", "Compare", "Compare", "Which network, at what cost, and how sure are we?", "balance"),
    PageEntry("video", "Live", "Video", "Which expression appears when, and with what certainty?", "movie"),
    PageEntry("webcam", "Live", "Webcam", "What does the network read live, and where does it look?", "videocam"),
    PageEntry("group", "Live", "Group", "How many people show which expression?", "groups"),
)  # fmt: skip


def entry(key: str) -> PageEntry:
    """The page of that key.

    Raises:
        KeyError: If there is none.
    """
    return {page.key: page for page in PAGES}[key]


def page(key: str) -> Page:
    """Streamlit's object for a page, for links and switches."""
    page_entry = entry(key)
    return st.Page(
        _FOLDER / f"{page_entry.key}.py",
        title=page_entry.title,
        icon=f":material/{page_entry.icon}:",
        url_path=page_entry.key,
        default=page_entry.key == FIRST,
        visibility="hidden" if page_entry.hidden else "visible",
    )


def build() -> Page:
    """Draw the navigation in groups and return the page of the address."""
    groups: dict[str, list[Page]] = {}
    for page_entry in PAGES:
        groups.setdefault(page_entry.group, []).append(page(page_entry.key))
    return st.navigation(groups, expanded=True)
