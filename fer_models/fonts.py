"""The font of pictures that carry words: one that has the letters of file names, such as umlauts and Cyrillic."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
#: DejaVu Sans is wider than other fonts of its size.
_SMALLER = 0.9


@cache
def font(size: int) -> Font:
    """DejaVu Sans, which comes with Matplotlib; without it Pillow's own font, which has little beyond ASCII.

    Args:
        size: In pixels.

    Example:
        >>> font(12).getlength("ü") > 0
        True
    """
    spec = find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        file = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
        if file.exists():
            return ImageFont.truetype(file, _SMALLER * size)
    return ImageFont.load_default(size)


def shortened(text: str, size: int, width: float) -> str:
    """The text, cut off with an ellipsis where it is wider than so many pixels.

    Args:
        text: One line.
        size: Of the font, in pixels.
        width: In pixels.

    Example:
        >>> shortened("a", 12, 100), shortened("a long name.jpg", 12, 60)[-1]
        ('a', '…')
    """
    if font(size).getlength(text) <= width:
        return text
    while text and font(size).getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"
