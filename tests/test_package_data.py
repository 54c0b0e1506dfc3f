"""A wheel holds every file that the code reads from beside itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATTERNS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]


@pytest.mark.parametrize("package", ["fer_models", "workbench"])
def test_files_beside_the_modules_are_packaged(package: str) -> None:
    folder = ROOT / package
    packaged = {path for pattern in PATTERNS[package] for path in folder.glob(pattern)}
    beside = {
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"} and "__pycache__" not in path.parts
    }
    assert beside == packaged & beside, f"not packaged: {sorted(str(path) for path in beside - packaged)}"
