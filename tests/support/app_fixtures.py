"""An app with folders of its own: no checkpoints, no data, no runs, unless a test puts some there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from app_driver import FIGURE, ROOT, make_checkpoint
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from workbench.app import jobs


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty folders for checkpoints and data; runs and caches have theirs from the fixture of all tests."""
    for name in ("checkpoints", "data"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"FER_{name.upper()}", str(tmp_path / name))
    st.cache_data.clear()
    st.cache_resource.clear()
    return tmp_path


@pytest.fixture
def checkpoint(folders: Path) -> Checkpoint:
    """The one trained network of this test's app."""
    return make_checkpoint(folders / "checkpoints" / "fresh", metrics=[FIGURE])


@pytest.fixture
def app() -> AppTest:
    """The whole app, not run yet."""
    return AppTest.from_file(str(ROOT / "workbench" / "Home.py"), default_timeout=60)


@pytest.fixture(autouse=True)
def no_jobs() -> Iterator[None]:
    """Each test waits for its jobs: those of the next one would queue behind them."""
    yield
    for job in jobs.under_way():
        job.wait(30)
    jobs._jobs.clear()
