"""Uploads outlive a reload of the browser: in the memory of the server, under a token that the tab holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from workbench import state
from workbench.app.uploads import KEPT, UPLOADS
from workbench.widgets.browser import script

_NAME = "fer-uploads"
TOKEN = state.Kept("face.token", "")
LOST = state.Kept("face.lost", default=False)
#: Whether the user has removed all uploads: the tab forgets its token, and a reload misses nothing.
EMPTIED = state.Kept("face.emptied", default=False)
#: What to do with a value that came back, by its name.
_RESTORED: dict[str, Callable[[Any], None]] = {}


def restores(name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Decorator of the function that puts a value of that name back into a new session."""

    def register(put_back: Callable[[Any], None]) -> Callable[[Any], None]:
        _RESTORED[name] = put_back
        return put_back

    return register


def mount() -> None:
    """Give the page its script, which exchanges the token; call once on each run, before it is drawn."""
    script.mount(_NAME, None if EMPTIED.get() else str(TOKEN.get()), _returned)


def keep(name: str, value: Any, size: int) -> None:
    """Keep an upload of so many bytes; the one of that name before is dropped."""
    if not TOKEN.get():
        TOKEN.set(UPLOADS.new_token())
        # The browser learns it before the answer is drawn: a reload may come at once, and nothing run in between.
        script.remember(_NAME, str(TOKEN.get()))
    LOST.set(False)
    EMPTIED.set(False)
    UPLOADS.keep(str(TOKEN.get()), name, value, size)


def forget(name: str) -> None:
    """Drop the upload of that name."""
    token = str(TOKEN.get())
    UPLOADS.forget(token, name)
    if token and not UPLOADS.holds(token):
        TOKEN.set("")
        EMPTIED.set(True)


def say_if_lost() -> None:
    """Say that the uploads from before a reload are gone, if they are; call after this run's uploads are kept."""
    if LOST.get():
        st.info(
            f"Your uploads are gone: they are kept in memory for {KEPT // 60} minutes, and no longer than the app "
            "runs. Upload them again.",
            icon=":material/info:",
        )


def _returned(token: str) -> None:
    TOKEN.set(token)
    found = {name: UPLOADS.find(token, name) for name in _RESTORED}
    for name, value in found.items():
        if value is not None:
            _RESTORED[name](value)
    LOST.set(all(value is None for value in found.values()))
