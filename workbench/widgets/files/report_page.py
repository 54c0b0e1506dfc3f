"""Pinned figures and tables as one HTML page that loads nothing."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from fer_models.explain.report.document import versions

if TYPE_CHECKING:
    from jinja2 import Template

    from workbench.widgets.files.report import Item

_FOLDER = Path(__file__).parent


def figure_html(figure: go.Figure) -> str:
    """A figure as HTML for :func:`page`, without Plotly itself."""
    printed = go.Figure(figure).update_layout(template="plotly_white")
    return str(to_html(printed, include_plotlyjs=False, full_html=False))


def page(items: Sequence[Item], made: datetime.datetime | None = None) -> str:
    """The report as text, to be saved as UTF-8. Plotly is in it once if there is a figure.

    Args:
        items: In their order on the page.
        made: Time of the report, now by default.
    """
    plotly = get_plotlyjs() if any(item.figure for item in items) else ""
    when = (made or datetime.datetime.now().astimezone()).strftime("%d %B %Y, %H:%M %Z").strip()
    return _template().render(
        title="Report from FER Workbench", made=when, items=items, plotly=plotly, versions=versions()
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined).get_template(
        "report_page.html"
    )
