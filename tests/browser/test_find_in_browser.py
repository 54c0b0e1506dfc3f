"""Find by picture in a real browser: a photograph falls somewhere on the map, and its neighbours are real faces."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from app_server import Server, expect, settle
from PIL import Image

pytestmark = pytest.mark.browser
_FIRST = 240_000  # The first map of a fresh server waits for its libraries.
#: Names of the traces that a map draws, none while it is drawn anew.
_STAR = """name => {
  const graph = document.querySelector(".js-plotly-plot");
  return graph && graph._fullData && graph._fullData.some(trace => trace.name === name);
}"""


def photograph() -> bytes:
    """A JPEG with one real face."""
    data = pytest.importorskip("skimage.data")
    stream = io.BytesIO()
    Image.fromarray(data.astronaut()[:300, 80:380]).save(stream, "JPEG")
    return stream.getvalue()


def test_a_photograph_finds_its_place_and_its_neighbours(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/clusters?data=small&split=test&projection=pca")
    page.locator(".js-plotly-plot .nsewdrag").first.wait_for(state="attached", timeout=_FIRST)
    settle(page, _FIRST)
    page.get_by_text("Find by image: where does a face of your own fall?").click()
    files = page.get_by_test_id("stMain").locator("input[type=file]")
    files.first.wait_for(state="attached", timeout=60_000)
    files.first.set_input_files({"name": "someone.jpg", "mimeType": "image/jpeg", "buffer": photograph()})
    expect(page.get_by_text(re.compile(r"The class is “\w+”")).first).to_be_visible(timeout=120_000)
    page.get_by_text("The red star is placed at the mean of its 5 nearest faces").wait_for()
    page.wait_for_function(_STAR, arg="your image", timeout=60_000)
    settle(page)
    # A similar face becomes the chosen one, as any face of the map.
    page.locator(".st-key-find-fold .gallery button").first.click(timeout=60_000)
    page.wait_for_url(re.compile(r"[?&]row=\d+"), timeout=60_000)


def test_a_file_that_is_no_picture_is_refused_in_a_sentence(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/clusters?data=small&split=test&projection=pca")
    page.locator(".js-plotly-plot .nsewdrag").first.wait_for(state="attached", timeout=_FIRST)
    settle(page, _FIRST)
    page.get_by_text("Find by image: where does a face of your own fall?").click()
    files = page.get_by_test_id("stMain").locator("input[type=file]")
    files.first.wait_for(state="attached", timeout=60_000)
    files.first.set_input_files({"name": "someone.jpg", "mimeType": "image/jpeg", "buffer": b"no image at all"})
    alert = page.locator('[data-testid="stAlertContentError"], [data-testid="stAlertContentWarning"]').first
    expect(alert).to_contain_text("someone.jpg", timeout=60_000)
    expect(page.locator(".js-plotly-plot")).not_to_have_count(0)
