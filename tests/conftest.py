"""Shared fixtures: where optional material lies, and quiet threads."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fer_models.data import builtin, synthetic
from fer_models.data.dataset import FaceDataset
from fer_models.data.store import open_store
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
def own_folders(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Runs and caches of a test never touch the user's own; those of a test that failed are kept."""
    base = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FER_RUNS", str(base / "runs"))
    monkeypatch.setenv("FER_CACHE", str(base / "cache"))
    monkeypatch.delenv("FER_PLUGINS", raising=False)
    monkeypatch.setenv("FER_NETWORKS", str(base / "networks"))
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Built-in faces that a test has drawn are copied into the caches of later ones: drawing 100 takes a second."""
    base, draw, generate = tmp_path_factory.getbasetemp(), builtin._draw, synthetic.generate
    kept = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "drawn stores"

    def copied(drawing: Any, folder: Path, *rest: Any) -> FaceDataset:
        store = kept / folder.name
        if synthetic.generate is not generate:  # a test watches how they are drawn
            return draw(drawing, folder, *rest)
        if store.is_dir():
            with suppress(OSError):  # a cache that cannot be written
                shutil.copytree(store, folder, dirs_exist_ok=True)
            if (dataset := open_store(folder)) is not None:
                return dataset
        dataset = draw(drawing, folder, *rest)
        with suppress(OSError):  # another process was faster
            shutil.copytree(folder, kept / f"{folder.name} {os.getpid()}").rename(store)
        return dataset

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builtin, "_draw", copied)
        yield
