"""Clicks and seconds from Home to what a teacher wants first. Real server, real browser, no data but what ships.

``python benchmarks/first_minutes.py``: a server in an empty folder with the shipped networks. Every goal is reached
from an opened Home, the first time after the server has started and then three times more in sessions of their own;
the second figure is the median of these. Times are from the first click to the answer on the screen; training ends at
its first sign and is started once. On a busy machine compare the ratios, not the seconds.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "1000")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from app import example  # noqa: E402
from app_server import ARGUMENTS, CHROMIUM, PATIENCE, Server, errors, settle  # noqa: E402

REPEATS = 3
_SCREEN = {"width": 1280, "height": 720}
#: What reaches a goal from an opened Home; returns the number of clicks.
Goal = Callable[[Any, Path], int]


def another_face(page: Any, picture: Path) -> int:
    page.get_by_test_id("stMain").get_by_role("button", name="Drawn face, angry").click()
    page.get_by_text("Drawn face, angry. ").wait_for()
    _verdict(page)
    return 1


def own_photograph(page: Any, picture: Path) -> int:
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": picture.read_bytes()}
    )
    page.get_by_text("mine.jpg. One face found.").wait_for()
    _verdict(page)
    return 1


def own_attention(page: Any, picture: Path) -> int:
    page.get_by_role("link", name="Open in Explain").click()
    page.get_by_text("spatial attention").first.wait_for()
    return 1


def several_networks(page: Any, picture: Path) -> int:
    page.get_by_role("link", name="Open in Explain").click()
    page.get_by_test_id("stButtonGroup").first.get_by_text("Compare", exact=True).click()
    page.get_by_text("Rows, PNG").first.wait_for()  # all have answered
    return 2


def confusion(page: Any, picture: Path) -> int:
    _open(page, "Confusion")
    page.get_by_text(re.compile(r"^Accuracy [\d.]+ %")).first.wait_for()
    page.locator('[data-testid="stPlotlyChart"] .nsewdrag').first.wait_for(state="attached")
    return 1


def cluster_map(page: Any, picture: Path) -> int:
    _open(page, "Clusters")
    page.locator('[data-testid="stPlotlyChart"] .nsewdrag').first.wait_for(state="attached")
    return 1


def t_sne(page: Any, picture: Path) -> int:
    cluster_map(page, picture)
    page.get_by_text(re.compile(r"t-SNE of [\d,]+ faces")).first.wait_for()
    return 1


def training(page: Any, picture: Path) -> int:
    _open(page, "Train")
    page.get_by_test_id("stMain").get_by_role("button", name="Train", exact=True).click()
    page.get_by_text(re.compile("Queued|Running|Starting")).first.wait_for()
    return 2


GOALS: dict[str, Goal] = {
    "another face: class, heatmap, verdict": another_face,
    "own photograph: class, heatmap, verdict": own_photograph,
    "the network's own attention": own_attention,
    "the same face in several networks": several_networks,
    "confusion matrix of a real network": confusion,
    "cluster map, by PCA until t-SNE is done": cluster_map,
    "the map by t-SNE": t_sne,
    "training: its first sign": training,
}


def _open(page: Any, title: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()


def _verdict(page: Any) -> None:
    page.get_by_text(re.compile("Can be believed|Doubtful|Not to be believed")).first.wait_for()


def main() -> int:
    """Measure and print a table."""
    if not Path(CHROMIUM).exists():
        print("Chromium is not installed (apt-get install chromium); nothing measured.")
        return 0
    from playwright.sync_api import sync_playwright

    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print("| wanted | clicks | first, s | later, s |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        base = Path(folder)
        (base / "checkpoints").symlink_to(ROOT / "checkpoints")
        picture = example(base)
        server = Server(base)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            server.start()
            began = time.monotonic()
            page = _home(browser, server)
            _verdict(page)
            seconds = time.monotonic() - began
            print(f"| Home: class, heatmap, verdict of the first face | 0 | {seconds:.1f} | |", flush=True)
            for name, goal in GOALS.items():
                clicks, times = _measured(name, goal, browser, server, picture)
                later = f"{statistics.median(times[1:]):.1f}" if times[1:] else ""
                print(f"| {name} | {clicks} | {times[0]:.1f} | {later} |", flush=True)
        finally:
            server.stop()
            browser.close()
    return 0


def _home(browser: Any, server: Server) -> Any:
    page = browser.new_context(viewport=_SCREEN).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(server.url)
    return page


def _measured(name: str, goal: Goal, browser: Any, server: Server, picture: Path) -> tuple[int, list[float]]:
    """Clicks, and the seconds of each time."""
    times, clicks = [], 0
    for _ in range(1 if goal is training else REPEATS + 1):
        page = _home(browser, server)
        _verdict(page)
        settle(page)
        began = time.monotonic()
        clicks = goal(page, picture)
        times.append(time.monotonic() - began)
        settle(page)
        assert errors(page) == [], name
        page.context.close()
    return clicks, times


if __name__ == "__main__":
    sys.exit(main())
