"""The little that the theme cannot say: room at the sides, contrast of small print, pixels that stay pixels.

Plotly text is coloured here and not in the figures: it costs nothing and follows the theme at once.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_STYLE = f"<style>\n{Path(__file__).with_suffix('.css').read_text('utf-8')}</style>"


def apply() -> None:
    """Once a page, before anything else is drawn."""
    st.html(_STYLE)
