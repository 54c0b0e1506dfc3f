"""Class balance, brightness, pixel levels, mean faces, and accuracy of the nearest neighbour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from fer_models import labels
from fer_models.colours import GREY, SERIES

#: Lines differ in dash as well as colour.
_DASHES = ("solid", "dash", "dot", "dashdot")
#: Between figures side by side, as a share of the width.
_GAP = 0.03
_MARGIN = {"l": 10, "r": 10, "t": 34, "b": 10}


def class_balance(counts: np.ndarray, classes: Sequence[str], splits: Sequence[str]) -> go.Figure:
    """Share of each class in each split, side by side on one scale, labelled with the number of pictures.

    Args:
        counts: int (splits, classes).
    """
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    titles = [f"{name}, {int(row.sum()):,}" for name, row in zip(splits, counts, strict=True)]
    across = {"range": [0, max(1.0, float(shares.max())) * 1.32], "nticks": 5, "fixedrange": True}
    down = {"autorange": "reversed", "ticks": "", "automargin": True, "fixedrange": True}
    layout: dict[str, Any] = {"height": 86 + 25 * len(classes), "margin": _MARGIN, "bargap": 0.28, "annotations": []}
    width = (1 - _GAP * (len(splits) - 1)) / len(splits)
    bars = []
    for column in range(len(splits)):
        left = column * (width + _GAP)
        number = str(column + 1) if column else ""
        bars.append(
            {
                "type": "bar",
                "x": shares[column],
                "y": list(classes),
                "xaxis": f"x{number}",
                "yaxis": f"y{number}",
                "orientation": "h",
                "marker": {"color": [labels.colour(name) for name in classes]},
                "text": [f"{int(n):,}" for n in counts[column]],
                "textposition": "outside",
                "cliponaxis": False,
                "hovertemplate": "%{y}: %{x:.1f} %, %{text} images<extra></extra>",
                "showlegend": False,
            }
        )
        place = {"anchor": f"y{number}", "domain": [left, left + width], "title": {"text": "share, %"}}
        layout[f"xaxis{number}"] = across | place
        beside = {"matches": "y", "showticklabels": False} if column else {}
        layout[f"yaxis{number}"] = down | {"anchor": f"x{number}"} | beside
        layout["annotations"].append(
            {
                "text": titles[column],
                "x": left + width / 2,
                "y": 1,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "center",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 13},
            }
        )
    return go.Figure(bars, layout)


def spread(
    values: np.ndarray, groups: np.ndarray, names: Sequence[str], title: str, colours: Sequence[str] | None = None
) -> go.Figure:
    """A box for each group: median, quartiles, and whiskers.

    Args:
        values: (S,), 0 to 255. groups: int (S,), position in ``names``; -1 is left out.
        title: the axis with its unit. colours: of the boxes; by default those of the classes.
    """
    figure = go.Figure()
    for number, name in enumerate(names):
        group_values = values[groups == number]
        figure.add_box(
            x=group_values,
            name=name,
            orientation="h",
            boxpoints=False,
            marker={"color": colours[number] if colours else labels.colour(name)},
            line={"width": 1.5},
            showlegend=False,
            hoverinfo="x+name",
        )
    figure.update_xaxes(range=[0, 256], title_text=title, fixedrange=True, tickvals=[0, 64, 128, 192, 255])
    figure.update_yaxes(autorange="reversed", ticks="", automargin=True, fixedrange=True)
    figure.update_layout(height=90 + 30 * len(names), margin={**_MARGIN, "t": 10})
    return figure


def pixel_levels(levels: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Share of the pixels by their level, a line for each split.

    Args:
        levels: (splits, B), each row sums to 1 (or is 0 and left out); bins of equal width over 0 to 255.
    """
    bins = levels.shape[1]
    middle = (np.arange(bins) + 0.5) * 256 / bins
    figure = go.Figure()
    for number, (name, row) in enumerate(zip(names, levels, strict=True)):
        if row.sum() > 0:
            figure.add_scatter(
                x=middle,
                y=100 * row,
                name=name,
                mode="lines",
                line={"dash": _DASHES[number % 4], "color": SERIES[number % 5], "width": 2, "shape": "hvh"},
                hovertemplate="level %{x:.0f}: %{y:.2f} % of the pixels<extra>" + name + "</extra>",
            )
    figure.update_xaxes(range=[0, 256], title_text="pixel level", fixedrange=True, tickvals=[0, 64, 128, 192, 255])
    figure.update_yaxes(title_text="pixels, %", rangemode="tozero", fixedrange=True)
    figure.update_layout(
        height=300, margin=_MARGIN, showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    )
    return figure


