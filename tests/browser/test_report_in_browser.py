"""An explanation's report opens in a browser from disk, whole, without asking anyone for anything."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from app_server import expect

from fer_models import create_model
from fer_models.checkpoint import read_checkpoint, save_checkpoint
from fer_models.explain.report.document import Bar, Lines, Section, heatmap_figure, html_report
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

pytestmark = pytest.mark.browser


def test_a_report_is_whole_without_any_network(browser: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_checkpoint(tmp_path / "fresh", create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1))
    face = np.full((48, 48, 1), 120, np.uint8)
    sections = [
        Section("One look", ["Where it looks."], [heatmap_figure("Grad-CAM", face, np.eye(48))], [Bar("eyes", 0.4)]),
        Section("Curves", lines=Lines([0, 1], {"insertion": [0, 1]}, "share of the pixels", "probability")),
    ]
    file = tmp_path / "report.html"
    file.write_text(html_report("Look", [read_checkpoint(tmp_path / "fresh")], {"layer": "x"}, sections), "utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 800}, offline=True)
    tab = context.new_page()
    asked, said = [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(file.as_uri())
    expect(tab).to_have_title("Look")
    tab.wait_for_function("() => [...document.images].every(i => i.complete && i.naturalWidth > 0)")
    tab.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    expect(tab.locator("polyline")).to_have_count(1)
    others = [url for url in asked if url != file.as_uri() and not url.startswith("data:")]
    assert not others
    assert not said
    context.close()
