"""What a person does, in a real browser on the real server."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from app_server import ROOT, Server, settle

from fer_models.training.run import Run
from workbench.navigation import PAGES

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


def errors(page: Any) -> list[str]:
    """Sentences of errors and tracebacks on the page."""
    boxes = page.locator('[data-testid="stException"], [data-testid="stAlertContentError"] p')
    return [box.inner_text() for box in boxes.all()]


def shown_run(page: Any, server: Server) -> Run:
    """The run that the page's address names."""
    page.wait_for_url(re.compile("[?&]run="))
    (name,) = parse_qs(urlsplit(page.url).query)["run"]
    return Run(server.runs / name)


def test_every_page_opens_and_fits(page: Any, server: Server) -> None:
    for entry in PAGES:
        page.goto(f"{server.url}/{entry.key if entry is not PAGES[0] else ''}")
        settle(page)
        assert errors(page) == [], entry.key
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.get_by_text(entry.question).count() >= 1
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 800})
            page.wait_for_timeout(150)
            inside, window = page.locator('[data-testid="stMain"]').evaluate("m => [m.scrollWidth, m.clientWidth]")
            assert inside <= window, f"{entry.key} is wider than a window of {width} pixels"
        page.set_viewport_size({"width": 1280, "height": 720})
        unnamed = page.locator("[data-testid=stMain] button:visible").evaluate_all(
            "all => all.filter(b => !(b.innerText.trim() || b.ariaLabel || b.title)).map(b => b.outerHTML)"
        )
        assert unnamed == [], entry.key
        assert page.locator("[data-testid=stImage] img:not([alt]), [data-testid=stImage] img[alt='']").count() == 0


def test_upload_to_heatmap(page: Any, server: Server, photograph: Path, tmp_path: Path) -> None:
    page.goto(f"{server.url}/explain")
    settle(page)
    bad = tmp_path / "text.png"
    bad.write_text("no picture")
    page.locator("input[type=file]").set_input_files(str(bad))
    page.get_by_text("is not a picture that can be read here").wait_for(timeout=30_000)
    (sentence,) = errors(page)
    assert sentence.startswith("'text.png' is not a picture") and "\n" not in sentence
    assert "Traceback" not in page.locator("body").inner_text()

    page.get_by_test_id("stFileChipDeleteBtn").click()
    settle(page)
    began = time.monotonic()
    page.locator("input[type=file]").set_input_files(str(photograph))
    page.get_by_text(f"{photograph.name}. One face found.").wait_for(timeout=30_000)
    heatmap = page.locator(".js-plotly-plot .heatmaplayer image").first
    heatmap.wait_for(state="attached", timeout=30_000)
    print(f"upload to heatmap: {time.monotonic() - began:.2f} s")
    settle(page)
    assert errors(page) == []
    assert page.get_by_text(re.compile("^LayerCAM for ")).count() == 1
    assert page.get_by_text("spatial gate").count() >= 3
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Values, .npy").click()
    import numpy as np

    values = np.load(waiting.value.path(), allow_pickle=False)
    assert values.shape == (48, 48) and np.isfinite(values).all() and values.std() > 0
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Heatmap, PNG").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")
    everything = [path for path in server.base.rglob("*") if path.is_file() and photograph.name in path.name]
    assert everything == [], "an upload reached the disk"
    assert photograph.name not in server.log()


def test_the_choice_travels_in_the_address(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/explain?target=fear&sample=drawn-sad")
    settle(page)
    page.get_by_text("LayerCAM for fear").wait_for(timeout=30_000)
    page.get_by_role("link", name="Home").first.click()
    settle(page)
    page.get_by_role("link", name="Explain").first.click()
    page.get_by_text("LayerCAM for fear").wait_for(timeout=30_000)
    assert "target=fear" in page.url and "sample=drawn-sad" in page.url


def test_train_reload_restart_cancel(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/train?data=small")
    settle(page)
    page.get_by_text(re.compile("^Settings · ")).click()
    fill(page, "Epochs", 2)
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_role("tab", name="Time").click()
    fill(page, "Passes an epoch", 50)  # so many that it is still at work when it is cancelled
    page.get_by_test_id("stMain").get_by_role("button", name="Train").click()
    page.get_by_text(re.compile("Queued|Running")).first.wait_for(timeout=30_000)
    run = shown_run(page, server)
    assert (run.recipe.data, run.recipe.epochs, run.recipe.repeats) == ("small", 2, 50)

    page.get_by_text(re.compile(r"images/s · .* left")).wait_for(timeout=60_000)
    page.reload()
    page.get_by_text(re.compile("Running: epoch")).first.wait_for(timeout=30_000)

    server.stop()
    assert run.status().state == "running", "the worker must outlive the app"
    server.start()
    page.goto(f"{server.url}/train")  # without its name in the address
    page.get_by_text(re.compile("Running: epoch")).first.wait_for(timeout=60_000)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text(re.compile(r"Cancelled after \d of 2 epochs")).wait_for(timeout=60_000)
    assert run.status().state == "cancelled"
    assert errors(page) == []

    page.get_by_text("Open in Explain").click()
    page.get_by_text(re.compile("^LayerCAM for ")).wait_for(timeout=60_000)
    settle(page)
    assert f"checkpoint={run.id}" in page.url and errors(page) == []


def fill(page: Any, label: str, value: int) -> None:
    """Type a number into the control of that label."""
    control = page.get_by_role("spinbutton", name=label, exact=True)
    control.fill(str(value))
    control.press("Enter")
    settle(page)