def split_colours(count: int) -> list[str]:
    """The colours of splits, in their order."""
    return [SERIES[number % 5] for number in range(count)]


def difference(values: np.ndarray, first: str, second: str) -> go.Figure:
    """One mean face minus another, signed and symmetric about zero.

    Args:
        values: float (H, W), grey levels.
    """
    bound = max(1.0, float(np.nanmax(np.abs(values))))
    figure = go.Figure(
        go.Heatmap(
            z=np.round(values, 2),
            zmin=-bound,
            zmax=bound,
            colorscale="PuOr_r",
            zsmooth=False,
            colorbar=_bar_below(f"grey levels, {first} minus {second}"),
            hovertemplate="x %{x}, y %{y}: %{z:.1f} levels<extra></extra>",
        )
    )
    return _as_picture(figure, 300)


def tensor_heatmap(channel: np.ndarray, low: float, high: float) -> go.Figure:
    """One channel of a network's input in grey, with the scale of its values.

    Args:
        channel: float (H, W). low, high: ends of the scale, the same for all channels of an input.
    """
    figure = go.Figure(
        go.Heatmap(
            z=np.round(channel.astype(np.float64), 4),
            zmin=low,
            zmax=high,
            colorscale="gray",
            zsmooth=False,
            colorbar=_bar_below("value in the tensor"),
            hovertemplate="x %{x}, y %{y}: %{z:.3f}<extra></extra>",
        )
    )
    return _as_picture(figure, 330)


def nearest_neighbour(rows: Sequence[Mapping[str, float | str]]) -> go.Figure:
    """Accuracy of a nearest neighbour on pixels, a bar for each split, with 95 % intervals.

    Args:
        rows: each with ``name``, and ``accuracy``, ``low``, ``high`` in [0, 1].
    """
    figure = go.Figure()
    values = [100 * float(row["accuracy"]) for row in rows]
    figure.add_bar(
        x=values,
        y=[str(row["name"]) for row in rows],
        orientation="h",
        marker={
            "color": [SERIES[1], SERIES[0]][: len(rows)],
            "pattern": {"shape": ["/", ""][: len(rows)], "fgcolor": "#FFFFFF", "size": 5, "solidity": 0.2},
        },
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * float(row["high"]) - v for row, v in zip(rows, values, strict=True)],
            "arrayminus": [v - 100 * float(row["low"]) for row, v in zip(rows, values, strict=True)],
            "thickness": 1.5,
            "color": GREY,
        },
        hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
    )
    for row, value in zip(rows, values, strict=True):
        figure.add_annotation(
            x=100 * float(row["high"]),
            y=str(row["name"]),
            text=f"{value:.1f} %",
            xanchor="left",
            showarrow=False,
            xshift=6,
        )
    figure.update_xaxes(range=[0, 112], tickvals=[0, 25, 50, 75, 100], title_text="accuracy, %", fixedrange=True)
    figure.update_yaxes(autorange="reversed", ticks="", automargin=True, fixedrange=True)
    figure.update_layout(height=170, margin={**_MARGIN, "t": 10}, bargap=0.35)
    return figure


def _as_picture(figure: go.Figure, height: int) -> go.Figure:
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain", scaleanchor="y")
    figure.update_yaxes(visible=False, fixedrange=True, constrain="domain", autorange="reversed")
    figure.update_layout(height=height, margin={"l": 0, "r": 0, "t": 0, "b": 56}, dragmode=False)
    return figure


def _bar_below(title: str) -> dict[str, Any]:
    """A colour bar as wide as the image, under it."""
    text = {"text": title, "side": "bottom", "font": {"size": 12}}
    place = {"orientation": "h", "y": 0, "yanchor": "top", "ypad": 4, "len": 1.0}
    return {**place, "thickness": 10, "outlinewidth": 0, "nticks": 5, "title": text}
