"""Small horizontal bars with their values, cheap enough for every row of a page."""

from __future__ import annotations

import html
from collections.abc import Sequence

import streamlit as st

from fer_models import labels
from fer_models.colours import SERIES
from workbench.app.wording import percent
from workbench.face.model.crop import RegionShares

#: Label, value in [0, 1], text of the value, colour, and the position of a tick in [0, 1] or ``None``.
Bar = tuple[str, float, str, str, float | None]
_PLAIN = SERIES[0]


def show(bars: Sequence[Bar], *, label: str, full: float = 1.0) -> None:
    """Draw the bars.

    Args:
        label: what they show, for screen readers. full: value of a bar of full length.
    """
    st.html(f'<div role="list" aria-label="{html.escape(label)}">{"".join(_bar(bar, full) for bar in bars)}</div>')


def show_probabilities(
    ranked: Sequence[tuple[str, float]], most: int = 8, before: dict[str, float] | None = None
) -> None:
    """Class probabilities in the emotions' fixed colours; with ``before``, a tick at each earlier probability."""
    bars: list[Bar] = [
        (name, value, percent(value), labels.colour(name), None if before is None else before[name])
        for name, value in ranked[:most]
    ]
    show(bars, label="Probabilities: " + ", ".join(f"{bar[0]} {bar[2]}" for bar in bars))


def show_regions(regions: RegionShares, most: int = 9) -> None:
    """Share of the relevance in each region, the densest first, with a tick at its share of the area."""
    rows = regions.rows[:most]
    full = max(0.01, *(max(share, area) for _, share, area in rows))
    bars: list[Bar] = [
        (name, share, f"{percent(share, 0)} · {share / area:.1f} x", _PLAIN, area) for name, share, area in rows
    ]
    show(bars, label="Relevance: " + ", ".join(f"{bar[0]} {bar[2]} its area" for bar in bars), full=full)


def _bar(bar: Bar, full: float) -> str:
    name, value, text, colour, tick = bar
    width = 100 * min(1.0, max(0.0, value / full))
    mark = ""
    if tick is not None:
        tick_position = 100 * min(1.0, max(0.0, tick / full))
        mark = (
            f'<div style="position:absolute;left:calc({tick_position:.1f}% - 1px);top:-2px;bottom:-2px;width:2px;'
            'background:currentColor"></div>'
        )
    return (
        '<div role="listitem" style="display:flex;align-items:center;gap:0.45rem;font-size:0.8rem;line-height:1.35;'
        'font-variant-numeric:tabular-nums">'
        f'<div style="width:5.2em;flex:none">{html.escape(name)}</div>'
        '<div style="flex:1;min-width:2rem;height:0.62em;position:relative;'
        'background:color-mix(in srgb, currentColor 12%, transparent)">'
        f'<div style="width:{width:.1f}%;height:100%;background:{colour}"></div>{mark}</div>'
        f'<div style="flex:none;min-width:3.6em;text-align:right;white-space:nowrap">{html.escape(text)}</div></div>'
    )
