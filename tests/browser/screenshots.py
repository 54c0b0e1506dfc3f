"""Take the README's pictures and its film from the real app: ``python tests/browser/screenshots.py FOLDER``.

Only drawn faces and one photograph in the public domain are shown.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import film
from app_server import ARGUMENTS, CHROMIUM, ROOT, Server, settle
from playwright.sync_api import sync_playwright

#: File name, address, and height of the window in pixels.
PICTURES = (("clusters", "clusters?checkpoint=fcsdnet-synthetic&data=synthetic&split=test", 800),)


def main(folder: str) -> None:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as base:
        shutil.copytree(ROOT / "checkpoints", Path(base) / "checkpoints")
        app = Server(Path(base))
        app.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
                for name, address, height in PICTURES:
                    page = browser.new_page(viewport={"width": 1280, "height": height})
                    page.goto(f"{app.url}/{address}")
                    settle(page, 300_000, quiet=5000)
                    page.screenshot(path=target / f"{name}.png")
                    page.close()
                page = browser.new_page(viewport=dict(zip(("width", "height"), film.WINDOW, strict=True)))
                film.record(page, app.url, target / "tour.webp")
                browser.close()
        finally:
            app.stop()


if __name__ == "__main__":
    main(sys.argv[1])
