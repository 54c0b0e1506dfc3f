"""A heatmap for print: the map over the face, its colour bar and its settings, as PNG, PDF and SVG."""

from __future__ import annotations

import html
import io
import json

import numpy as np
from PIL import Image, ImageDraw

from fer_models.checkpoint import Checkpoint
from fer_models.colours import coloured
from fer_models.fonts import font
from workbench.app import pictures
from workbench.heatmap.model.drawing import INK, PAPER, SIGNED, UNSIGNED, Display, over_face, png_bytes, settings
from workbench.heatmap.model.look import Look, facts

#: Pixels of the picture and of its margin: 8 cm at 300 dots per inch.
_SIDE, _GAP = 960, 16
_BAR, _TEXT, _LINE = 28, 26, 36


def png(pixels: np.ndarray, look: Look, display: Display, checkpoint: Checkpoint) -> bytes:
    """The map over the face with colour bar and settings under it, and all settings in the file's text fields."""
    fields = {"Title": look.title, "Settings": json.dumps(settings(look, display, checkpoint))}
    return png_bytes(_canvas(pixels, look, display, checkpoint), fields)


def pdf(pixels: np.ndarray, look: Look, display: Display, checkpoint: Checkpoint) -> bytes:
    """The same as a PDF of one page, 300 dots per inch."""
    buffer = io.BytesIO()
    _canvas(pixels, look, display, checkpoint).save(buffer, "PDF", resolution=300, title=look.title)
    return buffer.getvalue()


def svg(pixels: np.ndarray, look: Look, display: Display, checkpoint: Checkpoint) -> str:
    """The same as SVG: the map as a picture, bar and words as vectors."""
    picture = over_face(pixels, look.attribution, display, _SIDE)
    side = len(picture)
    lines = _lines(look, display, checkpoint, _SIDE)
    top = side + _GAP
    stops = "".join(
        f'<stop offset="{share:.3f}" stop-color="rgb({",".join(map(str, colour))})"/>'
        for share, colour in zip(np.linspace(0, 1, 33), _colours(display, 33), strict=True)
    )
    words = []
    for text, x, anchor in _ticks(display, side):
        words.append(f'<text x="{x}" y="{top + _BAR + _LINE - 6}" text-anchor="{anchor}">{text}</text>')
    below = top + _BAR + _LINE
    for number, line in enumerate(lines):
        weight = ' font-weight="bold"' if number == 0 else ""
        words.append(f'<text x="0" y="{below + (number + 1) * _LINE - 6}"{weight}>{html.escape(line)}</text>')
    height = below + len(lines) * _LINE + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {height}" width="80mm" '
        f'font-family="sans-serif" font-size="{_TEXT}"><title>{html.escape(look.title)}</title>'
        f'<defs><linearGradient id="bar">{stops}</linearGradient></defs>'
        f'<image href="{pictures.uri(picture)}" width="{side}" height="{side}" style="image-rendering:pixelated"/>'
        f'<rect y="{top}" width="{side}" height="{_BAR}" fill="url(#bar)"/>{"".join(words)}</svg>'
    )


def _canvas(pixels: np.ndarray, look: Look, display: Display, checkpoint: Checkpoint) -> Image.Image:
    picture = over_face(pixels, look.attribution, display, _SIDE)
    side = len(picture)
    lines = _lines(look, display, checkpoint, side)
    top = side + _GAP
    below = top + _BAR + _LINE
    canvas = Image.new("RGB", (side, below + len(lines) * _LINE + _GAP), PAPER)
    canvas.paste(Image.fromarray(picture), (0, 0))
    canvas.paste(Image.fromarray(np.repeat(_colours(display, side)[None], _BAR, 0)), (0, top))
    draw = ImageDraw.Draw(canvas)
    for text, x, anchor in _ticks(display, side):
        draw.text(
            (x, top + _BAR + 4), text, INK, font(_TEXT), anchor={"start": "la", "middle": "ma", "end": "ra"}[anchor]
        )
    for number, line in enumerate(lines):
        draw.text((0, below + number * _LINE + 4), line, INK, font(_TEXT))
    return canvas


def _colours(display: Display, steps: int) -> np.ndarray:
    """Colours of the bar from left to right, uint8 (steps, 3)."""
    levels = np.linspace(0, 1, steps, dtype=np.float32)[None]
    return np.rint(coloured(levels, "diverging" if display.signed else display.colours)[0]).astype(np.uint8)


def _ticks(display: Display, side: int) -> list[tuple[str, int, str]]:
    """Text, x and alignment of the bar's labels."""
    low = "-1" if display.signed else "0"
    return [(low, 0, "start"), (SIGNED if display.signed else UNSIGNED, side // 2, "middle"), ("1", side, "end")]


def _lines(look: Look, display: Display, checkpoint: Checkpoint, width: int) -> list[str]:
    """Title, network, facts and display, wrapped to the width in pixels."""
    draw = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    said = (look.title, f"network {checkpoint.name}, weights {checkpoint.sha256[:12]}", facts(look), display.words)
    lines: list[str] = []
    for line in said:
        lines.append("")
        for word in line.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and draw.textlength(longer, font(_TEXT)) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return lines
