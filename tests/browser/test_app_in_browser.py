"""What a person does, in a real browser on the real server."""

from __future__ import annotations

import io
import os
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from app_server import ROOT, Server, errors, expect, expect_asked, fill, saved, settle

from fer_models.training.runs.run import Run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def photograph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real face: a photograph that is at hand, else the one that scikit-image brings."""
    shared = Path(os.environ.get("FER_SHARED", ROOT.parent / "shared")) / "data" / "faces" / "pexels_angry.jpg"
    if shared.exists():
        return shared
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed (pip install -e .[dev])")
    from PIL import Image

    file = tmp_path_factory.mktemp("photograph") / "astronaut.jpg"
    Image.fromarray(data.astronaut()).save(file)
    return file


def shown_run(page: Any, server: Server) -> Run:
    """The run that the page's address names."""
    page.wait_for_url(re.compile("[?&]run="))
    (name,) = parse_qs(urlsplit(page.url).query)["run"]
    return Run(server.runs / name)


def test_upload_to_heatmap(page: Any, server: Server, photograph: Path, tmp_path: Path) -> None:
    page.goto(f"{server.url}/explain")
    settle(page)
    bad = tmp_path / "text.png"
    bad.write_text("no image")
    page.locator("input[type=file]").set_input_files(str(bad))
    page.get_by_text("is not an image that can be read here").wait_for()
    settle(page)
    (sentence,) = errors(page)
    assert sentence.startswith("'text.png' is not an image") and "\n" not in sentence
    expect(page.locator("body")).not_to_contain_text("Traceback")

    page.get_by_test_id("stFileChipDeleteBtn").click()
    page.get_by_text("is not an image that can be read here").wait_for(state="detached")
    settle(page)
    began = time.monotonic()
    page.locator("input[type=file]").set_input_files(str(photograph))
    page.get_by_text(f"{photograph.name}. One face found.").wait_for()
    page.locator(".js-plotly-plot .heatmaplayer image").first.wait_for(state="attached")
    print(f"upload to heatmap: {time.monotonic() - began:.2f} s")
    settle(page)
    assert errors(page) == []
    expect(page.get_by_text(re.compile("^LayerCAM for "))).to_have_count(1)
    expect(page.get_by_text("spatial attention").nth(2)).to_be_attached()
    values = np.load(io.BytesIO(saved(page, "Values, .npy")), allow_pickle=False)
    assert values.shape == (48, 48) and np.isfinite(values).all() and values.std() > 0
    assert saved(page, "Heatmap, PNG").startswith(b"\x89PNG")
    everything = [path for path in server.base.rglob("*") if path.is_file() and photograph.name in path.name]
    assert everything == [], "an upload reached the disk"
    assert photograph.name not in server.log()


def test_the_choice_travels_in_the_address(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/explain?target=fear&sample=drawn-sad")
    page.get_by_text("LayerCAM for fear").wait_for()
    settle(page)
    page.get_by_role("link", name="Home").first.click()
    page.get_by_role("heading", name="Trained networks").wait_for()
    settle(page)
    page.get_by_role("link", name="Explain").first.click()
    page.get_by_text("LayerCAM for fear").wait_for()
    expect_asked(page, target="fear", sample="drawn-sad")


@pytest.mark.usefixtures("no_runs_left")
def test_train_reload_restart_cancel(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/train?data=small")
    settle(page)
    page.get_by_text(re.compile("^Settings · ")).click()
    fill(page, "Epochs", 400)
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_role("tab", name="Time").click()
    fill(page, "Passes per epoch", 4)  # so much that it is still at work when it is cancelled, on any machine
    page.get_by_test_id("stMain").get_by_role("button", name="Train").click()
    page.get_by_text(re.compile("Queued|Running")).first.wait_for()
    run = shown_run(page, server)
    assert (run.recipe.data, run.recipe.epochs, run.recipe.repeats) == ("small", 400, 4)

    page.get_by_text(re.compile(r"images/s · .* left")).wait_for()
    page.reload()
    page.get_by_text(re.compile("Running: epoch")).first.wait_for()

    server.stop()
    assert run.status().state == "running", "the worker must outlive the app"
    server.start()
    page.goto(f"{server.url}/train")  # without its name in the address
    page.get_by_text(re.compile("Running: epoch")).first.wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text(re.compile(r"Cancelled after \d+ of 400 epochs")).wait_for()
    settle(page)
    assert run.status().state == "cancelled"
    assert errors(page) == []

    page.get_by_role("link", name="Open in Explain").click()
    page.get_by_text(re.compile("^LayerCAM for ")).wait_for()
    expect_asked(page, checkpoint=run.id)
    settle(page)
    assert errors(page) == []
