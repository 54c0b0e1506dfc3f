"""How long a person waits: server, first page, every page, upload to heatmap. Real server, real browser.

``python benchmarks/app.py [PICTURE]``: without a picture the face that scikit-image brings. The app is started from an
empty folder of its own with the checkpoints that ship (one of fresh weights where there is none). Times are medians in
seconds, from the click or the address to the answer on the screen; the same face answered by the library alone stands
beside the upload, since the rest is the price of the page. On a busy machine compare the ratio, not the seconds.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "1000")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from app_server import ARGUMENTS, CHROMIUM, Server, settle  # noqa: E402

REPEATS = 5


def main() -> int:
    """Measure and print a table."""
    if not Path(CHROMIUM).exists():
        print("Chromium is not installed (apt-get install chromium); nothing measured.")
        return 0
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        picture = Path(sys.argv[1]) if len(sys.argv) > 1 else example(base)
        server = Server(base)
        checkpoint = provide_checkpoint(base)
        rows: list[tuple[str, float]] = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            began = time.monotonic()
            server.start()
            rows.append(("server answers", time.monotonic() - began))
            try:
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                rows += pages(page, server)
                rows += uploads(page, server, picture)
            finally:
                server.stop()
                browser.close()
        rows.append(("the library alone: decode, find, classify, Grad-CAM", library(checkpoint, picture)))
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, image {picture.name}")
    for name, seconds in rows:
        print(f"{name:<52} {seconds:8.2f} s")
    return 0


def example(base: Path) -> Path:
    """A real face as a JPEG file."""
    from PIL import Image
    from skimage.data import astronaut

    file = base / "astronaut.jpg"
    Image.fromarray(astronaut()).save(file)
    return file


def provide_checkpoint(base: Path) -> Path:
    """The checkpoints folder of the app: a link to what ships, or one network of fresh weights."""
    from workbench.app.inventory import trained_networks

    first = next((network.checkpoint for network in trained_networks() if network.checkpoint is not None), None)
    if first is not None:  # the one that the app opens with
        (base / "checkpoints").symlink_to(first.path.parent)
        return first.path
    from fer_models import create_model
    from fer_models.checkpoint import save_checkpoint
    from fer_models.labels import FER7
    from fer_models.preprocess import Preprocess

    return save_checkpoint(base / "checkpoints" / "fresh", create_model("fcsdnet", 7, 1), FER7, Preprocess(48, 1)).path


def pages(page: Any, server: Server) -> list[tuple[str, float]]:
    """The first page of a server that has just begun, and every page once it is warm."""
    from workbench.navigation import PAGES

    rows = [("first page after the start", open_page(page, server.url))]
    for entry in PAGES:
        address = f"{server.url}/{'' if entry is PAGES[0] else entry.key}"
        open_page(page, address)
        times = [open_page(page, address) for _ in range(3)]
        rows.append((f"{entry.title}, warm", statistics.median(times)))
    return rows


def open_page(page: Any, address: str) -> float:
    began = time.monotonic()
    page.goto(address)
    settle(page, quiet=200)
    return time.monotonic() - began - 0.2  # the rest that settle waits for


def uploads(page: Any, server: Server, picture: Path) -> list[tuple[str, float]]:
    """From handing over the file to the heatmap of that very picture."""
    times = []
    for number in range(REPEATS + 1):
        page.goto(f"{server.url}/explain")
        settle(page)
        copy = picture.with_name(f"{number}-{picture.name}")
        began = time.monotonic()
        page.locator("input[type=file]").set_input_files(
            {"name": copy.name, "mimeType": "image/jpeg", "buffer": picture.read_bytes()}
        )
        page.get_by_text(f"{copy.name}. ").wait_for(timeout=60_000)
        page.locator(".js-plotly-plot .heatmaplayer image").first.wait_for(state="attached", timeout=60_000)
        times.append(time.monotonic() - began)
        settle(page)
    return [("upload to heatmap, the first", times[0]), ("upload to heatmap, later ones", statistics.median(times[1:]))]


def library(folder: Path, picture: Path) -> float:
    """The same answer without a page."""
    from fer_models import load_checkpoint
    from fer_models.crop import crop_for
    from fer_models.faces.detect import detect_faces
    from fer_models.faces.image import decode_image
    from fer_models.faces.whole import whole_face
    from workbench.heatmap.model import look
    from workbench.heatmap.model.look import Question

    classifier = load_checkpoint(folder)
    times = []
    for _ in range(REPEATS + 1):
        began = time.monotonic()
        image = decode_image(picture.read_bytes())
        faces = detect_faces(image) or [whole_face(image)]
        crop = crop_for(image, faces[0], classifier.checkpoint.preprocess)
        look.look(classifier, crop.pixels, Question())
        look.own_attention(classifier, crop.pixels)
        times.append(time.monotonic() - began)
    return statistics.median(times[1:])


if __name__ == "__main__":
    sys.exit(main())
