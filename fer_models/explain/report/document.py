"""A self-contained page of HTML about an explanation: nothing is fetched, and the face is included only on request."""

from __future__ import annotations

import base64
import datetime
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.colours import USUAL_MAP
from fer_models.errors import UserError
from fer_models.explain.overlay import overlay
from fer_models.explain.report.charts import Bar, Lines, bar_geometry, lines_geometry
from fer_models.faces.image import encode_png, resize

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["Bar", "Figure", "Lines", "Section", "heatmap_figure", "html_report", "versions"]

_LARGEST_SIDE = 640
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """One picture of the report.

    Args:
        title: also the alternative text for screen readers.
        picture: uint8 (H, W), (H, W, 1) or (H, W, 3); it may show the face.
        without_face: the same without the face, for a report without the picture; if ``None``, the figure is left out
            there. For a figure that shows no face at all, pass the same array twice.
        caption: a sentence under it.
    """

    title: str
    picture: np.ndarray
    without_face: np.ndarray | None = None
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report; empty parts are left out.

    Args:
        text: paragraphs, plain text.
        figures: side by side.
        bars: shares in [0, 1].
        lines: curves over one axis.
        columns: head of a table.
        rows: cells of the table; numbers are aligned right.
    """

    title: str
    text: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    bars: Sequence[Bar] = ()
    lines: Lines | None = None
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()


def heatmap_figure(
    title: str,
    face: np.ndarray,
    heatmap: np.ndarray,
    *,
    opacity: float = 0.5,
    colour_map: str = USUAL_MAP,
    caption: str = "",
    side: int = 288,
) -> Figure:
    """A heatmap over its face, and the map alone for a report without the picture.

    Args:
        face: uint8 (S, S[, C]).
        heatmap: (S, S) in [0, 1]; cells are repeated, not smoothed, when enlarged.
        side: of the figure in pixels, about.
    """
    times = max(1, round(side / len(face)))
    large, heat = (np.repeat(np.repeat(values, times, 0), times, 1) for values in (face, heatmap))
    blank = np.zeros((*heat.shape, 3), np.uint8)
    return Figure(title, overlay(large, heat, opacity, colour_map), overlay(blank, heat, 1.0, colour_map), caption)


def html_report(
    title: str,
    checkpoints: Sequence[Checkpoint],
    settings: Mapping[str, object],
    sections: Sequence[Section],
    *,
    include_picture: bool = False,
    made: datetime.datetime | None = None,
) -> str:
    """One HTML page with everything needed to read and reproduce an explanation; it loads nothing.

    Args:
        title: of the page.
        checkpoints: the explained networks; the report lists name, weights' SHA-256, classes and preprocessing of each.
        settings: name to value, such as method, class and layer. They appear in the report, so leave private file names
            out.
        sections: parts of the report.
        include_picture: whether figures may show the face. If not, they show maps alone, and the report says so;
            fine maps of the gradient methods still trace a face's outlines.
        made: time of the report, now by default.

    Returns:
        The page as text, to be saved as UTF-8.

    Raises:
        UserError: If there is no checkpoint.
    """
    if not checkpoints:
        raise UserError("A report needs at least one network; give the checkpoints that it is about.")
    made = made or datetime.datetime.now().astimezone()
    note = (
        "This report holds the image that was explained: share it as you would share the image."
        if include_picture
        else "The image that was explained is not part of this report; figures show the maps alone."
    )
    return _template().render(
        title=title,
        made=made.strftime("%Y-%m-%d %H:%M %Z").strip(),
        note=note,
        style=(_FOLDER / "report.css").read_text("utf-8"),
        sections=[_template_values(section, include_picture) for section in sections],
        settings=_cells(settings.items()),
        networks=[_cells(_facts(checkpoint)) for checkpoint in checkpoints],
        versions=_cells(versions().items()),
    )


def versions() -> dict[str, str]:
    """This project's version and those of the libraries that a heatmap depends on."""
    result = {"Python": platform.python_version()}
    for name in ("fer-workbench", "torch", "captum", "numpy", "opencv-python"):
        try:
            result[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return result


def _template() -> Template:
    """The page's template; jinja2 is imported only when a report is made."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html")


def _template_values(section: Section, include_picture: bool) -> dict[str, Any]:
    """A section as values for the template: pictures as addresses, charts as geometry, cells as text."""
    figures = [(figure, figure.picture if include_picture else figure.without_face) for figure in section.figures]
    return {
        "title": section.title,
        "text": section.text,
        "figures": [
            {"title": figure.title, "caption": figure.caption, "address": _address(picture)}
            for figure, picture in figures
            if picture is not None
        ],
        "bars": [bar_geometry(bar) for bar in section.bars],
        "lines": None if section.lines is None else lines_geometry(section.lines),
        "columns": section.columns,
        "rows": _cells(section.rows),
    }


def _address(picture: np.ndarray) -> str:
    """uint8 (H, W[, 1 or 3]) as a ``data:`` address of a PNG, reduced if it is large."""
    picture = picture[:, :, 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
    longest = max(picture.shape[:2])
    if longest > _LARGEST_SIDE:
        height, width = (max(1, round(side * _LARGEST_SIDE / longest)) for side in picture.shape[:2])
        picture = resize(picture, (height, width))
    return "data:image/png;base64," + base64.b64encode(encode_png(picture)).decode()


def _facts(checkpoint: Checkpoint) -> list[tuple[str, object]]:
    size, channels = checkpoint.preprocess.size, checkpoint.preprocess.channels
    facts: list[tuple[str, object]] = [
        ("name", checkpoint.name),
        ("network", checkpoint.network),
        ("options", ", ".join(f"{name} = {value}" for name, value in checkpoint.options.items()) or "defaults"),
        ("SHA-256 of the weights", checkpoint.sha256),
        ("classes", ", ".join(checkpoint.classes)),
        ("input", f"{size} x {size} pixels, {'grey' if channels == 1 else 'RGB'}"),
        ("alignment of faces", checkpoint.preprocess.alignment),
    ]
    return facts


def _cells(rows: Iterable[Sequence[object]]) -> list[list[tuple[str, bool]]]:
    """Text of each cell, and whether it is a number."""
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: object) -> tuple[str, bool]:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return ("none" if value != value else f"{value:.4g}"), True
    return str(value), False
