"""One way to put a figure on a page: calm, readable in light and dark, the tool bar only where it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go


def show(figure: go.Figure, *, key: str, alt: str, tools: bool = False) -> None:
    """Draw a Plotly figure over the width of its place.

    Args:
        alt: what the figure shows, for readers who do not see it.
        tools: whether Plotly's tool bar appears under the mouse.
    """
    config = {"displayModeBar": "hover" if tools else False, "displaylogo": False, "scrollZoom": False}
    st.plotly_chart(figure, key=key, alt=alt, config=config)
