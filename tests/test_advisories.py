"""No pinned version has a known vulnerability, as far as the package index was asked."""

from __future__ import annotations

import json
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def test_every_pin_was_asked_for_and_none_is_known_to_be_vulnerable() -> None:
    pins = dict(line.split("==") for line in (_ROOT / "constraints.txt").read_text().split() if "==" in line)
    packages = json.loads((_ROOT / ".ci" / "advisories.json").read_text())["packages"]
    assert {name: entry["version"] for name, entry in packages.items()} == pins, "after a change of pins: make audit"
    assert not {name: entry["advisories"] for name, entry in packages.items() if entry["advisories"]}
    unknown = [name for name, entry in packages.items() if entry["advisories"] is None]
    assert len(unknown) < 0.1 * len(pins), f"the index said nothing of {unknown}"
