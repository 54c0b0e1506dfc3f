"""What a training on the same processor costs the person at the app: upload to heatmap, idle and beside a run.

``python benchmarks/beside.py [PICTURE]``: the real server and a real browser as in ``app.py``. Idle rounds and rounds
beside a run of FCSDNet on the built-in faces take turns, so that other work on the machine troubles both alike. Read
the ratio; the aim is at most 3. Seconds are medians, from handing over the file to the heatmap of that very picture.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import app
from app_server import ARGUMENTS, CHROMIUM, Server

from fer_models.training.recipe import Recipe
from fer_models.training.runs.launch import launch

ROUNDS = 3
app.REPEATS = 3
RECIPE = Recipe(data="synthetic", network="fcsdnet", epochs=5000)


@contextmanager
def training() -> Iterator[None]:
    """A run that trains from its first step on; it is cancelled at the end."""
    run = launch(RECIPE)
    try:
        while run.status().message != "Training.":
            if not run.status().active:
                raise SystemExit(f"The run ended: {run.log_tail()}")
            time.sleep(0.2)
        yield
        if not run.status().active:
            raise SystemExit(f"The run ended before the measurement did: {run.log_tail()}")
    finally:
        run.cancel()
        while run.status().active:
            time.sleep(0.2)


def main() -> int:
    """Measure in turns and print both medians and their ratio."""
    if not Path(CHROMIUM).exists():
        print("Chromium is not installed (apt-get install chromium); nothing measured.")
        return 0
    from playwright.sync_api import sync_playwright

    times: dict[str, list[float]] = {"idle": [], "beside a training": []}
    loads: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        picture = Path(sys.argv[1]) if len(sys.argv) > 1 else app.example(base)
        app.provide_checkpoint(base)
        os.environ |= {"FER_RUNS": str(base / "runs"), "FER_CACHE": str(base / "cache")}
        server = Server(base)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
            server.start()
            try:
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                app.uploads(page, server, picture)  # warms up
                for _ in range(ROUNDS):
                    loads.append(os.getloadavg()[0])
                    times["idle"].append(app.uploads(page, server, picture)[1][1])
                    with training():
                        times["beside a training"].append(app.uploads(page, server, picture)[1][1])
            finally:
                server.stop()
                browser.close()
    ratios = [busy / idle for idle, busy in zip(*times.values(), strict=True)]
    print(f"load before the idle rounds {', '.join(f'{load:.1f}' for load in loads)} on {os.cpu_count()} cores")
    for name, seconds in times.items():
        print(f"{name:<20} {statistics.median(seconds):6.2f} s   ({', '.join(f'{s:.2f}' for s in seconds)})")
    print(f"ratio                {statistics.median(ratios):6.2f}     ({', '.join(f'{r:.2f}' for r in ratios)})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
