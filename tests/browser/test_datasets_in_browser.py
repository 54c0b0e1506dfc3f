"""Datasets in a real browser: the gallery's clicks, a ZIP as a new set, and the audit from button to download."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_server import Server, expect, expect_asked, saved, settle
from PIL import Image

pytestmark = pytest.mark.browser


def face(page: Any, words: str) -> Any:
    """The button of the first face in a gallery whose description holds the words."""
    return page.locator(f'button[title*="{words}"]').first


def test_a_click_shows_a_face_large_and_keeps_it_in_the_address(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/datasets?data=small&section=Faces")
    settle(page)
    face(page, "row 3 ").click()
    page.wait_for_url("**row=3*")
    settle(page)
    expect(page.locator('[data-testid=stImage] img[alt*="row 3 "]')).to_have_count(1)
    expect(face(page, "row 3 ")).to_have_attribute("aria-pressed", "true")
    face(page, "row 5 ").press("Enter")
    page.wait_for_url("**row=5*")
    settle(page)
    page.get_by_role("button", name="As the network sees it").click()
    page.wait_for_url("**section=Preparation*")
    settle(page)
    expect(page.get_by_text("(1, 1, 48, 48) float32")).to_have_count(1)
    expect(page.locator("[data-grid] img[alt='as stored']")).to_have_count(1)


def test_a_zip_becomes_a_set(page: Any, server: Server, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    file = tmp_path / "mine.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("happy", "sad"):
            for number in range(6):
                picture = io.BytesIO()
                Image.fromarray(rng.integers(0, 255, (48, 48), dtype=np.uint8)).save(picture, "PNG")
                archive.writestr(f"{name}/{number}.png", picture.getvalue())
    page.goto(f"{server.url}/datasets?data=small")
    settle(page)
    page.get_by_role("button", name="Add a set").click()
    page.get_by_role("tab", name="ZIP").click()
    page.locator("input[type=file]").set_input_files(str(file))
    page.get_by_text("mine.zip").first.wait_for()
    page.get_by_role("button", name="Unpack and add").click()
    page.get_by_text("12 images", exact=False).first.wait_for()
    expect_asked(page, data="mine")
    settle(page)
    page.get_by_role("button", name="Remove from the list").click()
    expect(page.get_by_text("12 images", exact=False)).to_have_count(0)


def test_the_audit_goes_on_without_the_page_and_ends_in_pictures(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/datasets?data=small&section=Audit")
    settle(page)
    page.get_by_role("button", name="Run the audit").click()
    page.get_by_role("button", name="Run the audit").wait_for(state="detached")
    page.goto(f"{server.url}/datasets?data=small&section=Pixels")
    settle(page)
    page.goto(f"{server.url}/datasets?data=small&section=Audit")
    page.get_by_text("What a nearest neighbour on raw pixels gets right").wait_for(timeout=240_000)
    settle(page)
    assert '"nearest_neighbour"' in saved(page, "Report, JSON").decode()
