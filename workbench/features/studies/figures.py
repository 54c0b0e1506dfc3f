"""Figures of a study: curves averaged over runs with a band, and parallel coordinates of settings and results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from fer_models.colours import DASHES, SERIES
from workbench.app.ink import text_colour

#: Colour scales from low to high; both ends are visible on the background of the theme.
_ON_LIGHT, _ON_DARK = ("#D9A441", SERIES[0], "#1C2F4A"), ("#6F86C8", "#5EC4A0", "#F5E663")
#: Characters of a name beside an axis; the tables have the whole.
_LONGEST_TICK = 30


@dataclass(frozen=True)
class Band:
    """A named line with its band: float64 (E,) over ``epochs``; ``runs`` is the number of runs in each mean."""

    name: str
    epochs: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    runs: np.ndarray


@dataclass(frozen=True)
class Axis:
    """An axis of a parallel coordinates plot: ``values`` (N,); ``ticks`` name the values if they are codes."""

    title: str
    values: Sequence[float]
    ticks: tuple[str, ...] | None = None
    log: bool = False


def curves(bands: Sequence[Band], title: str, *, percent: bool) -> go.Figure:
    """Means over runs by epoch; the band is one standard deviation to each side."""
    factor, unit = (100.0, " %") if percent else (1.0, "")
    figure = go.Figure()
    for i, band in enumerate(bands):
        colour, dash = SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]
        low, high = factor * (band.mean - band.deviation), factor * (band.mean + band.deviation)
        figure.add_scatter(
            x=[*band.epochs.tolist(), *band.epochs[::-1].tolist()],
            y=[*high.tolist(), *low[::-1].tolist()],
            mode="lines",
            fill="toself",
            fillcolor=_pale(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=band.epochs.tolist(),
            y=(factor * band.mean).tolist(),
            mode="lines+markers" if len(band.epochs) < 30 else "lines",
            marker={"size": 4},
            line={"color": colour, "width": 2, "dash": dash},
            name=band.name,
            customdata=np.stack([factor * band.deviation, band.runs], 1).tolist(),
            hovertemplate=f"epoch %{{x}}: %{{y:.2f}}{unit} ± %{{customdata[0]:.2f}}, "
            f"%{{customdata[1]}} runs<extra>{band.name}</extra>",
        )
    figure.update_layout(
        height=300,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": -0.25, "yanchor": "top"},
    )
    longest = max((int(band.epochs[-1]) for band in bands if len(band.epochs)), default=1)
    step = max(1, round(longest / 8))
    figure.update_xaxes(title_text="epoch", fixedrange=True, showgrid=False, dtick=step, tick0=step)
    figure.update_yaxes(title_text=f"{title}{', %' if unit else ''}", fixedrange=True)
    return figure


def parallel(axes: Sequence[Axis], *, dark: bool = False) -> go.Figure:
    """A line per run through its settings and results, coloured by the last axis. Drag along an axis to pick lines."""
    dimensions = []
    for axis in axes:
        values = np.asarray(axis.values, np.float64)
        dimension: dict[str, object] = {"label": axis.title, "values": np.log10(values) if axis.log else values}
        few = np.unique(values[np.isfinite(values)])
        if axis.ticks is not None:
            dimension |= {"tickvals": list(range(len(axis.ticks))), "ticktext": _short(axis.ticks)}
            dimension["range"] = [-0.2, max(len(axis.ticks) - 0.8, 0.2)]
        elif axis.log:
            shown = few if len(few) <= 6 else np.geomspace(few[0], few[-1], 5)
            dimension |= {"tickvals": np.log10(shown).tolist(), "ticktext": [f"{v:.2g}" for v in shown]}
        elif 1 < len(few) <= 4:  # a grid, or a few runs: tick every value
            dimension |= {"tickvals": few.tolist(), "ticktext": [f"{v:.4g}" for v in few]}
        dimensions.append(dimension)
    ink = text_colour(dark=dark)
    figure = go.Figure(
        go.Parcoords(
            dimensions=dimensions,
            line={
                "color": list(axes[-1].values),
                "colorscale": [[i / 2, colour] for i, colour in enumerate(_ON_DARK if dark else _ON_LIGHT)],
                "showscale": False,
            },
            labelfont={"color": ink, "size": 13},
            tickfont={"color": ink, "size": 12},
            rangefont={"color": "rgba(0,0,0,0)"},
        )
    )
    # The ticks of the first axis are left of the plot.
    room = 7 * max((len(tick) for tick in _short(axes[0].ticks or ())), default=8) + 20
    figure.update_layout(height=360, margin={"l": room, "r": 60, "t": 50, "b": 20})
    return figure


def _short(ticks: Sequence[str]) -> list[str]:
    """Names that fit beside an axis; those that are alike then are told apart by their number."""
    cut = [tick if len(tick) <= _LONGEST_TICK else f"{_begin(tick)} ..." for tick in ticks]
    return [f"{name} ({i + 1})" if cut.count(name) > 1 else name for i, name in enumerate(cut)]


def _begin(tick: str) -> str:
    """What fits of it; whole settings where they are separated by commas."""
    begin = tick[: _LONGEST_TICK - 4]
    return begin.rpartition(",")[0] or begin.rstrip()


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"
