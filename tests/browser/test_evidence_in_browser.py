"""Confusion and Misclassifications in a real browser: a click on a cell, on a face, on a mark; the keyboard; files."""

from __future__ import annotations

import csv
import io
import re
import time
from pathlib import Path
from typing import Any

import pytest
from app_server import Server, settle

pytestmark = pytest.mark.browser

PLOT = '[data-testid="stPlotlyChart"] .nsewdrag'


def errors(page: Any) -> list[str]:
    """Sentences of errors and tracebacks on the page."""
    boxes = page.locator('[data-testid="stException"], [data-testid="stAlertContentError"] p')
    return [box.inner_text() for box in boxes.all()]


def open_page(page: Any, server: Server, address: str) -> None:
    """Open a page and wait for its first face; the first visit of all computes the predictions."""
    page.goto(f"{server.url}/{address}")
    page.locator('img[alt^="Face labelled"]').wait_for(timeout=120_000)
    settle(page)
    page.locator(PLOT).first.wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(800)
    assert errors(page) == []


def click_cell(page: Any, row: int, column: int, size: int = 7) -> None:
    """Click near a corner of a cell: every pixel of it must hit."""
    box = page.locator(PLOT).first.bounding_box()
    x = box["x"] + box["width"] * (column + 0.15) / size
    y = box["y"] + box["height"] * (row + 0.85) / size
    page.mouse.click(x, y)


