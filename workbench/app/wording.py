"""Numbers and times as text, the same on every page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from fer_models.data.catalogue import data_title
from fer_models.evaluation.sentence import count_text, selection_text

#: Characters of a part of a file name.
_LONGEST = 48

#: What a class becomes that is not used; Streamlit's select box takes an empty text to mean "no choice".
LEFT_OUT = "left out"
#: Beside an accuracy, under the question mark.
FIGURE_HELP = (
    "Accuracy: the share of images whose class is right. In brackets its 95 % interval, n images. The weights are "
    "those of the epoch that did best on the split named last; where that is the split measured, the figure flatters."
)


def percent(value: float, digits: int = 1) -> str:
    """A share in [0, 1] as ``70.3 %``."""
    return f"{100 * value:.{digits}f} %"


def interval(metric: Mapping[str, Any]) -> str:
    """The bounds of a figure in per cent, ``[68.8, 71.8]``; empty when it has none."""
    low, high = metric.get("low"), metric.get("high")
    return "" if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]"


def figure(metric: Mapping[str, Any] | None) -> str:
    """A checkpoint's metric with interval, n, data and selection.

    For instance ``70.3 % [68.8, 71.8] · n = 3,589 · FER2013, PublicTest · epoch chosen on Training folds``.
    """
    if metric is None:
        return "not measured yet"
    parts = [f"{percent(metric['value'])} {interval(metric)}".strip()]
    if metric.get("n"):
        parts.append(f"n = {count_text(metric['n'], metric.get('people'), metric.get('photographs'))}")
    if source := measured_on(metric):
        parts.append(source)
    if metric.get("selection"):
        parts.append(selection(str(metric["selection"])))
    return " · ".join(parts)


def measured_on(metric: Mapping[str, Any]) -> str:
    """Data set and split of a metric as ``FER2013, PublicTest``, as far as they are known."""
    data, split = str(metric.get("data") or ""), str(metric.get("split") or "")
    return ", ".join(part for part in (data_title(data), split) if part)


def selection(rule: str) -> str:
    """How the weights were chosen, as ``epoch chosen on PublicTest``; what made up that part is on the card."""
    return selection_text(rule, brief=True)


def duration(seconds: float | None) -> str:
    """A time as ``40 ms``, ``12 s``, ``3 min 20 s`` or ``1 h 5 min``."""
    if seconds is None:
        return "unknown"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def size(count: int) -> str:
    """A size in bytes as ``8.6 MB``."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} bytes"


def slug(text: str) -> str:
    """The text as a part of a file name: letters, digits and ``. _ + -``, at most 48 of them.

    One that is cut ends with six digits of its hash: what differs behind the cut stays apart.
    """
    words = re.sub(r"[^\w.+]+", "-", text).strip("-.")
    if len(words) <= _LONGEST:
        return words
    return f"{words[: _LONGEST - 7].strip('-.')}-{hashlib.sha256(words.encode()).hexdigest()[:6]}"
