"""A study in a real browser: two folds of the built-in faces, from the form to a filled fold table."""

from __future__ import annotations

from typing import Any

import pytest
from app_server import PATIENCE, Server, errors, expect, fill, rows_of, settle

pytestmark = pytest.mark.browser

DATA = "synthetic:count=140,size=48,identities=12"


@pytest.mark.usefixtures("no_runs_left")
def test_two_folds_fill_the_table(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/studies?data={DATA}&folds=2/5&held_out=subject")
    page.get_by_text("No study yet").wait_for()
    settle(page)
    fill(page, "Epochs", 1)
    page.get_by_text("2 runs (2 folds) of 1 epoch ").wait_for()
    page.get_by_role("button", name="Start the study").click()
    page.get_by_text("of 2 runs finished").wait_for()
    page.get_by_text("2 of 2 runs finished").wait_for(timeout=4 * PATIENCE)
    table = page.locator('table[aria-label^="Accuracy by fold"] tbody td')
    expect(table).to_have_count(5)
    settle(page)
    cells = table.all_inner_texts()
    assert cells[0] == "as in the recipe"
    first, second, average = (float(text) for text in cells[1:4])
    assert 0 <= first <= 100 and abs(average - (first + second) / 2) < 0.01
    rows = rows_of(page, "Every run, CSV")
    assert [row["state"] for row in rows] == ["finished"] * 2
    assert abs(100 * float(rows[0]["accuracy"]) - first) < 0.01
    page.get_by_text("Curves", exact=True).click()
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for(state="attached")
    page.get_by_test_id("stMain").get_by_text("Confusion", exact=True).click()
    page.get_by_role("button", name="Pool 2 folds").click()
    page.get_by_text("2 of 5 folds pooled").first.wait_for()
    settle(page)
    assert errors(page) == []
