"""The real server as a test drives it, and the small set of faces that it trains on."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fer_models.labels import FER7

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run",
    "--disable-sync", "--disable-component-update",
)  # fmt: skip
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"


class Server:
    """A running app: its address, its folders, and its process."""

    def __init__(self, base: Path):
        self.base = base
        self.runs = base / "runs"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it from a folder of its own and wait until it answers."""
        elsewhere = self.base / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("STREAMLIT_")}
        environment |= {
            f"FER_{name.upper()}": str(self.base / name) for name in ("checkpoints", "runs", "cache", "data")
        }
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(ROOT / "workbench" / "Home.py"),
            "--server.port",
            str(self.port),
        ]
        with (self.base / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=elsewhere, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except OSError:
                assert self.process.poll() is None, self.log()
                time.sleep(0.2)
        raise AssertionError(f"the server did not answer in a minute: {self.log()}")

    def stop(self) -> None:
        """End the server process; workers that it started go on."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def log(self) -> str:
        return (self.base / "server.log").read_text(errors="replace")[-3000:]


def end_worker(status: Path) -> None:
    """End the worker of a run that a failed test left behind."""
    from fer_models.training.process import is_alive
    from fer_models.training.run import Run

    state = Run(status.parent).status()
    if state.active and state.pid is not None and is_alive(state.pid, state.pid_started):
        os.killpg(state.pid, signal.SIGTERM)


def is_strange(url: str, ours: str) -> bool:
    return not url.startswith((ours, ours.replace("http", "ws", 1), "data:", "blob:"))


def settle(page: Any, timeout: float = 60_000) -> None:
    """Wait until the script has run to its end and stays there."""
    page.wait_for_selector(SETTLED, timeout=timeout)
    page.wait_for_timeout(200)
    page.wait_for_selector(SETTLED, timeout=timeout)


def write_small_set(folder: Path) -> None:
    """A small set of real faces where FER2013 is at hand, else of drawn ones: 40 pictures a class, as folders."""
    shared = Path(os.environ.get("FER_SHARED", ROOT.parent / "shared")) / "data" / "fer2013"
    if (shared / "labels.csv").exists():
        pictures, names, sheet = [], [], np.asarray(Image.open(shared / "sheet_0.png").convert("L"))
        for row, line in enumerate((shared / "labels.csv").read_text().splitlines()[1:1401]):
            y, x = divmod(row, 60)
            pictures.append(sheet[y * 48 : y * 48 + 48, x * 48 : x * 48 + 48])
            names.append(FER7[int(line.split(",")[0])])
    else:
        from fer_models.data.synthetic import SyntheticOptions, generate

        drawn = generate(SyntheticOptions(count=350, size=48))
        pictures, names = list(drawn.images[..., 0]), [drawn.classes[label] for label in drawn.labels]
    count: dict[str, int] = {}
    for picture, name in zip(pictures, names, strict=True):
        number = count[name] = count.get(name, 0) + 1
        split = "train" if number <= 30 else "test"
        if number <= 40:
            (folder / split / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / split / name / f"{number:03d}.png")
