"""Learn in a real browser: all steps with the keyboard, the sheet, and a click on the matrix."""

from __future__ import annotations

import re
from typing import Any

import pytest
from app_server import PATIENCE, Server, errors, expect, expect_asked, expect_fits, saved, settle, steady

from workbench.features.learn.steps import STEPS

pytestmark = pytest.mark.browser

#: Where a cell of the matrix lies on the screen, in pixels.
_CELL = """([row, column]) => {
  const plot = document.querySelector('.st-key-learn-matrix .js-plotly-plot');
  const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
  return [box.x + xaxis._offset + xaxis.l2p(column), box.y + yaxis._offset + yaxis.l2p(row)];
}"""


def test_a_class_goes_through_all_steps(page: Any, server: Server) -> None:
    main = page.get_by_test_id("stMain")
    page.goto(f"{server.url}/learn?view=presenter")
    for number, step in enumerate(STEPS.values(), 1):
        expect(main.get_by_text(step.question)).to_be_visible(timeout=PATIENCE)
        expect(main.get_by_role("button", name="Back")).to_be_enabled(enabled=number > 1)
        settle(page)
        main.get_by_test_id("stImage").or_(main.locator("table img, .js-plotly-plot")).first.wait_for()
        assert errors(page) == [], step.key
        for width in (1280, 390):
            expect_fits(page, width, step.key)
        page.set_viewport_size({"width": 1280, "height": 720})
        settle(page)
        if number < len(STEPS):
            page.keyboard.press("ArrowRight")
            expect_asked(page, step=list(STEPS)[number])
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    sheet = saved(page, "Sheet").decode()
    assert sheet.count("data:image/png") > 10
    assert sheet.count("Not answered yet.") == 2, "the quiz has no vote, the plates no words"
    main.get_by_role("button", name="Leave presenter").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


def test_a_cell_of_the_matrix_shows_its_faces(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/learn?step=confusion&true=happy&predicted=happy")
    expect(page.get_by_text(re.compile("^Accuracy "))).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.locator(".st-key-learn-matrix .nsewdrag").first.wait_for(state="attached")
    page.mouse.click(*steady(page, _CELL, [3, 4]))
    expect_asked(page, true="happy", predicted="sad")
    settle(page)
    assert errors(page) == []
