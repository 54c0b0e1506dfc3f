"""Colours that stand for no emotion: maps for heatmaps and tables, palettes for lines and bars.

The colours of emotions are in :mod:`fer_models.labels`. All are chosen to keep apart in the usual colour vision
deficiencies and in grey, and none is the only carrier of a meaning.
"""

from __future__ import annotations

from functools import cache

import numpy as np

#: Perceptual maps by their names in OpenCV and Plotly: equal steps look equal, also in grey. Jet is not among them,
#: since it invents edges.
COLOUR_MAPS = ("inferno", "viridis", "cividis")
USUAL_MAP = "inferno"
#: Against over neither to for, at equal steps: purple, white, orange (PuOr of ColorBrewer).
DIVERGING = ("#2D004B", "#8073AC", "#F7F7F7", "#E08214", "#7F3B08")
#: One hue from the ground of a light page, or of a dark one, to its opposite, at equal steps.
ON_LIGHT = ("#F7FAFB", "#C5DCE8", "#7FB2CC", "#3E89B0", "#123F58")
ON_DARK = ("#1B2226", "#1F4156", "#2B6A8C", "#5FA3C4", "#CBE6F3")

#: Lines and bars of a figure, in this order; seen well on a light page and on a dark one.
SERIES = ("#3E89B0", "#C46A2D", "#5E7F3A", "#7A5C99", "#8A8F98", "#B08A2E")
#: Lines differ in dash as well as in colour.
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
#: Lines of a figure that has many of them.
MANY = ("#3E89B0", "#E07B39", "#5B8F2B", "#A85C9A", "#C99A00", "#4C9F9B", "#B23A48", "#6C6F9E")
#: More contrast between neighbours than in :data:`SERIES`, for figures in which lines cross and for print.
#: Source: Okabe and Ito 2008, "Color universal design", the yellow darkened so that it is seen on white.
CONTRASTING = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B38600", "#56B4E9")
#: What is compared with, such as chance, a diagonal, an average.
GREY = "#8A8F98"
#: What someone chose.
MARK = "#E02B20"

_SHADES = 257  # odd, so that the middle of the scale has a shade of its own


def coloured(level: np.ndarray, colour_map: str = USUAL_MAP) -> np.ndarray:
    """Colours of numbers.

    Args:
        level: (H, W) in [0, 1]; what lies outside is clipped.
        colour_map: One of :data:`COLOUR_MAPS`, or ``"diverging"`` for :data:`DIVERGING`.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        KeyError: If there is no such map.

    Example:
        >>> coloured(np.array([[0.0, 1.0]])).tolist()
        [[[0, 0, 4], [252, 255, 164]]]
    """
    table = _table(colour_map)
    return table[np.rint(np.clip(level, 0, 1) * (len(table) - 1)).astype(np.intp)]


def scale(colour_map: str = USUAL_MAP, steps: int = 17) -> list[str]:
    """Colours of a map at equal steps, as Plotly takes them: ``rgb(0, 0, 4)``.

    Not as ``#000004``: Streamlit's theme takes the colours #000001 to #000035 for its own placeholders.

    Raises:
        KeyError: If there is no such map.

    Example:
        >>> scale("diverging", 3)
        ['rgb(45, 0, 75)', 'rgb(247, 247, 247)', 'rgb(127, 59, 8)']
    """
    stops = coloured(np.linspace(0, 1, steps)[None], colour_map)[0]
    return [f"rgb({red}, {green}, {blue})" for red, green, blue in stops.tolist()]


@cache
def _table(colour_map: str) -> np.ndarray:
    """All shades of a map, uint8 RGB (N, 3)."""
    if colour_map == "diverging":
        stops = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in DIVERGING], np.float64)
        places = np.linspace(0, 1, len(stops))
        at = np.linspace(0, 1, _SHADES)
        return np.stack([np.interp(at, places, stops[:, i]) for i in range(3)], -1).round().astype(np.uint8)
    if colour_map not in COLOUR_MAPS:
        raise KeyError(colour_map)
    import cv2  # late: palettes are needed where no picture is drawn

    shades = np.arange(256, dtype=np.uint8)[:, None]
    bgr = cv2.applyColorMap(shades, getattr(cv2, f"COLORMAP_{colour_map.upper()}"))
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)[:, 0]
