"""Class probabilities of one face, and people by class over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from fer_models import labels
from workbench.app.wording import percent

#: Longer series are thinned evenly to about this many moments.
_MOMENTS = 600


def probability_bars(ranked: Sequence[tuple[str, float]]) -> go.Figure:
    """Horizontal bars in the emotions' fixed colours, the largest on top.

    Args:
        ranked: class names and probabilities in [0, 1], the largest first.
    """
    names = [name for name, _ in ranked]
    values = [100 * value for _, value in ranked]
    bars = {
        "type": "bar",
        "x": values,
        "y": names,
        "orientation": "h",
        "marker": {"color": [labels.colour(name) for name in names]},
        "text": [f"{value:.1f}" for value in values],
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.2f} %<extra></extra>",
    }
    across = {"range": [0, 112], "tickvals": [0, 50, 100], "title": {"text": "probability, %"}, "fixedrange": True}
    layout = {
        "xaxis": across,
        "yaxis": {"autorange": "reversed", "title": {"text": ""}, "ticks": "", "automargin": True},
        "height": 54 + 24 * len(names),
        "margin": {"l": 10, "r": 10, "t": 10, "b": 10},
        "bargap": 0.3,
    }
    return go.Figure([bars], layout)


def people_over_time(seconds: np.ndarray, counts: np.ndarray, classes: Sequence[str], height: int = 210) -> go.Figure:
    """Stacked steps in the emotions' fixed colours: as high as there are people.

    Args:
        seconds: (S,) moments.
        counts: int (S, K), people by class.
        classes: K names.
        height: Of the figure in pixels.
    """
    kept = np.arange(0, len(seconds), max(1, -(-len(seconds) // _MOMENTS)))
    seconds, counts = seconds[kept], counts[kept]
    people = counts.sum(1)
    figure = go.Figure()
    for k in np.flatnonzero(counts.any(0)).tolist():
        shares = counts[:, k] / np.maximum(people, 1)
        figure.add_scatter(
            x=seconds.round(3),
            y=counts[:, k],
            name=classes[k],
            stackgroup="people",
            mode="lines",
            line={"width": 0.5, "color": labels.colour(classes[k]), "shape": "hv"},
            fillcolor=labels.colour(classes[k]),
            customdata=np.stack([counts[:, k], people, 100 * shares], 1),
            hovertemplate="%{x:.1f} s: %{customdata[0]} of %{customdata[1]}, %{customdata[2]:.0f} %"
            f"<extra>{classes[k]}</extra>",
        )
    most = int(people.max(initial=1))
    figure.update_xaxes(title_text="time, s", showgrid=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(title_text="people", range=[0, most + 0.1], dtick=max(1, round(most / 5)), fixedrange=True)
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        hovermode="x unified",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title_text": ""},
    )
    return figure


def shares_sentence(counts: np.ndarray, classes: Sequence[str]) -> str:
    """Shares of the classes among people, the largest first.

    Args:
        counts: int (K,).
        classes: K names.

    Example:
        >>> shares_sentence(np.array([1, 3, 0]), ("sad", "happy", "fear"))
        'happy 75.0 %, sad 25.0 %'
    """
    order = np.argsort(-counts, kind="stable").tolist()
    return ", ".join(f"{classes[k]} {percent(counts[k] / counts.sum())}" for k in order if counts[k])
