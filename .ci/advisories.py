"""Ask the package index which vulnerabilities are known of the pinned versions: advisories.json keeps the answer.

    python .ci/advisories.py

An index that answers for the newest release only says nothing of an older pin: its list is then ``null``.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from pip._internal.models.index import PyPI

HERE = Path(__file__).resolve().parent
PINS = [line.split("==") for line in (HERE.parent / "constraints.txt").read_text().split() if "==" in line]


def main() -> None:
    """Write the list, and print what is known."""
    with ThreadPoolExecutor(4) as pool:
        lists = list(pool.map(lambda pin: _advisories(*pin), PINS))
    packages = {
        name: {"version": version, "advisories": found} for (name, version), found in zip(PINS, lists, strict=True)
    }
    text = json.dumps({"asked": f"{date.today()}", "packages": packages}, indent=1)
    (HERE / "advisories.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(PINS)} pins, {sum(found is None for found in lists)} of them not known to the index")
    for name, entry in packages.items():
        if entry["advisories"]:
            print(name, entry["version"], *entry["advisories"])


def _advisories(name: str, version: str) -> list[str] | None:
    """Identifiers of the advisories for one version."""
    for page in (f"{name}/{version}", name):
        try:
            with urlopen(f"{PyPI.pypi_url}/{page}/json", timeout=60) as answer:
                said: dict[str, Any] = json.load(answer)
        except HTTPError:
            continue
        if said["info"]["version"] == version:
            return sorted(each["id"] for each in said["vulnerabilities"] if not each.get("withdrawn"))
    return None


if __name__ == "__main__":
    main()
