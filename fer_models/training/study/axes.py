"""The axes of a study: folds, seeds, and a grid or random draws over any fields of a recipe."""

from __future__ import annotations

import itertools
import json
import math
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fer_models.data.protocols import PROTOCOLS
from fer_models.errors import UserError
from fer_models.settings import parse_json

#: One setting of a grid: values by dotted field, as in ``{"options.attention": "cam"}``.
Settings = dict[str, Any]
_MOST = 2000


@dataclass(frozen=True)
class Span:
    """Numbers from ``low`` to ``high`` to draw from; ``log`` draws their logarithm; whole numbers for whole ends."""

    low: float
    high: float
    log: bool = False

    def draw(self, dice: random.Random) -> float | int:
        """One number."""
        if isinstance(self.low, int) and isinstance(self.high, int) and not self.log:
            return dice.randint(self.low, self.high)
        if not self.log:
            return float(f"{dice.uniform(self.low, self.high):.4g}")
        value = float(f"{math.exp(dice.uniform(math.log(self.low), math.log(self.high))):.4g}")
        return round(value) if isinstance(self.low, int) and isinstance(self.high, int) else value


Axis = list[Any] | Span


def parse_axis(text: str) -> tuple[str, Axis]:
    """Field and values of ``field=a,b,...``, or of a span to draw from, ``field=0..0.5`` or ``field=log:1e-4..1e-2``.

    Values are JSON if they parse, else words; commas inside brackets belong to a value.

    Raises:
        UserError: If it is of another form, or the field is one that folds and seeds decide.
    """
    field, equals, values = text.partition("=")
    field = field.strip()
    if not equals or not field or not values.strip():
        raise UserError(f"{text!r} is not of the form field=a,b,... or field=low..high.")
    if field in ("fold", "seed"):
        raise UserError(f"{field} cannot be a field of the grid; set the number of {field}s of the study instead.")
    span = re.fullmatch(r"\s*(log:)?\s*([^,\[\]{}]+?)\s*\.\.\s*([^,\[\]{}]+?)\s*", values)
    if span is not None:
        return field, _span(field, span[2], span[3], log=bool(span[1]))
    choices = [_value(part) for part in _parts(values)]
    if len({json.dumps(v, sort_keys=True) for v in choices}) < len(choices):
        raise UserError(f"{field} has the same value twice; give each value once.")
    return field, choices


def _span(field: str, low: str, high: str, *, log: bool) -> Span:
    ends = [_value(low), _value(high)]
    numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in ends)
    if not numbers or not ends[0] < ends[1] or (log and ends[0] <= 0):
        raise UserError(
            f"{low}..{high} of {field} must be two numbers, the smaller one first"
            f"{', both above 0 for a logarithm' if log else ''}."
        )
    return Span(ends[0], ends[1], log)


def _parts(text: str) -> list[str]:
    """Split at commas outside brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for i, letter in enumerate(text):
        quoted ^= letter == '"'
        if not quoted:
            depth += (letter in "[{") - (letter in "]}")
        if letter == "," and not depth and not quoted:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def _value(text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        return text.strip()


def settings_of(axes: Mapping[str, Axis], draws: int = 0, seed: int = 0) -> list[Settings]:
    """Every combination of the axes' values, the last axis fastest; or ``draws`` different random ones.

    Raises:
        UserError: If a span is to be combined without drawing, or there are more than 2,000 settings.
    """
    if not axes:
        if draws:
            raise UserError("A random search needs at least one field, for example lr=log:1e-4..1e-2.")
        return [{}]
    if draws:
        return _drawn(axes, draws, seed)
    for field, axis in axes.items():
        if isinstance(axis, Span):
            raise UserError(f"{field} is a range; give the number of random settings to draw from it.")
    lists = [axis for axis in axes.values() if isinstance(axis, list)]
    if math.prod(len(values) for values in lists) > _MOST:
        raise UserError(f"This grid has more than {_MOST:,} settings; draw some of them at random.")
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*lists)]


def _drawn(axes: Mapping[str, Axis], draws: int, seed: int) -> list[Settings]:
    if not 1 <= draws <= _MOST:
        raise UserError(f"A random search draws 1 to {_MOST:,} settings, not {draws}.")
    dice = random.Random(seed)
    settings: dict[str, Settings] = {}
    for _ in range(50 * draws):
        drawn = {k: axis.draw(dice) if isinstance(axis, Span) else dice.choice(axis) for k, axis in axes.items()}
        settings.setdefault(json.dumps(drawn, sort_keys=True), drawn)
        if len(settings) == draws:
            break
    return list(settings.values())


def parse_folds(text: str) -> tuple[int, int]:
    """How many folds of how many: ``"5"`` is all five, ``"2/5"`` the first two of five.

    Raises:
        UserError: If there is no such protocol.
    """
    available = sorted({p.folds for p in PROTOCOLS.values() if p.folds > 1})
    run, _, whole = text.partition("/")
    try:
        some, total = int(run), int(whole or run)
    except ValueError:
        some = total = 0
    if total not in available or not 1 <= some <= total:
        raise UserError(
            f"Folds are {' or '.join(map(str, available))}, or some of them as in 2/{available[0]} for the first two, "
            f"not {text!r}."
        )
    return some, total


def fold_protocol(folds: int, *, by_subject: bool) -> str:
    """Key of the protocol with so many folds of pictures, or of whole subjects.

    Raises:
        UserError: If there is none.
    """
    for key, protocol in PROTOCOLS.items():
        if protocol.folds == folds and protocol.by_subject == by_subject:
            return key
    raise UserError(f"There is no protocol of {folds} folds{' by subject' if by_subject else ''}.")


def shown(settings: Mapping[str, Any], fields: Sequence[str] | None = None) -> str:
    """Settings in few words, for a table: ``attention cam, lr 0.001``; nothing changed is ``as the recipe``."""
    words = [
        shown_value(name, settings[name])
        if name == "protocol"  # its title says what it is
        else f"{name.rpartition('.')[2].replace('_', ' ')} {shown_value(name, settings[name])}"
        for name in fields or settings
        if name in settings
    ]
    return ", ".join(words) or "as in the recipe"


def shown_value(field: str, value: Any) -> str:
    """One value as a person reads it."""
    if field == "protocol" and value in PROTOCOLS:
        return PROTOCOLS[value].title
    if isinstance(value, dict):
        changed = {k: v for k, v in value.items() if v}
        return (
            ", ".join(
                f"{k.replace('_', ' ')} {v:g}" if isinstance(v, (int, float)) else f"{k} {v}"
                for k, v in changed.items()
            )
            or "none"
        )
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
