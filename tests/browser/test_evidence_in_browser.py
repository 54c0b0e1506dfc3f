"""Confusion and Misclassifications in a real browser: a click on a cell, on a face, on a mark; the keyboard; files."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path
from typing import Any

import pytest
from app_server import (
    PATIENCE,
    Server,
    choose,
    errors,
    expect,
    expect_asked,
    rows_of,
    saved,
    settle,
    steady,
)

pytestmark = pytest.mark.browser

PLOT = '[data-testid="stPlotlyChart"] .nsewdrag'
_BOX = f"""() => {{
  const box = document.querySelector('{PLOT}').getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
}}"""


def open_page(page: Any, server: Server, address: str) -> None:
    """Open a page and wait for its first face; the first visit of all computes the predictions."""
    page.goto(f"{server.url}/{address}")
    page.locator('img[alt^="Face labelled"]').wait_for()
    settle(page)
    page.locator(PLOT).first.wait_for(state="attached")
    steady(page, _BOX)
    assert errors(page) == []


def click_cell(page: Any, row: int, column: int, size: int = 7) -> None:
    """Click near a corner of a cell: every pixel of it must hit."""
    left, top, width, height = steady(page, _BOX)
    page.mouse.click(left + width * (column + 0.15) / size, top + height * (row + 0.85) / size)


def written(page: Any) -> list[list[str]]:
    """The matrix as its CSV holds it."""
    return list(csv.reader(io.StringIO(saved(page, "CSV").decode())))


def test_a_click_on_a_cell_opens_its_pictures(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test&cells=counts")
    head, *rows = written(page)
    names = head[1:]
    counts = [[int(v) for v in row[1:]] for row in rows]
    assert [row[0] for row in rows] == names
    expect(page.get_by_text(f"n = {sum(map(sum, counts))} · test")).to_have_count(1)
    # Two cells with pictures, whichever they are with these weights.
    full = [(k, j) for k in range(7) for j in range(7) if counts[k][j]]
    for k, j in (full[0], full[-1], full[-1]):  # the second click on the same cell must not lose it
        began = time.monotonic()
        click_cell(page, k, j)
        page.get_by_role("heading", name=f"{names[k]} > {names[j]}", exact=True).wait_for()
        print(f"click to images: {time.monotonic() - began:.2f} s")
        expect(page.get_by_text(re.compile(rf"in {counts[k][j]} of {sum(counts[k])} images"))).to_have_count(1)
        number = f"{counts[k][j]} image" + ("s" if counts[k][j] > 1 else "")
        expect(page.get_by_text(number, exact=True)).to_have_count(1)
        expect_asked(page, true=names[k], predicted=names[j])
        settle(page)
        assert errors(page) == []
    # An empty cell says so; the lists for the keyboard went along with the click.
    k, j = next((k, j) for k in range(7) for j in range(7) if not counts[k][j])
    click_cell(page, k, j)
    page.get_by_text("No image matches the filter.").wait_for()
    expect(page.get_by_role("combobox", name="True class")).to_have_value(names[k])
    expect(page.get_by_role("combobox", name="Predicted class")).to_have_value(names[j])


def test_the_keyboard_chooses_a_cell_and_a_face(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test&cells=counts")
    head, *rows = written(page)
    counts = [[int(v) for v in row[1:]] for row in rows]
    k, j = max(((k, j) for k in range(7) for j in range(7)), key=lambda cell: counts[cell[0]][cell[1]])
    for label, name in (("True class", head[1 + k]), ("Predicted class", head[1 + j])):
        choose(page, re.compile(label), name)
    page.get_by_role("heading", name=f"{head[1 + k]} > {head[1 + j]}", exact=True).wait_for()
    faces = page.locator(".gallery button")
    assert counts[k][j] >= 2
    expect(faces).to_have_count(counts[k][j])
    settle(page)
    row = re.search(r"row (\d+)", faces.nth(1).get_attribute("title") or "")
    assert row is not None
    faces.nth(1).press("Enter")
    page.get_by_text(re.compile(rf"sure · row {row[1]}$")).wait_for()
    settle(page)
    assert errors(page) == []


def test_heatmaps_are_laid_over_the_gallery(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test")
    bare = page.locator(".gallery img").first.get_attribute("src") or ""
    page.get_by_test_id("stMainBlockContainer").get_by_text("Heatmaps", exact=True).click()
    expect(page.locator(".gallery img").first).not_to_have_attribute("src", bare)
    settle(page)
    assert errors(page) == []


def test_a_face_its_mark_and_the_nearest_ones(page: Any, server: Server) -> None:
    open_page(page, server, "misclassifications?data=small&split=test")
    expect(page.get_by_text(re.compile(r"\d+ of \d+ faces are wrong"))).to_have_count(1)
    page.get_by_role("button", name="ambiguous").click()
    page.get_by_text("1 of small: 1 ambiguous.").wait_for()
    settle(page)
    (line,) = rows_of(page, "CSV", -1)
    assert line["mark"] == "ambiguous" and line["split"] == "test"
    expect(page.get_by_text(re.compile(rf"sure · row {line['row']}$"))).to_have_count(1)
    button, found = page.get_by_role("button", name="Find the nearest faces"), page.get_by_text("Cosine of both")
    button.or_(found).first.wait_for()
    if button.count():  # else a map of these faces was made before
        button.click()
        found.wait_for()
    settle(page)
    assert errors(page) == []
    page.reload()
    page.get_by_text("1 of small: 1 ambiguous.").wait_for()
    expect(page.get_by_text("Cosine of both embeddings")).to_have_count(1)  # at hand now
    settle(page)
    page.get_by_text("Explain this face with other methods").click()
    page.get_by_text(re.compile("^LayerCAM for ")).wait_for()
    page.wait_for_url(re.compile("sample=row"))
    settle(page)
    assert errors(page) == []


def test_the_matrix_is_saved_as_a_picture_and_a_table(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test")
    assert r"\toprule" in saved(page, "LaTeX").decode()
    page.locator(".js-plotly-plot").first.hover()
    for kind, begin in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
        with page.expect_download(timeout=PATIENCE) as waiting:
            page.get_by_role("button", name=f"Save the figure as {kind}").first.click()
        assert waiting.value.suggested_filename == f"confusion-fresh-small-test-matrix-rows.{kind.lower()}"
        assert Path(waiting.value.path()).read_bytes().startswith(begin)
    page.get_by_role("button", name="Pin the figure to the report").first.click()
    page.get_by_role("button", name="Report (1)").wait_for()
    settle(page)
    page.get_by_role("table", name="Figures of each class").hover()
    page.get_by_role("button", name="Pin the table to the report").first.click()
    report = saved(page, "Report (2)").decode()
    assert "Figures of each class" in report and "Confusion matrix" in report and "fresh" in report
    assert errors(page) == []


def test_the_folds_hold_scorecard_calibration_and_thresholds(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test")
    page.get_by_text("Scorecard", exact=True).click()
    page.get_by_role("button", name="Add the nearest neighbour").click()
    page.get_by_role("cell", name="For comparison: the nearest neighbour on pixels").wait_for()
    settle(page)
    card = saved(page, "Card, Markdown").decode()
    assert "the nearest neighbour on pixels" in card and "What it must not be used for" in card
    page.get_by_text("One class against the rest").click()
    page.get_by_text(re.compile("^Equal error rate ")).wait_for()
    page.get_by_role("radio", name="Precision and recall").click()
    page.locator(".xtitle", has_text="found (recall), %").wait_for()
    settle(page)
    before = page.get_by_text(re.compile("^Equal error rate ")).inner_text()
    page.get_by_role("radio", name="each class claimed").click()
    count = len(list((server.base / "data" / "small" / "test").glob("*/*.png")))
    page.get_by_text(f"{count} genuine attempts, {6 * count} others").wait_for()
    expect(page.get_by_text(re.compile("^Equal error rate "))).not_to_have_text(before)
    settle(page)
    assert errors(page) == []


def test_a_face_on_the_map_and_slices_of_another_figure(page: Any, server: Server) -> None:
    open_page(page, server, "misclassifications?data=small&split=test")
    page.get_by_text("Its place among the faces").click()
    page.get_by_role("button", name="Make the map").click()
    page.get_by_text("the star is this face, one of them").wait_for()
    settle(page)
    choose(page, "Figure", "Macro F1")
    page.get_by_role("columnheader", name="Macro F1").wait_for()
    settle(page)
    lines = rows_of(page, "CSV")
    assert {"macro_f1", "low", "high", "n"} <= set(lines[0])
    assert {"identical copies", "brightness"} & {line["column"] for line in lines}
    page.get_by_role("button", name="More").click()
    page.get_by_text("Occlusion proxy, rank of 100").wait_for()
    settle(page)
    wrong = int(re.search(r"(\d+) of", page.get_by_text(re.compile(r"\d+ of \d+ faces are wrong")).inner_text())[1])
    slider = page.get_by_role("slider", name=re.compile("Occlusion")).first
    slider.focus()
    for _ in range(10):
        slider.press("PageUp")
    pager = page.get_by_text(re.compile(r"^(1 to )?\d+( of \d+)? images?$")).first
    expect(pager).not_to_have_text(re.compile(rf"\b{wrong} images"))
    settle(page)
    assert int(re.findall(r"\d+", pager.inner_text())[-1]) < wrong
    assert errors(page) == []