def written(page: Any) -> list[list[str]]:
    """The matrix as its CSV holds it."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").first.click()
    return list(csv.reader(io.StringIO(Path(waiting.value.path()).read_text())))


def test_a_click_on_a_cell_opens_its_pictures(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test&cells=counts")
    head, *rows = written(page)
    names = head[1:]
    counts = [[int(v) for v in row[1:]] for row in rows]
    assert [row[0] for row in rows] == names
    assert page.get_by_text(f"n = {sum(map(sum, counts))} · test").count() == 1
    # Two cells with pictures, whichever they are with these weights.
    full = [(k, j) for k in range(7) for j in range(7) if counts[k][j]]
    for k, j in (full[0], full[-1], full[-1]):  # the second click on the same cell must not lose it
        began = time.monotonic()
        click_cell(page, k, j)
        page.get_by_role("heading", name=f"{names[k]} > {names[j]}", exact=True).wait_for(timeout=60_000)
        settle(page)
        print(f"click to pictures: {time.monotonic() - began:.2f} s")
        assert page.get_by_text(re.compile(rf"in {counts[k][j]} of {sum(counts[k])} pictures")).count() == 1
        number = f"{counts[k][j]} picture" + ("s" if counts[k][j] > 1 else "")
        assert page.get_by_text(number, exact=True).count() == 1
        assert f"true={names[k]}" in page.url and f"predicted={names[j]}" in page.url
        assert errors(page) == []
    # An empty cell says so; the lists for the keyboard went along with the click.
    k, j = next((k, j) for k in range(7) for j in range(7) if not counts[k][j])
    click_cell(page, k, j)
    page.get_by_text("There is no such picture.").wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_role("combobox", name="True class").input_value() == names[k]
    assert page.get_by_role("combobox", name="Predicted class").input_value() == names[j]


def test_the_keyboard_chooses_a_cell_and_a_face(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test&cells=counts")
    head, *rows = written(page)
    counts = [[int(v) for v in row[1:]] for row in rows]
    k, j = max(((k, j) for k in range(7) for j in range(7)), key=lambda cell: counts[cell[0]][cell[1]])
    for label, name in (("True class", head[1 + k]), ("Predicted class", head[1 + j])):
        box = page.get_by_role("combobox", name=re.compile(label))
        box.focus()
        box.press("Enter")
        box.type(name)
        box.press("Enter")
        settle(page)
    page.get_by_role("heading", name=f"{head[1 + k]} > {head[1 + j]}", exact=True).wait_for(timeout=60_000)
    settle(page)
    faces = page.locator(".gallery button")
    assert faces.count() == counts[k][j] >= 2
    faces.nth(1).focus()
    row = re.search(r"row (\d+)", faces.nth(1).get_attribute("title") or "")
    assert row is not None
    page.keyboard.press("Enter")
    page.get_by_text(re.compile(rf"sure · row {row[1]}$")).wait_for(timeout=60_000)
    settle(page)
    assert errors(page) == []


def test_heatmaps_are_laid_over_the_gallery(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test")
    before = page.locator(".gallery img").first.get_attribute("src")
    page.get_by_test_id("stMainBlockContainer").get_by_text("Heatmaps", exact=True).click()
    deadline = time.monotonic() + 60
    while page.locator(".gallery img").first.get_attribute("src") == before:
        assert time.monotonic() < deadline, "the faces stayed bare"
        page.wait_for_timeout(200)
    settle(page)
    assert errors(page) == []


def test_a_face_its_mark_and_the_nearest_ones(page: Any, server: Server) -> None:
    open_page(page, server, "misclassifications?data=small&split=test")
    assert page.get_by_text(re.compile(r"\d+ of \d+ faces are wrong")).count() == 1
    page.get_by_role("button", name="ambiguous").click()
    page.get_by_text("1 of small: 1 ambiguous.").wait_for(timeout=60_000)
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").last.click()
    (line,) = csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text()))
    assert line["mark"] == "ambiguous" and line["split"] == "test"
    assert page.get_by_text(re.compile(rf"sure · row {line['row']}$")).count() == 1
    page.get_by_role("button", name="Find the nearest faces").click()
    page.get_by_text("Cosine of both embeddings").wait_for(timeout=120_000)
    settle(page)
    assert errors(page) == []
    page.reload()
    page.get_by_text("1 of small: 1 ambiguous.").wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_text("Cosine of both embeddings").count() == 1  # at hand now
    page.get_by_text("Explain this face with other methods").click()
    page.get_by_text(re.compile("^LayerCAM for ")).wait_for(timeout=60_000)
    settle(page)
    assert "sample=row" in page.url and errors(page) == []


def test_the_matrix_is_saved_as_a_picture_and_a_table(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="LaTeX").first.click()
    assert r"\toprule" in Path(waiting.value.path()).read_text()
    for kind, begin in (("png", b"\x89PNG"), ("svg", b"<svg")):
        if kind == "svg":
            box = page.get_by_role("combobox", name="The camera saves")
            box.focus()
            box.press("Enter")
            box.type("SVG")
            box.press("Enter")
            settle(page)
            page.wait_for_timeout(800)
        page.locator(".js-plotly-plot").first.hover()
        with page.expect_download() as waiting:
            page.locator('.modebar-btn[data-title^="Download plot"]').first.click()
        assert waiting.value.suggested_filename.endswith(kind)
        assert Path(waiting.value.path()).read_bytes().startswith(begin)
    assert errors(page) == []


def test_the_folds_hold_scorecard_calibration_and_thresholds(page: Any, server: Server) -> None:
    open_page(page, server, "confusion?data=small&split=test")
    page.get_by_text("Scorecard", exact=True).click()
    page.get_by_role("button", name="Ask the nearest neighbour").click(timeout=60_000)
    page.get_by_role("cell", name="For comparison: the nearest neighbour on pixels").wait_for(timeout=120_000)
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Card, Markdown").click()
    card = Path(waiting.value.path()).read_text()
    assert "the nearest neighbour on pixels" in card and "What it must not be used for" in card
    page.get_by_text("What if one asks for one class").click()
    page.get_by_text(re.compile("^Equal error rate ")).wait_for(timeout=60_000)
    page.get_by_role("radio", name="Precision and recall").click()
    page.locator(".xtitle", has_text="found (recall), %").wait_for(timeout=60_000)
    before = page.get_by_text(re.compile("^Equal error rate ")).inner_text()
    page.get_by_role("radio", name="each class claimed").click()
    count = len(list((server.base / "data" / "small" / "test").glob("*/*.png")))
    page.get_by_text(f"{count} genuine attempts, {6 * count} others").wait_for(timeout=60_000)
    assert page.get_by_text(re.compile("^Equal error rate ")).inner_text() != before
    assert errors(page) == []


def test_a_face_on_the_map_and_slices_of_another_figure(page: Any, server: Server) -> None:
    open_page(page, server, "misclassifications?data=small&split=test")
    page.get_by_role("button", name="Make the map").click(timeout=60_000)
    page.get_by_text("the star is this face, one of them").wait_for(timeout=180_000)
    settle(page)
    figure = page.get_by_role("combobox", name="Figure")
    figure.focus()
    figure.press("Enter")
    figure.type("Macro F1")
    figure.press("Enter")
    page.get_by_role("columnheader", name="Macro F1").wait_for(timeout=120_000)
    settle(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").first.click()
    lines = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert {"macro_f1", "low", "high", "n"} <= set(lines[0])
    assert {"identical copies", "brightness"} & {line["column"] for line in lines}
    page.get_by_role("button", name="More").click()
    page.get_by_text("Occlusion proxy, rank of 100").wait_for(timeout=60_000)
    wrong = int(re.search(r"(\d+) of", page.get_by_text(re.compile(r"\d+ of \d+ faces are wrong")).inner_text())[1])
    slider = page.get_by_role("slider", name=re.compile("Occlusion")).first
    slider.focus()
    for _ in range(10):
        slider.press("PageUp")
    settle(page)
    page.wait_for_timeout(500)
    shown = page.get_by_text(re.compile(r"^(1 to )?\d+( of \d+)? pictures?$")).first.inner_text()
    assert int(re.findall(r"\d+", shown)[-1]) < wrong
    assert errors(page) == []
