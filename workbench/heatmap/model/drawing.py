"""Maps as pictures: small ones for a grid, and large ones with their settings printed below."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from fer_models.checkpoint import Checkpoint
from fer_models.colours import USUAL_MAP
from fer_models.explain import Attribution
from fer_models.fonts import font, shortened
from workbench.app.pictures import as_rgb, enlarged
from workbench.heatmap.model.look import Look, overlaid

INK, PAPER = (28, 34, 38), (255, 255, 255)
#: Title of the colour scale.
UNSIGNED, SIGNED = "part of the largest value", "below 0 against, above 0 for; part of the largest"


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


def over_map(pixels: np.ndarray, values: np.ndarray, display: Display, side: int = 96) -> np.ndarray:
    """A map (S, S) in [0, 1] over the face, whatever the sign of its method."""
    return overlaid(pixels, values, side, opacity=display.opacity, signed=False, colours=display.colours)


def spread_over_face(pixels: np.ndarray, values: np.ndarray, display: Display, side: int = 96) -> np.ndarray:
    """A gate or share of attention (H, W) over the face, from its smallest value (dark) to its largest (bright)."""
    return over_map(pixels, spread(values), display, side)


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


def sheet_png(rows: Sequence[tuple[Sequence[str], Sequence[np.ndarray]]], title: str, note: str) -> bytes:
    """A contact sheet as PNG; a row has lines of text and pictures of the same size, uint8 (S, S, 3)."""
    side = max(picture.shape[0] for _, pictures in rows for picture in pictures)
    most = max(len(pictures) for _, pictures in rows)
    gap, text, head = 8, 300, 44
    canvas = Image.new("RGB", (text + most * (side + gap) + gap, head + len(rows) * (side + gap)), PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((gap, 6), title, INK, font(18))
    draw.text((gap, 28), note, INK, font(12))
    for number, (words, pictures) in enumerate(rows):
        top = head + number * (side + gap)
        for line, content in enumerate(words):
            size = 16 if line == 0 else 13
            draw.text((gap, top + 2 + line * 20), shortened(content, size, text - 2 * gap), INK, font(size))
        for column, picture in enumerate(pictures):
            canvas.paste(Image.fromarray(picture), (text + column * (side + gap), top))
    return png_bytes(canvas, {"Title": title, "Description": note})


def png_bytes(canvas: Image.Image, fields: dict[str, str]) -> bytes:
    """A PNG with these text fields, at 300 dots per inch."""
    info = PngInfo()
    for name, value in fields.items():
        info.add_itxt(name, value)
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG", pnginfo=info, dpi=(300, 300))
    return buffer.getvalue()
