"""Home on a projector: the answer stands on the first screen, and changes where it stands."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from app_server import Server, errors, expect, settle

from workbench.app.pictures import png
from workbench.face.model import samples
from workbench.features.home.doors import DOORS

pytestmark = pytest.mark.browser


def test_a_face_and_a_dropped_photograph_are_read_on_the_first_screen(page: Any, server: Server) -> None:
    page.goto(server.url)
    heatmap = page.get_by_role("img", name=re.compile("heatmap for .* over the face"))
    heatmap.wait_for()
    settle(page)
    main = page.get_by_test_id("stMain")
    on_screen = [
        heatmap,
        page.get_by_role("list", name=re.compile("Probabilities: ")),
        page.get_by_text("Read by fresh"),
    ]
    on_screen += [main.get_by_role("link", name=door.title) for door in DOORS]
    on_screen += [main.get_by_role("button", name=title) for title in list(samples.titles().values())[:8]]
    on_screen += [page.get_by_test_id("stFileUploaderDropzone"), main.get_by_role("button", name="Take a photo")]
    for element in on_screen:
        expect(element.first).to_be_visible()
        box = element.first.bounding_box()
        assert box["y"] + box["height"] <= 720, f"{element} ends at {box['y'] + box['height']:.0f} of 720"

    began = time.monotonic()
    main.get_by_role("button", name="Drawn face, angry").click()
    page.get_by_text("Drawn face, angry. ").wait_for()
    print(f"click to the face: {time.monotonic() - began:.2f} s")
    settle(page)
    before = heatmap.get_attribute("src")
    file = {"name": "mine.png", "mimeType": "image/png", "buffer": png(samples.picture("drawn-sad"))}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("mine.png. One face found.").wait_for()
    settle(page)
    assert heatmap.get_attribute("src") != before
    assert heatmap.bounding_box()["y"] + heatmap.bounding_box()["height"] <= 720
    assert errors(page) == []

    main.get_by_role("link", name="Open in Explain").click()
    page.get_by_text("mine.png. One face found.").wait_for()  # the same picture there
    page.get_by_role("heading", name="Explain", exact=True).wait_for()
