"""The script of every page: buttons over figures, tables and grids, one entry of the history for each page, roles."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench import state
from workbench.widgets.files import report

_KEY = "browser"
_SCRIPT = st.components.v2.component("browser", js=Path(__file__).with_suffix(".js").read_text("utf-8"))


def mount() -> None:
    """Give the page its script; call once on each run, before the page is drawn."""
    _SCRIPT(key=_KEY, on_pinned_change=_pin)


def _pin() -> None:
    sent = state.value_of(_KEY)
    report.pin(str(sent["pinned"] if sent else ""))
