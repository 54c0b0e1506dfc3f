"""Stress and Group in a real browser: the first answer, a test in the background, uploads, and what can be saved."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_server import PATIENCE, Server, choose, errors, expect, expect_asked, rows_of, saved, settle
from PIL import Image

from fer_models.data.synthetic import SyntheticOptions, generate_face

pytestmark = pytest.mark.browser


@pytest.fixture
def tiny(server: Server) -> Iterator[str]:
    """A set with a drawn face a class and split: the test must be over soon on a busy machine too."""
    folder = server.base / "data" / "tiny"
    for number in range(14):
        face = generate_face(SyntheticOptions(count=14, size=48, seed=6), number)
        place = folder / ("train" if number < 7 else "test") / face.emotion
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face.image[..., 0]).save(place / f"{number}.png")
    yield folder.name
    shutil.rmtree(folder)


def upload(page: Any, file: Path | dict[str, Any], name: str) -> None:
    page.locator('input[type="file"]').first.set_input_files(file)
    page.get_by_text(re.compile(re.escape(name))).first.wait_for()
    settle(page)


def test_one_face_at_every_severity(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/stress?kind=bar")
    page.get_by_text("Under every corruption").wait_for()
    expect(page.locator("[data-grid] img")).to_have_count(6)
    settle(page)
    assert errors(page) == []
    rows = rows_of(page, "CSV", -1)
    assert len(rows) == 14 * 6
    clean = {row["class"] for row in rows if row["severity"] == "0"}
    assert len(clean) == 1, "the clean face is the same for every corruption"
    said = page.get_by_text(re.compile(r"breaks? it first|No corruption changes")).first.inner_text()
    changed = [row for row in rows if row["class"] not in clean]
    assert ("No corruption changes" in said) == (not changed)
    with page.expect_download() as sheet:
        page.locator(".table:has([data-grid]) .take-away", has_text="PNG").dispatch_event("click")
    assert Image.open(sheet.value.path()).width > 6 * 92
    assert sheet.value.suggested_filename.endswith("The-face-under-bar.png")
    strongest = page.locator("[data-grid] img").nth(5)
    before = strongest.get_attribute("src") or ""
    choose(page, re.compile("Corruption"), "Blur")
    page.get_by_text("Out of focus").wait_for()
    expect(strongest).not_to_have_attribute("src", before)
    expect_asked(page, kind="blur")
    settle(page)
    assert errors(page) == []


def test_on_a_phone_the_grid_can_be_read_and_scrolled(page: Any, server: Server) -> None:
    """Its words were four pixels high, since all columns were pressed into the width of the screen."""
    context = page.context.browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.goto(f"{server.url}/stress")
    phone.get_by_text("Under every corruption").wait_for()
    settle(phone)
    box = phone.locator('[class*="st-key-wide-of-"]')
    box.scroll_into_view_if_needed()
    heights = box.locator(".heatmaplayer text").evaluate_all("all => all.map(t => t.getBoundingClientRect().height)")
    assert len(heights) == 14 * 6 and min(heights) >= 9
    assert phone.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    area = box.bounding_box()
    assert area is not None
    _swipe(context, phone, (area["x"] + 250, area["y"] + 150), (-1, 0))
    phone.wait_for_function("() => document.querySelector('[class*=\"st-key-wide-of-\"]').scrollLeft > 50")
    curve = phone.locator(".js-plotly-plot").first  # neither does a figure of curves hold the finger
    curve.scroll_into_view_if_needed()
    plot, main = curve.bounding_box(), "document.querySelector('[data-testid=stMain]')"
    before = phone.evaluate(f"{main}.scrollTop")
    assert plot is not None
    _swipe(context, phone, (plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] / 2), (0, -1))
    phone.wait_for_function(f"before => Math.abs({main}.scrollTop - before) > 50", arg=before)
    context.close()


def _swipe(context: Any, phone: Any, start: tuple[float, float], towards: tuple[int, int]) -> None:
    """Draw a finger over the screen, 120 pixels far."""
    touch, (x, y) = context.new_cdp_session(phone), start
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for moved in range(10, 130, 10):
        point = {"x": x + towards[0] * moved, "y": y + towards[1] * moved}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_faces_of_a_split_in_the_background(page: Any, server: Server, tiny: str) -> None:
    address = f"{server.url}/stress?test=Many+faces&data={tiny}&split=test&preset=chosen"
    page.goto(address)
    start = page.get_by_role("button", name="Test 7 faces")
    start.wait_for()
    settle(page)
    start.click()
    start.wait_for(state="detached")
    page.get_by_role("heading", name="By class").wait_for(timeout=4 * PATIENCE)
    settle(page)
    assert errors(page) == []
    expect(page.get_by_text("n = 7 · tiny, test")).to_have_count(1)
    rows = rows_of(page, "CSV", -1)
    assert len(rows) == 2 * 6
    assert len({row["accuracy"] for row in rows if row["severity"] == "0"}) == 1
    assert all(float(row["accuracy_low"]) <= float(row["accuracy"]) <= float(row["accuracy_high"]) for row in rows)
    page.goto(address)  # a new session: the answers were kept
    page.get_by_role("heading", name="By class").wait_for()
    settle(page)
    assert errors(page) == []


def test_a_group_is_read_and_saved(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/group")
    page.get_by_text("8 faces found").wait_for()
    settle(page)
    assert errors(page) == []
    expect(page.get_by_role("table", name="Faces of the image").locator("tbody tr")).to_have_count(8)
    picture = np.asarray(Image.open(io.BytesIO(saved(page, "Image (PNG)", -1))))
    assert picture.shape == (424, 824, 3)
    rows = rows_of(page, "CSV", -1)
    assert [row["face"] for row in rows] == [str(n) for n in range(1, 9)]
    upload(page, {"name": "notes.png", "mimeType": "image/png", "buffer": b"no image"}, "is not an image")
    assert len(errors(page)) == 1
    expect(page.get_by_text("8 faces found")).to_have_count(1)


def test_photographs_of_groups(page: Any, server: Server, shared: Path) -> None:
    page.goto(f"{server.url}/group")
    page.get_by_text("8 faces found").wait_for()
    upload(page, shared / "data" / "faces" / "pexels_group.jpeg", "pexels_group.jpeg: 4 faces found")
    assert errors(page) == []
    page.locator('input[type="file"]').first.set_input_files(shared / "data" / "faces" / "cc0_women_on_phones.jpg")
    page.get_by_text(re.compile(r"cc0_women_on_phones.jpg: [12] faces? found")).wait_for()
    settle(page)
    assert errors(page) == []
