"""The buttons over figures and tables: PNG and SVG, CSV and LaTeX, and "Pin", which puts them into the report."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench import state
from workbench.widgets.files import report

_KEY = "take away"
_BUTTONS = st.components.v2.component("take_away", js=(Path(__file__).parent / "take_away.js").read_text("utf-8"))


def mount() -> None:
    """Give every figure and table of the page its buttons; call once on each run, before the page is drawn."""
    _BUTTONS(key=_KEY, on_pinned_change=_pin)


def _pin() -> None:
    sent = state.value_of(_KEY)
    report.pin(str(sent["pinned"] if sent else ""))
