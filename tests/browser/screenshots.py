"""Pictures of every page for the README and the documentation: ``python -m tests.browser.screenshots FOLDER``.

The app starts with the checkpoints that ship and an empty runs folder; each page is taken on a projector's screen,
light and dark, and on a phone.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from tests.browser.app_server import ARGUMENTS, CHROMIUM, ROOT, Server, settle
from workbench.navigation import PAGES

SCREENS = {"": (1280, 720, "light"), "-dark": (1280, 720, "dark"), "-phone": (390, 844, "light")}


def main(folder: Path) -> int:
    """Take all pictures."""
    if not Path(CHROMIUM).exists():
        print("Chromium is not installed (apt-get install chromium); no picture taken.", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as base, sync_playwright() as playwright:
        server = Server(Path(base))
        (Path(base) / "checkpoints").symlink_to(ROOT / "checkpoints")
        server.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            for suffix, (width, height, scheme) in SCREENS.items():
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                for entry in PAGES:
                    page.goto(f"{server.url}/{'' if entry is PAGES[0] else entry.key}")
                    settle(page, timeout=180_000)
                    page.wait_for_timeout(800)  # Plotly draws a little later
                    page.screenshot(path=folder / f"{entry.key}{suffix}.png")
                    print(folder / f"{entry.key}{suffix}.png")
                page.close()
        finally:
            browser.close()
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")))
