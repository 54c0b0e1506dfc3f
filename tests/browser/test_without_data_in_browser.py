"""A fresh home without any data: real networks, their figures and their maps."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app_server import ROOT, Server, errors, expect, serving, settle

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(browser: Any, drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with the networks that come with it, the faces that it would draw, and nothing else."""
    base: Path = tmp_path_factory.mktemp("fresh")
    shutil.copytree(drawn, base / "cache")
    (base / "checkpoints").symlink_to(ROOT / "checkpoints")
    with serving(base) as app:
        yield app


def test_a_real_matrix_and_a_real_map_appear_without_data(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/confusion")
    page.locator('[data-testid="stPlotlyChart"] .nsewdrag').first.wait_for(state="attached")
    settle(page)
    figure = page.get_by_text(re.compile(r"^Accuracy [\d.]+ %")).inner_text()
    accuracy, count = re.search(r"Accuracy ([\d.]+) %.*n = ([\d,]+)", figure, re.DOTALL).groups()  # type: ignore[union-attr]
    assert float(accuracy) > 65 and int(count.replace(",", "")) > 3000, figure
    expect(page.get_by_text("is not on this computer")).to_have_count(1)
    page.goto(f"{server.url}/clusters")
    page.get_by_text("Most alike in the original features").wait_for()
    settle(page)
    expect(page.locator('[data-testid="stPlotlyChart"] .nsewdrag').first).to_be_attached()
    expect(page.get_by_text(re.compile(r"t-SNE of 1,500 faces"))).to_have_count(1)
    assert errors(page) == []
