"""Maps as pictures: small ones for a grid, and large ones with their settings printed below."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from fer_models.checkpoint import Checkpoint
from fer_models.colours import USUAL_MAP
from fer_models.explain import Attribution
from workbench.app.pictures import as_rgb, enlarged
from workbench.heatmap.model.look import Look, facts, overlaid

_INK, _PAPER = (28, 34, 38), (255, 255, 255)


@dataclass(frozen=True)
class Display:
    """How maps are drawn: opacity in [0, 1], evidence against the class too, and a key of the colour maps."""

    opacity: float = 0.5
    signed: bool = False
    colours: str = USUAL_MAP

    @property
    def words(self) -> str:
        """The display settings, for a caption."""
        sign = "signed, purple against, orange for" if self.signed else f"positive part, {self.colours}"
        return f"{sign}, opacity {round(100 * self.opacity)} %"


def heat(attribution: Attribution, display: Display) -> np.ndarray | None:
    """The map (H, W) to draw, in [0, 1] or signed in [-1, 1]; ``None`` where nothing is positive."""
    if display.signed:
        return np.asarray(attribution.signed_heatmap()[0])
    return np.asarray(attribution.heatmap()[0]) if attribution.has_positive[0] else None


def over_face(pixels: np.ndarray, attribution: Attribution, display: Display, side: int = 96) -> np.ndarray:
    """The map over the face, uint8, about (side, side, 3)."""
    return overlaid(pixels, heat(attribution, display), side, **asdict(display))


def over_values(pixels: np.ndarray, values: np.ndarray, display: Display, side: int = 96) -> np.ndarray:
    """As :func:`over_face` for bare signed values (S, S)."""
    return over_face(pixels, Attribution(values[None], "", None, None, "", np.zeros(1, np.int64), 0.0), display, side)


def spread_over_face(pixels: np.ndarray, values: np.ndarray, display: Display, side: int = 96) -> np.ndarray:
    """A gate or share of attention (H, W) over the face, from its smallest value (dark) to its largest (bright)."""
    return overlaid(pixels, spread(values), side, opacity=display.opacity, signed=False, colours=display.colours)


def spread(values: np.ndarray) -> np.ndarray:
    """Values rescaled to [0, 1]; zeros for a constant map."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def face(pixels: np.ndarray, side: int = 96) -> np.ndarray:
    """The bare face, uint8, about (side, side, 3)."""
    return enlarged(as_rgb(pixels), side)


def fitted(picture: np.ndarray, side: int) -> np.ndarray:
    """A square picture resized to exactly ``side`` pixels, nearest neighbour."""
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.NEAREST))


def fitted_map(values: np.ndarray, side: int) -> np.ndarray:
    """A map (h, w) resized to (side, side), nearest neighbour."""
    rows, columns = (np.arange(side) * n // side for n in values.shape)
    return values[rows[:, None], columns]


def settings(look: Look, display: Display, checkpoint: Checkpoint) -> dict[str, Any]:
    """Settings that reproduce a map: network, hash, method, layer, score, options and display, as plain values."""
    from importlib.metadata import version

    attribution = look.attribution
    return {
        "network": checkpoint.name,
        "architecture": checkpoint.network,
        "weights_sha256": checkpoint.sha256,
        "input": checkpoint.preprocess.to_dict(),
        "method": attribution.method,
        "class": look.target,
        "against": look.against,
        "score": attribution.of,
        "layer": attribution.layer,
        "layer_cells": attribution.layer_size,
        "options": {name: value for name, value in attribution.options.items() if isinstance(value, str | int | float)},
        "probabilities": dict(look.prediction.ranked()),
        "display": asdict(display),
        "versions": {name: version(name) for name in ("fer-workbench", "torch", "captum", "numpy")},
    }


def captioned_png(pixels: np.ndarray, look: Look, display: Display, checkpoint: Checkpoint) -> bytes:
    """The map over the face with title and settings printed under it, and all settings in the file's text fields."""
    picture = over_face(pixels, look.attribution, display, 480)
    lines = [look.title, f"network {checkpoint.name}, weights {checkpoint.sha256[:12]}", facts(look), display.words]
    map_settings = settings(look, display, checkpoint)
    return _with_text(picture, lines, {"Title": look.title, "Settings": json.dumps(map_settings)})


def sheet_png(rows: Sequence[tuple[Sequence[str], Sequence[np.ndarray]]], title: str, note: str) -> bytes:
    """A contact sheet as PNG; a row has lines of text and pictures of the same size, uint8 (S, S, 3)."""
    side = max(picture.shape[0] for _, pictures in rows for picture in pictures)
    most = max(len(pictures) for _, pictures in rows)
    gap, text, head = 8, 300, 44
    canvas = Image.new("RGB", (text + most * (side + gap) + gap, head + len(rows) * (side + gap)), _PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((gap, 6), title, _INK, _font(18))
    draw.text((gap, 28), note, _INK, _font(12))
    for number, (words, pictures) in enumerate(rows):
        top = head + number * (side + gap)
        for line, content in enumerate(words):
            draw.text((gap, top + 2 + line * 20), content, _INK, _font(16 if line == 0 else 13))
        for column, picture in enumerate(pictures):
            canvas.paste(Image.fromarray(picture), (text + column * (side + gap), top))
    return _bytes(canvas, {"Title": title, "Description": note})


def _with_text(picture: np.ndarray, lines: Sequence[str], fields: dict[str, str]) -> bytes:
    height, width = picture.shape[:2]
    draw = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    printed = [
        (part, _font(15 if number == 0 else 12))
        for number, line in enumerate(lines)
        for part in _wrapped(draw, line, _font(15 if number == 0 else 12), width - 16)
    ]
    canvas = Image.new("RGB", (width, height + 12 + 20 * len(printed)), _PAPER)
    canvas.paste(Image.fromarray(picture), (0, 0))
    draw = ImageDraw.Draw(canvas)
    for number, (part, font) in enumerate(printed):
        draw.text((8, height + 6 + 20 * number), part, _INK, font)
    return _bytes(canvas, fields)


def _wrapped(draw: ImageDraw.ImageDraw, line: str, font: Any, width: int) -> list[str]:
    lines, words = [""], line.split()
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and draw.textlength(longer, font) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _bytes(canvas: Image.Image, fields: dict[str, str]) -> bytes:
    info = PngInfo()
    for name, value in fields.items():
        info.add_itxt(name, value)
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()
