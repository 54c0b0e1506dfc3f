"""A contact sheet: faces in rows with a line under each, as PNG and PDF at 300 dots per inch."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from fer_models.colours import GREY
from fer_models.fonts import font, shortened
from workbench.app.pictures import as_rgb

#: Most faces on a sheet.
MOST = 120
#: In pixels, 1.6 cm a face: ten of them are as wide as a page of text.
_SIDE, _GAP, _LINE, _HEAD, _A_ROW = 190, 10, 28, 60, 10
#: Sizes of the title and of the lines.
_LARGE, _SMALL = 30, 22
_INK, _PAPER = (28, 34, 38), (255, 255, 255)


def contact_sheet(
    images: Sequence[np.ndarray], captions: Sequence[str], title: str, kind: Literal["PNG", "PDF"] = "PNG"
) -> bytes:
    """Draw the sheet.

    Args:
        images: uint8 (H, W), (H, W, 1) or (H, W, 3) each, of any size; small ones are enlarged by repeating pixels.
        captions: One for each, such as ``sad > happy, 98 %``.
        title: Over the faces.
        kind: Of the file.

    Example:
        >>> contact_sheet([np.zeros((48, 48), np.uint8)], ["sad > happy"], "One face")[1:4]
        b'PNG'
    """
    columns = min(_A_ROW, max(1, len(images)))
    rows = -(-len(images) // columns)
    lines = 2 if any("," in caption for caption in captions) else 1
    wide, high = _SIDE + _GAP, _SIDE + lines * _LINE + _GAP
    canvas = Image.new("RGB", (max(columns * wide + _GAP, 4 * wide), _HEAD + rows * high + _GAP), _PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((_GAP, _GAP), title, _INK, font(_LARGE))
    for number, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = _GAP + number % columns * wide, _HEAD + number // columns * high
        canvas.paste(_fitted(image), (left, top))
        for line, part in enumerate(caption.split(", ", 1)):
            words = shortened(part, _SMALL, _SIDE)
            draw.text((left, top + _SIDE + line * _LINE), words, _INK if line == 0 else GREY, font(_SMALL))
    buffer = io.BytesIO()
    if kind == "PDF":
        canvas.save(buffer, "PDF", resolution=300, title=title)
    else:
        canvas.save(buffer, "PNG", dpi=(300, 300))
    return buffer.getvalue()


def _fitted(image: np.ndarray) -> Image.Image:
    picture = Image.fromarray(as_rgb(np.asarray(image)))
    longest = max(picture.size)
    size = (max(1, round(picture.width * _SIDE / longest)), max(1, round(picture.height * _SIDE / longest)))
    return picture.resize(size, Image.Resampling.NEAREST if longest <= _SIDE else Image.Resampling.BOX)
