"""A map of faces after one epoch of a training, on axes that do not move, and the figures by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from fer_models.embedding.epochs import EpochMap, Training
from workbench.figures.clusters import cluster_map
from workbench.figures.ink import ink

_LINES = (("#2C6FBB", "solid", "circle"), ("#E8743B", "dot", "square"), ("#5B7F2B", "dash", "diamond"),
          ("#A85C9A", "dashdot", "cross"))  # fmt: skip


def epoch_map(training: Training, shown: EpochMap, classes: Sequence[str], *, dark: bool) -> go.Figure:
    """The faces after one epoch; a cross is a wrong answer of that epoch."""
    names = [classes[int(k)] for k in training.targets]
    wrong = shown.predictions != training.targets
    figure = cluster_map(shown.coordinates, training.ids, wrong, names=names, order=classes, dark=dark)
    across, up = training.limits()
    margin = 0.03 * max(across[1] - across[0], up[1] - up[0])
    figure.update_xaxes(range=[across[0] - margin, across[1] + margin])
    figure.update_yaxes(range=[up[0] - margin, up[1] + margin])
    figure.update_layout(dragmode=False, height=430, uirevision="epochs", clickmode="none")
    return figure


def epoch_curves(
    epochs: Sequence[int], curves: Mapping[str, Sequence[float | None]], titles: Mapping[str, str], shown: int, *,
    dark: bool,
) -> go.Figure:  # fmt: skip
    """The figures by epoch, each on its own scale of 0 to 1 or above, with the shown epoch as a line."""
    figure = go.Figure(
        [
            {
                "type": "scatter",
                "x": list(epochs),
                "y": list(values),
                "name": titles[key],
                "mode": "lines+markers",
                "line": {"color": colour, "dash": dash, "width": 2},
                "marker": {"symbol": symbol, "size": 6},
                "hovertemplate": f"epoch %{{x}}: %{{y:.3f}}<extra>{titles[key]}</extra>",
            }
            for (key, values), (colour, dash, symbol) in zip(curves.items(), _LINES, strict=True)
        ]
    )
    figure.add_vline(x=shown, line={"color": "#8A8F98", "width": 2, "dash": "dash"})
    figure.update_layout(
        height=430,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        hovermode="x",
        legend={"orientation": "h", "y": -0.2, "yanchor": "top"},
        xaxis={"title": {"text": "epoch"}},
        yaxis={"title": {"text": "share, or without a unit"}},
    )
    return ink(figure, dark=dark)
