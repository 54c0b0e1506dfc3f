"""Shared fixtures: where optional material lies, and quiet threads."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")

from pathlib import Path

import pytest

from fer_models.process import IGNORED_WARNINGS

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Every test begins with filters of its own; those of the process go along."""
    for message in IGNORED_WARNINGS:
        config.addinivalue_line("filterwarnings", f"ignore:{message}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow files first: at the end of a run no process waits long for the other."""
    slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with material that is not part of the project (FER2013, photographs, YuNet); skips where absent."""
    path = Path(os.environ.get("FER_SHARED", ROOT.parent / "shared"))
    if not (path / "data").is_dir():
        pytest.skip(f"optional material is not at {path} (set FER_SHARED to use it)")
    return path


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and caches of a test never touch the user's own."""
    base = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FER_RUNS", str(base / "runs"))
    monkeypatch.setenv("FER_CACHE", str(base / "cache"))
    monkeypatch.delenv("FER_PLUGINS", raising=False)
    monkeypatch.setenv("FER_NETWORKS", str(base / "networks"))
