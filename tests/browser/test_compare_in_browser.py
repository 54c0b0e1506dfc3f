"""Compare in a real browser: measure one network, see it drawn, take the table away."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from app_server import Server, settle

pytestmark = pytest.mark.browser


def test_measure_and_download(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/compare?beside=resnet18_cbam")
    settle(page, 180_000)
    assert page.get_by_text("Attention: none.").count() == 0
    assert page.get_by_text("Attention: ").count() == 2
    page.locator('[data-testid="stDataFrame"] .dvn-scroller').first.click(position={"x": 16, "y": 55})  # the first row
    button = page.get_by_role("button", name="Measure 1 network", exact=True)
    button.wait_for(timeout=60_000)
    button.click()
    again = page.get_by_role("button", name="Measure again: 1 network", exact=True)
    again.wait_for(timeout=180_000)
    settle(page)
    assert page.locator('[data-testid="stAlertContentError"]').count() == 0
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Table, CSV", exact=True).click()
    with Path(waiting.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (measured,) = [row for row in rows if row["runs_in"]]
    assert float(measured["ms_one_picture[torch]"]) > 0
    assert measured["checkpoint"]  # trained networks stand first
    assert len([row for row in rows if not row["checkpoint"]]) > 10
