"""Each class's figure of several networks side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from fer_models.evaluation.intervals import Estimate

#: Colours that stay apart in colour vision deficiencies (Okabe and Ito); hatching, dashes and marks say the same.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B38600", "#56B4E9")
HATCHES = ("", "/", "x", ".", "-", "+")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star")


def class_bars(classes: Sequence[str], series: Mapping[str, Sequence[Estimate | None]], what: str) -> go.Figure:
    """Bars with 95 % intervals, a group a class, a colour and hatching a network; values in per cent.

    Args:
        series: of each network one estimate (shares in [0, 1]) a class, ``None`` where there is nothing to divide by.
        what: the figure, for the axis.
    """
    figure = go.Figure()
    for number, (name, estimates) in enumerate(series.items()):
        known = [(c, e) for c, e in zip(classes, estimates, strict=True) if e is not None]
        values = [100 * e.value for _, e in known]
        figure.add_bar(
            x=[c for c, _ in known],
            y=values,
            name=name,
            marker={
                "color": COLOURS[number % len(COLOURS)],
                "pattern": {
                    "shape": HATCHES[number % len(HATCHES)],
                    "bgcolor": COLOURS[number % len(COLOURS)],  # without it Plotly leaves the ground between lines bare
                    "fgcolor": "#FFFFFF",
                    "size": 7,
                    "solidity": 0.25,
                },
            },
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * e.high - v for (_, e), v in zip(known, values, strict=True)],
                "arrayminus": [v - 100 * e.low for (_, e), v in zip(known, values, strict=True)],
                "thickness": 1.2,
                "width": 3,
                "color": "#8A8F98",
            },
            customdata=[[100 * e.low, 100 * e.high] for _, e in known],
            hovertemplate="%{x}: %{y:.1f} % [%{customdata[0]:.1f}, %{customdata[1]:.1f}]<extra>" + name + "</extra>",
        )
    figure.update_xaxes(categoryorder="array", categoryarray=list(classes), fixedrange=True)
    figure.update_yaxes(title_text=f"{what}, %", range=[0, 101], fixedrange=True)
    figure.update_layout(
        height=340,
        barmode="group",
        margin={"l": 10, "r": 10, "t": 34, "b": 10},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="closest",
    )
    return figure
