"""Plotly figures on a page, with the tool bar off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go


def show(figure: go.Figure, *, key: str, alt: str, tools: bool = False) -> None:
    """Draw a Plotly figure over the width of its container.

    Args:
        alt: what the figure shows, for screen readers.
        tools: whether Plotly's tool bar appears under the mouse.
    """
    config = {"displayModeBar": "hover" if tools else False, "displaylogo": False, "scrollZoom": False}
    st.plotly_chart(figure, key=key, alt=alt, config=config)
