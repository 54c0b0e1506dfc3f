"""The little that the theme cannot say: room at the sides, contrast of small print, pixels that stay pixels.

Plotly text is coloured here and not in the figures: it costs nothing and follows the theme at once.
"""

from __future__ import annotations

import streamlit as st

_CSS = """
<style>
.stAppHeader { height: 2.6rem; min-height: 2.6rem; }
.stMainBlockContainer { padding: 2.9rem 2rem 3rem 2rem; max-width: 100rem; }
.stMainBlockContainer h1 { padding: 0 0 0.1rem 0; }
[data-testid="stCaptionContainer"] { color: inherit; opacity: 0.82; }
[class*="st-key-pixels"] img { image-rendering: pixelated; border-radius: 0; }
.js-plotly-plot :is([class$="tick"], .cbaxis, .cbtitle) text, .js-plotly-plot text.annotation-text,
.js-plotly-plot text:is([class$="title"], .legendtext, .bartext-outside) {
  fill: currentColor !important;
}
/* A figure keeps the old theme's ground until it is drawn anew, long after a switch: let the page's own show. */
.js-plotly-plot .main-svg { background: transparent !important; }
.js-plotly-plot :is(.bglayer .bg, .legend > .bg) { fill-opacity: 0 !important; }
/* Plotly draws these axes black at a quarter of their strength and takes no colour for them. */
.js-plotly-plot .parcoords .axis .domain { stroke: currentColor; }
@media (max-width: 640px) { .stMainBlockContainer { padding: 3.2rem 0.9rem 3rem 0.9rem; } }
</style>
"""


def apply() -> None:
    """Once a page, before anything else is drawn."""
    st.html(_CSS)
