"""The colour of small print: Streamlit's own grey is too pale for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

LIGHT, DARK = "#33393D", "#DDE3E6"


def ink(figure: go.Figure, *, dark: bool) -> go.Figure:
    """The same figure with axis, legend and bar text that can be read on the page's ground."""
    colour = DARK if dark else LIGHT
    figure.update_xaxes(tickfont_color=colour, title_font_color=colour)
    figure.update_yaxes(tickfont_color=colour, title_font_color=colour)
    figure.update_layout(legend_font_color=colour)
    figure.update_annotations(font_color=colour)
    figure.update_traces(colorbar_tickfont_color=colour, colorbar_title_font_color=colour, selector={"type": "heatmap"})
    figure.update_traces(textfont_color=colour, selector={"type": "bar"})
    return figure
