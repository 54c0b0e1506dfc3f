"""Share of the relevance by part of the face, for one or several networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from fer_models.colours import GREY, SERIES
from fer_models.evaluation.sentence import interval_text
from fer_models.explain.sets.table import RegionShare

#: Networks differ in pattern as well as colour.
_PATTERNS = ("", "/", ".", "x")


def region_bars(shares: Mapping[str, Sequence[RegionShare]]) -> go.Figure:
    """Horizontal bars for each region and network, with 95 % intervals; a grey mark is the region's share of the area.

    Args:
        shares: name of a network to its regions, the same names for all.
    """
    figure = go.Figure()
    for number, (network, regions) in enumerate(shares.items()):
        figure.add_bar(
            y=[region.name for region in regions],
            x=[100 * region.share.value for region in regions],
            orientation="h",
            name=_escape(network),
            marker={"color": SERIES[number % 4], "pattern": {"shape": _PATTERNS[number % 4], "fgcolor": "white"}},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [100 * (region.share.high - region.share.value) for region in regions],
                "arrayminus": [100 * (region.share.value - region.share.low) for region in regions],
                "color": GREY,
                "thickness": 1.4,
                "width": 4,
            },
            customdata=[interval_text(*region.share) for region in regions],
            hovertemplate="%{y}: %{customdata}<extra>%{fullData.name}</extra>",
        )
    first = next(iter(shares.values()), [])
    figure.add_scatter(
        y=[region.name for region in first],
        x=[100 * region.area for region in first],
        mode="markers",
        name="share of the image",
        marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": GREY}},
        hovertemplate="%{y} covers %{x:.1f} % of the image<extra></extra>",
    )
    figure.update_xaxes(title_text="share of the relevance, %", rangemode="tozero", fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    figure.update_layout(
        height=130 + 30 * len(first) + 14 * len(first) * max(0, len(shares) - 1),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        barmode="group",
        bargap=0.3,
        legend={"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
    )
    return figure


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
