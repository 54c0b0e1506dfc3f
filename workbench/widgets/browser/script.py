"""The script of every page: buttons over figures, tables and grids, one entry of the history for each page, roles.

It also exchanges the token of the tab's uploads: each component costs every page some hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from workbench import state
from workbench.widgets.files import report

_KEY = "browser"
_SCRIPT = st.components.v2.component("browser", js=Path(__file__).with_suffix(".js").read_text("utf-8"))


def mount(name: str, token: str | None, returned: Callable[[str], None]) -> None:
    """Give the page its script; call once on each run, before the page is drawn.

    Args:
        name: Under which the tab keeps the token of its uploads.
        token: The token; empty in a new session, ``None`` to have the tab forget its own.
        returned: Called with the token that the tab has kept, in a new session.
    """
    data: dict[str, str | None] = {"name": name, "token": token}
    _SCRIPT(key=_KEY, data=data, on_pinned_change=_pin, on_returned_change=lambda: returned(_sent("returned")))


def _pin() -> None:
    report.pin(_sent("pinned"))


def _sent(name: str) -> str:
    sent = state.value_of(_KEY)
    return str(sent[name] if sent else "")
