"""The script of every page: buttons over figures, tables and grids, one entry of the history for each page, roles.

It also exchanges the token of the tab's uploads. It is HTML, and answers through a text field that nobody sees: a
component would load a megabyte of libraries on every page and start a fifth of a second after the page is drawn.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from workbench import state
from workbench.widgets.files import report

_KEY, _FIELD = "browser", "browser told"
#: Tells the sessions of a tab apart: after the server was started anew, the browser runs the same script again.
_SESSION = state.Kept("widgets.browser session")
_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")


def mount(name: str, token: str | None, returned: Callable[[str], None]) -> None:
    """Give the page its script; call once on each run, before the page is drawn.

    Args:
        name: Under which the tab keeps the token of its uploads.
        token: The token; empty in a new session, ``None`` to have the tab forget its own.
        returned: Called with the token that the tab has kept, in a new session.
    """
    if _SESSION.get() is None:
        _SESSION.set(secrets.token_hex(4))
    with st.container(key=_KEY):
        _run(f'"use strict";\nif (!window.ferPage) {{\n{_SCRIPT}}}\n{_exchange(name, token)} // {_SESSION.get()}')
        st.text_input("From the page's script", key=_FIELD, on_change=_told, args=(returned,), autocomplete="off")


def remember(name: str, token: str) -> None:
    """Have the tab keep the token before the rest of the page is drawn."""
    with st.container(key=f"{_KEY} remembers"):
        _run(_exchange(name, token))


def _run(script: str) -> None:
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def _exchange(name: str, token: str | None) -> str:
    return f"window.ferPage.exchange({json.dumps(name)}, {json.dumps(token)});"


def _told(returned: Callable[[str], None]) -> None:
    what, _, said = str(state.value_of(_FIELD)).partition(" ")
    if act := {"pin": report.pin, "token": returned}.get(what):  # a program that fills in fields may find this one
        act(said.partition(" ")[2])
