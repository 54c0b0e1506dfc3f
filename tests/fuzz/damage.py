"""Makes bad inputs from good ones, the same for the same seed."""

from __future__ import annotations

import json
import random
from typing import Any

#: Values that no field of ours has, or not there.
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**400, 1e308, float("nan"), float("inf"), "", "x" * 5000, "\ud800", "../..", "a\0b",
    [], {}, [[]], [{}], {"": None}, [None] * 100, "=cmd|' /C calc'!A0",
)  # fmt: skip
_PIECES = (
    b"\0",
    b"\xff\xfe",
    b'"',
    b",",
    b"\n",
    b"\r",
    b"[" * 500,
    b"{",
    b"9" * 5000,
    b"nan",
    b"--3",
    b";",
    b"\xed\xa0\x80",
)


def damaged_bytes(rng: random.Random, good: bytes) -> bytes:
    """Some bytes flipped, cut off, repeated, put in, or all replaced."""
    data = bytearray(good)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << rng.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at:at] = rng.choice(_PIECES)
            case 3:
                data[at:at] = data[: rng.randrange(200)]
            case 4:
                del data[at : at + rng.randrange(1, 50)]
            case _:
                data[at : at + 20] = rng.randbytes(20)
    return bytes(data) if rng.random() < 0.95 else rng.randbytes(rng.randrange(300))


def damaged_json(rng: random.Random, good: Any) -> bytes:
    """A JSON value with odd values, missing and further names somewhere in it; now and then its text is damaged."""
    value = _changed(rng, json.loads(json.dumps(good)))
    text = json.dumps(value).encode()
    return damaged_bytes(rng, text) if rng.random() < 0.3 else text


def _changed(rng: random.Random, value: Any) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = rng.choice(list(value))
        match rng.randrange(4):
            case 0:
                del value[name]
            case 1:
                value[rng.choice(("", "further", name.upper()))] = rng.choice(ODD)
            case _:
                value[name] = _changed(rng, value[name])
        return value
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        value[at] = _changed(rng, value[at])
        return value * rng.choice((1, 1, 1, 2, 50))
    return rng.choice(ODD)
