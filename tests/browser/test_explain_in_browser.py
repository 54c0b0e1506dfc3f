"""Explain in a real browser: through all tabs with one photograph, and what can be taken away."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_server import PATIENCE, Server, errors, expect, expect_asked, expect_fits, saved, settle
from PIL import Image

from workbench.face.model import samples
from workbench.features.explain.tabs import ROW, TABS

pytestmark = pytest.mark.browser

#: What stands in each tab when it is done.
DONE = {
    "look": "Where it attends",
    "methods": "What each method does",
    "sheet": re.compile("The largest face of each image"),
    "networks": re.compile("networks? says? "),
    "versus": "Who is right?",
    "contrast": "The maps beside each other",
    "attention": "All modules at a glance",
    "trust": "All tests of this map",
    "change": "the worst place",
    "training": "has no history",
}
#: The button of a tab whose work waits for one.
START = {"methods": re.compile("Draw 2 heatmaps"), "trust": re.compile("Run all tests")}


def test_through_all_tabs(page: Any, server: Server, tmp_path: Path) -> None:
    assert set(DONE) == set(TABS)
    files = []
    for name in ("sad", "fear"):
        files.append(tmp_path / f"{name}.png")
        Image.fromarray(samples.picture(f"drawn-{name}")).save(files[-1])
    page.goto(f"{server.url}/explain?methods=grad_cam,saliency&classes=happy")
    settle(page)
    page.locator("input[type=file]").set_input_files([str(file) for file in files])
    page.get_by_text("sad.png. One face found.").wait_for()
    for key, (title, _) in TABS.items():
        view = next(name for name, keys in ROW.items() if key in keys)
        page.get_by_test_id("stButtonGroup").first.get_by_text(view, exact=True).click()
        if len(ROW[view]) > 1:
            page.get_by_test_id("stButtonGroup").nth(1).get_by_text(title, exact=True).click()
        if key in START:
            page.get_by_role("button", name=START[key]).click()
        page.get_by_text(DONE[key]).first.wait_for(timeout=2 * PATIENCE)
        settle(page, 2 * PATIENCE)
        assert errors(page) == [], title
        if key != "look":
            expect_asked(page, tab=key)
        expect(page.get_by_text("sad.png. One face found.")).to_have_count(1)  # the upload stays
        expect_fits(page, 390, title)
        page.set_viewport_size({"width": 1280, "height": 720})
        if key == "versus":  # a row of pictures is saved as it stands, on white
            place = page.get_by_role("table", name="Both maps and their difference").bounding_box()
            picture = Image.open(io.BytesIO(saved(page, "Save the pictures as PNG")))
            assert abs(picture.width - 3 * place["width"]) <= 3 and abs(picture.height - 3 * place["height"]) <= 3
            shades = np.asarray(picture.convert("L"))
            assert shades.std() > 20 and (shades[-40:] < 90).any(), "maps above, words below"
    page.reload()  # the uploads are kept in the memory of the server
    expect(page.get_by_text("sad.png. One face found.")).to_have_count(1)
    page.get_by_role("button", name="fear.png").click()
    expect(page.get_by_text("fear.png. One face found.")).to_have_count(1)
    page.get_by_role("button", name="Remove the uploads").click()
    expect(page.get_by_text(re.compile(r"^(sad|fear)\.png"))).to_have_count(0)
    # Pictures need words.
    expect(page.locator("[data-testid=stMain] img:not([alt]), [data-testid=stMain] img[alt='']")).to_have_count(0)


def test_what_is_saved_says_how_it_was_made(page: Any, server: Server, tmp_path: Path) -> None:
    page.goto(f"{server.url}/explain?target=fear&sample=drawn-sad")
    page.get_by_text("LayerCAM for fear").wait_for()
    settle(page)
    told = json.loads(saved(page, "Settings, JSON"))
    assert (told["class"], told["method"], told["score"]) == ("fear", "layer_cam", "logit")
    assert len(told["weights_sha256"]) == 64
    picture = tmp_path / "map.png"
    picture.write_bytes(saved(page, "Heatmap, PNG"))
    with Image.open(picture) as image:
        assert json.loads(image.text["Settings"])["weights_sha256"] == told["weights_sha256"]
    values = tmp_path / "map.npy"
    values.write_bytes(saved(page, "Values, .npy"))
    assert np.load(values, allow_pickle=False).shape == (48, 48)
    page.get_by_role("button", name="Report, HTML").click()
    page.get_by_role("button", name="Save the report", exact=True).wait_for()
    settle(page)
    report = saved(page, "Save the report").decode()
    page.get_by_text("The network as a drawing").click()
    page.locator("[data-block='stages.0.transition']").press("Enter")
    expect(page.get_by_text(re.compile("layer stage 1 transition, "))).to_be_visible()
    expect_asked(page, layer="stage 1 transition")
    assert told["weights_sha256"] in report and "not part of this report" in report and "://" not in report


def test_a_theme_leaves_no_ground_of_the_old_one_and_no_dark_words_on_dark(page: Any, server: Server) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{server.url}/explain")
    settle(page)
    for scheme, ground in (("light", "rgb(252, 252, 251)"), ("dark", "rgb(20, 24, 27)")):
        page.emulate_media(color_scheme=scheme)
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", ground)
        expect(page.locator(".js-plotly-plot .main-svg").first).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    code = page.get_by_role("button", name="Copy as Python")
    code.click()  # open, a button without a border was written in a darkened colour
    expect(code).to_have_css("color", "rgb(228, 232, 234)")


def test_on_a_phone_class_and_heatmap_follow_the_choice_of_the_face(page: Any, server: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/explain")
    settle(page)
    image, verdict = ".st-key-image-source", ".st-key-verdict"
    order = (image, ".st-key-prediction", ".js-plotly-plot", verdict, ".st-key-question", ".st-key-image-faces")
    tops = [page.locator(part).first.bounding_box()["y"] for part in order]
    assert tops == sorted(tops) and tops[2] < 844, tops
