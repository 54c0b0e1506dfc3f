"""CSS beyond the theme: margins, contrast of small text, unsmoothed pixels.

Plotly text is coloured here and not in the figures, so that it follows the theme at once.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_STYLE = f"<style>\n{Path(__file__).with_suffix('.css').read_text('utf-8')}</style>"


def apply() -> None:
    """Apply the style; call once, before anything else is drawn."""
    st.html(_STYLE)
