"""A network as an SVG drawing: its blocks with their shapes, the arrows between them, attention in colour."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence

from fer_models.blocks import Block
from fer_models.colours import SERIES
from fer_models.layer_names import block_title

_WIDTH, _HEIGHT = 134, 74
_GAP_X, _GAP_Y, _MARGIN = 26, 20, 16
#: Columns before the drawing goes on in the next line, as text does.
COLUMNS = 7
#: Of attention, readable on a light and a dark page.
ATTENTION = SERIES[1]
#: Of lines and words on white.
INK = "#1f2a30"


def draw(
    blocks: Sequence[Block],
    title: str,
    *,
    ink: str = INK,
    ground: str = "#ffffff",
    buttons: Collection[str] = (),
    chosen: str = "",
) -> str:
    """The drawing as SVG text.

    Args:
        blocks: As :func:`fer_models.blocks.blocks` gives them.
        title: What it shows, for screen readers.
        ink: Colour of lines and words.
        ground: Colour behind them; empty for none.
        buttons: Names of the blocks that a page lets be chosen: each has its name as ``data-block``.
        chosen: Name of the block that is chosen.

    Example:
        >>> blocks = [Block("input", "image", (1, 48, 48)),
        ...           Block("head", "linear", (7,), 700, sources=("input",))]
        >>> draw(blocks, "A network").startswith("<svg")
        True
    """
    places, width, height = _layout(blocks)
    parts = [_arrow(places[source], places[block.name], ink) for block in blocks for source in block.sources]
    parts += [
        _box(block, *places[block.name], ink, _button(block, block.name == chosen) if block.name in buttons else "")
        for block in blocks
    ]
    behind = f'<rect width="{width}" height="{height}" fill="{ground}"/>' if ground else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="{"group" if buttons else "img"}" aria-label="{html.escape(title)}" font-family="system-ui, sans-serif">'
        f"{behind}{''.join(parts)}</svg>"
    )


def _layout(blocks: Sequence[Block]) -> tuple[dict[str, tuple[float, float]], int, int]:
    """The left upper corner of each block, and the size of the whole."""
    column: dict[str, int] = {}
    for block in blocks:
        column[block.name] = max((column[source] + 1 for source in block.sources), default=0)
    stacked: dict[int, list[str]] = {}
    for name, number in column.items():
        stacked.setdefault(number, []).append(name)
    places: dict[str, tuple[float, float]] = {}
    top = float(_MARGIN)
    last = max(stacked)
    for first in range(0, last + 1, COLUMNS):
        line = [number for number in range(first, first + COLUMNS) if number in stacked]
        rows = max(len(stacked[number]) for number in line)
        for number in line:
            for row, name in enumerate(stacked[number]):
                x = _MARGIN + (number - first) * (_WIDTH + _GAP_X)
                places[name] = (x, top + row * (_HEIGHT + _GAP_Y))
        top += rows * (_HEIGHT + _GAP_Y) + _GAP_Y
    wide = min(last + 1, COLUMNS)
    return places, 2 * _MARGIN + wide * _WIDTH + (wide - 1) * _GAP_X, int(top - 2 * _GAP_Y + _MARGIN)


def _button(block: Block, pressed: bool) -> str:
    """Attributes of a block that can be chosen."""
    words = html.escape(f"{block_title(block.name)}, {block.kind}")
    return (
        f' data-block="{html.escape(block.name)}" role="button" tabindex="0" aria-label="{words}" '
        f'aria-pressed="{str(pressed).lower()}"'
    )


def _box(block: Block, x: float, y: float, ink: str, button: str) -> str:
    stroke, fill = (ATTENTION, f'fill="{ATTENTION}" fill-opacity="0.16"') if block.attention else (ink, 'fill="none"')
    style = 'stroke-dasharray="5 3"' if block.gates and not block.attention else ""
    stroke = ATTENTION if block.gates else stroke
    lines = [
        (block_title(block.name), 12, 600),
        (block.kind[:1].upper() + block.kind[1:], 11, 400),
        (" x ".join(map(str, block.shape)), 11, 400),
        (_counted(block), 11, 400),
    ]
    texts = "".join(
        f'<text x="{x + _WIDTH / 2:g}" y="{y + 17 + 16 * i:g}" text-anchor="middle" font-size="{size}" '
        f'font-weight="{weight}" fill="{ink}">{html.escape(_short(text, size))}</text>'
        for i, (text, size, weight) in enumerate(lines)
    )
    title = html.escape(f"{block_title(block.name)}: {block.kind}")
    return (
        f'<g{button}><title>{title}</title><rect x="{x:g}" y="{y:g}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" rx="6" {fill} stroke="{stroke}" stroke-width="1.3" {style}/>{texts}</g>'
    )


def _counted(block: Block) -> str:
    held = "" if block.attention or not block.gates else f"{block.gates} gates, "
    if not block.parameters:
        return held.rstrip(", ") or "no weights"
    return f"{held}{block.parameters:,}" if held else f"{block.parameters:,} weights"


def _short(text: str, size: int) -> str:
    most = int((_WIDTH - 6) / (0.53 * size))
    return text if len(text) <= most else f"{text[: most - 1].rstrip(' ,')}…"


def _arrow(start: tuple[float, float], end: tuple[float, float], ink: str) -> str:
    x1, y1 = start[0] + _WIDTH, start[1] + _HEIGHT / 2
    x2, y2 = end[0], end[1] + _HEIGHT / 2
    if 0 < x2 - x1 < _WIDTH:  # in the next column, also of another line
        line = f"M{x1:g} {y1:g} H{x2 - _GAP_X / 2:g} V{y2:g} H{x2 - 5:g}"
    else:  # between the columns to the gap above the end's row, and along it
        gap = end[1] - _GAP_Y / 2
        line = f"M{x1:g} {y1:g} h{_GAP_X / 3:g} V{gap:g} H{x2 - 10:g} V{y2:g} H{x2 - 5:g}"
    head = f"M{x2:g} {y2:g} l-6 -3.5 v7 z"
    return (
        f'<path d="{line}" fill="none" stroke="{ink}" stroke-opacity="0.55" stroke-width="1.2"/>'
        f'<path d="{head}" fill="{ink}" fill-opacity="0.55"/>'
    )
