"""Pictures of a card as SVG, drawn without a plotting library: confusion matrix, reliability, and training curves."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_models.colours import CONTRASTING, GREY
from fer_models.evaluation.calibration.temperature import Calibration
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.sentence import percent_text

_BLUE, _ORANGE = CONTRASTING[:2]
_CELL, _SIDE, _LEFT, _TOP = 52, 300, 56, 24


def write_pictures(
    folder: Path, measured: Evaluation, calibration: Calibration | None, history: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Write the pictures of a card into its folder, as far as there is something to draw.

    Args:
        calibration: of the same predictions; without it there is no reliability diagram.
        history: the lines of a run's ``metrics.jsonl``; without any there are no curves.

    Returns:
        The file names by ``"curves"``, ``"confusion"`` and ``"reliability"``, as ``card_markdown`` takes them.
    """
    pictures = {
        "curves": curves_svg(history),
        "confusion": confusion_svg(measured),
        "reliability": "" if calibration is None else reliability_svg(calibration),
    }
    files = {name: f"{name}.svg" for name, picture in pictures.items() if picture}
    for name, file in files.items():
        (folder / file).write_text(pictures[name], encoding="utf-8")
    return files


def confusion_svg(measured: Evaluation) -> str:
    """The confusion matrix with each row's shares as depth of colour and its pictures as numbers."""
    table, names = measured.confusion, measured.classes
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    left, top = 84, 60
    parts = [_text(left + _CELL * len(names) / 2, 16, "predicted", "middle"), _text(6, top - 8, "true")]
    for k, name in enumerate(names):
        parts.append(_text(left + (k + 0.5) * _CELL, top - 8, name[:8], "middle"))
        parts.append(_text(left - 6, top + (k + 0.5) * _CELL + 4, name, "end"))
        for j, count in enumerate(table[k]):
            share, x, y = float(shares[k, j]), left + j * _CELL, top + k * _CELL
            parts.append(f'<rect x="{x}" y="{y}" width="{_CELL}" height="{_CELL}" fill="{_shade(share)}"/>')
            ink = "#ffffff" if share > 0.55 else "#1b1e21"
            parts.append(_text(x + _CELL / 2, y + 24, percent_text(share), "middle", ink=ink))
            parts.append(_text(x + _CELL / 2, y + 40, f"{count:,}", "middle", ink=ink, size=10))
    side = _CELL * len(names)
    title = "Confusion matrix: " + "; ".join(
        f"{name} found in {percent_text(shares[k, k])} of {table[k].sum():,}" for k, name in enumerate(names)
    )
    return _picture(left + side + 8, top + side + 8, title, parts)


def reliability_svg(calibration: Calibration) -> str:
    """Accuracy over confidence as it is and with a temperature; the diagonal is a network that knows how sure to be."""
    parts = [*_frame("confidence", "accuracy", (0, 1), (0, 1)), _line([(0, 0), (1, 1)], GREY, "2 4")]
    for bins, colour, dash in ((calibration.before, _BLUE, ""), (calibration.after, _ORANGE, "6 3")):
        points = [(b.confidence, b.accuracy.value) for b in bins if b.confidence is not None and b.accuracy is not None]
        parts.append(_line(points, colour, dash))
        parts += [f'<circle cx="{_across(x):.1f}" cy="{_down(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
    parts += _legend((("as it is", _BLUE, ""), (f"temperature {calibration.temperature.value:.2f}", _ORANGE, "6 3")))
    title = (
        f"Reliability: expected calibration error {percent_text(calibration.ece[0].value)}, with temperature "
        f"{calibration.temperature.value:.2f} {percent_text(calibration.ece[1].value)}"
    )
    return _picture(_LEFT + _SIDE + 150, _TOP + _SIDE + 44, title, parts)


def curves_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy in training and validation by epoch, from the lines of a run's ``metrics.jsonl``; empty without any."""
    kinds = (("train_accuracy", "training", GREY, "6 3"), ("val_accuracy", "validation", _BLUE, ""))
    curves = {
        key: [(float(row["epoch"]), float(row[key])) for row in rows if _is_number(row.get(key))] for key, *_ in kinds
    }
    if not curves["val_accuracy"]:
        return ""
    last = max(x for points in curves.values() for x, _ in points)
    first = min(x for points in curves.values() for x, _ in points)
    parts = _frame("epoch", "accuracy", (first, last), (0, 1))
    for key, _, colour, dash in kinds:
        points = [((x - first) / max(last - first, 1), y) for x, y in curves[key]]
        parts.append(_line(points, colour, dash))
    parts += _legend([(name, colour, dash) for key, name, colour, dash in kinds if curves[key]])
    epoch, best = max(curves["val_accuracy"], key=lambda point: point[1])
    title = (
        f"Training curves over {len(rows)} epochs; validation is best in epoch {epoch:.0f} with {percent_text(best)}"
    )
    return _picture(_LEFT + _SIDE + 150, _TOP + _SIDE + 44, title, parts)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _picture(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    # The ground is white, so that the ink can be read where the page around it is dark.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" font-family="sans-serif"><title>{html.escape(title)}</title>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _text(x: float, y: float, words: str, anchor: str = "start", *, ink: str = "#1b1e21", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}" font-size="{size}">'
        f"{html.escape(words)}</text>"
    )


def _shade(share: float) -> str:
    """From white to the blue of the figures."""
    mixed = (round(255 + (part - 255) * share) for part in (0x00, 0x4C, 0x80))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _across(x: float) -> float:
    return _LEFT + x * _SIDE


def _down(y: float) -> float:
    return _TOP + (1 - y) * _SIDE


def _frame(x_title: str, y_title: str, xs: tuple[float, float], ys: tuple[float, float]) -> list[str]:
    floor, right = _TOP + _SIDE, _LEFT + _SIDE
    parts = [f'<path d="M{_LEFT} {_TOP}V{floor}H{right}" fill="none" stroke="#1b1e21"/>']
    for part in (0, 0.25, 0.5, 0.75, 1):
        parts.append(_text(_LEFT - 6, _down(part) + 4, f"{100 * (ys[0] + part * (ys[1] - ys[0])):.0f} %", "end"))
        if part > 0:
            parts.append(f'<path d="M{_LEFT} {_down(part):.1f}H{right}" stroke="#e3e6e8"/>')
    for part in (0, 0.5, 1):
        value = xs[0] + part * (xs[1] - xs[0])
        label = f"{100 * value:.0f} %" if xs == (0, 1) else f"{value:.0f}"
        parts.append(_text(_across(part), floor + 16, label, "middle"))
    return [*parts, _text(_across(0.5), floor + 36, x_title, "middle"), _text(6, 14, y_title)]


def _line(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    path = " ".join(f"{_across(x):.1f},{_down(y):.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'


def _legend(kinds: Sequence[tuple[str, str, str]]) -> list[str]:
    parts, x = [], _LEFT + _SIDE + 10
    for number, (name, colour, dash) in enumerate(kinds):
        y = _TOP + 14 + 20 * number
        parts.append(
            f'<path d="M{x} {y - 4}h24" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}" fill="none"/>'
        )
        parts.append(_text(x + 30, y, name))
    return parts
