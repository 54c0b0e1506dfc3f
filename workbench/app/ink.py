"""Text colour of figures: the grey of Streamlit's theme is too pale for small text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ON_LIGHT, _ON_DARK = "#33393D", "#DDE3E6"


def text_colour(*, dark: bool) -> str:
    """Text colour on the dark or the light theme."""
    return _ON_DARK if dark else _ON_LIGHT


def ink(figure: go.Figure, *, dark: bool) -> go.Figure:
    """Set the colour of axis, legend and bar text for the theme; returns the figure."""
    colour = text_colour(dark=dark)
    figure.update_xaxes(tickfont_color=colour, title_font_color=colour)
    figure.update_yaxes(tickfont_color=colour, title_font_color=colour)
    figure.update_layout(legend_font_color=colour)
    figure.update_annotations(font_color=colour)
    figure.update_traces(colorbar_tickfont_color=colour, colorbar_title_font_color=colour, selector={"type": "heatmap"})
    figure.update_traces(textfont_color=colour, selector={"type": "bar"})
    return figure
