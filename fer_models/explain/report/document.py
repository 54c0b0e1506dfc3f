"""A self-contained page of HTML about an explanation: nothing is fetched, and the face is in it only if wanted."""

from __future__ import annotations

import base64
import datetime
import html
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata

import numpy as np

from fer_models.checkpoint import Checkpoint
from fer_models.colours import USUAL_MAP
from fer_models.errors import UserError
from fer_models.explain.overlay import overlay
from fer_models.explain.report.charts import Bar, Lines, bars_html, lines_html
from fer_models.faces.image import encode_png, resize

__all__ = ["Bar", "Figure", "Lines", "Section", "heatmap_figure", "html_report", "versions"]

#: What the browser may load for the page: what is written in it, and nothing else.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --line: #d5dadd; --soft: #f3f5f6; --ink: #16191b; --mark: #2f6f9f; }
@media (prefers-color-scheme: dark) { :root { --line: #444b50; --soft: #22272a; --ink: #e9edef; --mark: #7db8e0; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; } td.number { text-align: right; }
td:first-child { overflow-wrap: normal; min-width: 6.5rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; max-width: 20rem; }
img { max-width: 100%; height: auto; display: block; image-rendering: pixelated; }
figcaption { font-size: .875rem; } figcaption b { display: block; }
.note { background: var(--soft); border-left: 4px solid var(--line); padding: .5rem .8rem; }
.bars { display: grid; grid-template-columns: auto 1fr auto; gap: .25rem .7rem; align-items: center; max-width: 40rem;
  margin: 1rem 0; }
.bars .track { background: var(--soft); height: 1rem; position: relative; }
.bars .bar { background: var(--mark); height: 100%; } .bars .value { font-variant-numeric: tabular-nums; }
.bars .span { position: absolute; top: 45%; height: 10%; background: var(--ink); }
.bars .mark { position: absolute; top: 0; height: 100%; width: 2px; background: var(--ink); }
svg { max-width: 100%; height: auto; } svg text { fill: currentColor; font-size: 12px; }
"""
_LARGEST_SIDE = 640


@dataclass(frozen=True)
class Figure:
    """One picture of the report.

    Args:
        title: what it is; also what a screen reader tells.
        picture: uint8 (H, W), (H, W, 1) or (H, W, 3); it may show the face.
        without_face: the same without the face, shown where the report holds no picture; a figure that has none is left
            out there. For a figure that shows no face at all, give the same array twice.
        caption: a sentence under it.
    """

    title: str
    picture: np.ndarray
    without_face: np.ndarray | None = None
    caption: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the report; what is empty is left out.

    Args:
        text: paragraphs, plain text.
        figures: side by side.
        bars: shares in [0, 1].
        lines: curves over one axis.
        columns, rows: a table; numbers are set to the right.
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
    """One HTML page with all that is needed to read and to repeat an explanation; it loads nothing from anywhere.

    Args:
        checkpoints: the networks that were asked; name, weights' SHA-256, classes and preprocessing are told of each.
        settings: what was asked, name to value, such as method, class and layer. Do not put a file name there that is
            private: the report tells what it is given.
        include_picture: whether figures may show the face. Without it they show maps alone, and the report says so;
            fine maps of the gradient methods still trace a face's outlines.
        made: time of the report, now by default.

    Returns:
        The page as text, to be saved as UTF-8.

    Raises:
        UserError: If there is no network to tell of.
    """
    if not checkpoints:
        raise UserError("A report tells of at least one network; give the checkpoints that were asked.")
    made = made or datetime.datetime.now().astimezone()
    note = (
        "This report holds the picture that was explained: share it as you would share the picture."
        if include_picture
        else "The picture that was explained is not part of this report; figures show the maps alone."
    )
    parts = [
        f"<h1>{_text(title)}</h1>",
        f"<p>{_text(made.strftime('%Y-%m-%d %H:%M %Z').strip())}</p>",
        f'<p class="note">{note} A network reads an expression from a face; it does not know what a person feels.</p>',
        *(_section(section, include_picture) for section in sections),
        "<h2>What was asked</h2>",
        _table((), [(name, value) for name, value in settings.items()]),
        "<h2>Networks</h2>",
        *(_table((), _facts(checkpoint)) for checkpoint in checkpoints),
        "<h2>Versions</h2>",
        _table((), list(versions().items())),
    ]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join(parts) + "\n</body>\n"
        "</html>\n"
    )


def versions() -> dict[str, str]:
    """This project's version and those of the libraries that a heatmap depends on."""
    found = {"Python": platform.python_version()}
    for name in ("fer-workbench", "torch", "captum", "numpy", "opencv-python"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _section(section: Section, include_picture: bool) -> str:
    parts = [f"<h2>{_text(section.title)}</h2>", *(f"<p>{_text(text)}</p>" for text in section.text)]
    figures = [_figure(figure, include_picture) for figure in section.figures]
    if any(figures):
        parts.append('<div class="figures">' + "".join(figures) + "</div>")
    if section.bars:
        parts.append(bars_html(section.bars))
    if section.lines is not None:
        parts.append(lines_html(section.lines))
    if section.rows:
        parts.append(_table(section.columns, section.rows))
    return "\n".join(parts)


def _figure(figure: Figure, include_picture: bool) -> str:
    picture = figure.picture if include_picture else figure.without_face
    if picture is None:
        return ""
    picture = picture[:, :, 0] if picture.ndim == 3 and picture.shape[2] == 1 else picture
    longest = max(picture.shape[:2])
    if longest > _LARGEST_SIDE:
        height, width = (max(1, round(side * _LARGEST_SIDE / longest)) for side in picture.shape[:2])
        picture = resize(picture, (height, width))
    data = base64.b64encode(encode_png(picture)).decode()
    caption = _text(figure.caption)
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{_text(figure.title)}">'
        f"<figcaption><b>{_text(figure.title)}</b>{caption}</figcaption></figure>"
    )


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


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "<tr>" + "".join(f"<th>{_text(name)}</th>" for name in columns) + "</tr>" if columns else ""
    body = "".join("<tr>" + "".join(_cell(value) for value in row) + "</tr>" for row in rows)
    return f"<table>{head}{body}</table>"


def _cell(value: object) -> str:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return f'<td class="number">{_text("none" if value != value else f"{value:.4g}")}</td>'
    return f"<td>{_text(value)}</td>"


def _text(value: object) -> str:
    return html.escape(str(value))
