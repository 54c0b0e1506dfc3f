"""The real server as a test drives it, what a test does on its pages, and the small set of faces that it trains on.

A page answers when it can: a step that follows a click waits for what it expects. ``expect`` waits a minute for it.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fer_models.labels import FER7

try:
    from playwright.sync_api import TimeoutError as PlaywrightTimeout
    from playwright.sync_api import expect
except ImportError:  # The fixtures skip then.
    expect, PlaywrightTimeout = None, TimeoutError
else:
    expect.set_options(timeout=60_000)

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
    "--disable-component-update",
)
#: Milliseconds that a step waits for its element, on a busy machine too.
PATIENCE = 120_000
#: Milliseconds between two looks of `settle` and `steady`; a look at every frame would have all frames drawn.
_LOOK = 50
_ERRORS = '[data-testid="stException"], [data-testid="stAlertContentError"] p'
_APP = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
#: Whether the script rested for a while and nothing is about to be drawn anew; `name` tells the calls apart.
_RESTED = """([app, name, quiet]) => {
  const busy = !document.querySelector(app) ||
    document.querySelector('[data-stale="true"], [data-testid="stSkeleton"], [data-testid="stSpinner"]');
  if (busy || window.restedFor?.name !== name) window.restedFor = {name, since: performance.now()};
  return !busy && performance.now() - window.restedFor.since >= quiet;
}"""
#: The value of a function once it is not null and stayed the same for a while, as [value].
_STEADY = """([arg, name, quiet]) => {
  let value = null;
  try { value = (READ)(arg) ?? null; } catch (error) { if (!(error instanceof TypeError)) throw error; }
  const text = JSON.stringify(value), kept = window.steadyFor;
  if (value === null || kept?.name !== name || kept.text !== text)
    window.steadyFor = {name, text, since: performance.now()};
  return value !== null && performance.now() - window.steadyFor.since >= quiet ? [value] : null;
}"""
_FITS = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  return main.scrollWidth <= main.clientWidth || null;
}"""


class Server:
    """A running app: its address, its folders, and its process.

    Args:
        base: Holds its folders of networks, runs, cache and data.
        prefix: Command that runs it, such as ``strace`` with its options.
        home: Home folder of its user.
    """

    def __init__(self, base: Path, *, prefix: Sequence[str] = (), home: Path | None = None):
        self.base, self.prefix, self.home = base, prefix, home
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
        if self.home is not None:  # nor may settings that this process made for itself reach it
            ours = ("XDG_", "ORT_", "RAY_", "GOMP_")
            environment = {k: v for k, v in environment.items() if not k.startswith(ours)} | {"HOME": str(self.home)}
        command = [
            *self.prefix,
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
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2):
                    return
            except OSError:
                assert self.process.poll() is None, self.log()
                time.sleep(0.2)
        raise AssertionError(f"the server did not answer in three minutes: {self.log()}")

    def stop(self) -> None:
        """End the server process; workers that it started go on."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:  # A busy machine, or a job that does not look up.
                self.process.kill()
                self.process.wait(60)
            self.process = None

    def log(self) -> str:
        return (self.base / "server.log").read_text(errors="replace")[-3000:]


@contextmanager
def serving(base: Path, **options: Any) -> Iterator[Server]:
    """A server that runs within the block; workers that it leaves behind are ended."""
    app = Server(base, **options)
    try:
        app.start()
        yield app
    finally:
        app.stop()
        end_workers(app)


def end_workers(app: Server) -> None:
    """End the workers of runs that a failed test left behind."""
    from fer_models.system import is_alive
    from fer_models.training.runs.run import Run

    for status in app.runs.glob("*/status.json"):
        state = Run(status.parent).status()
        if state.active and state.pid is not None and is_alive(state.pid, state.pid_started):
            os.killpg(state.pid, signal.SIGTERM)


def is_strange(url: str, ours: str) -> bool:
    return not url.startswith((ours, ours.replace("http", "ws", 1), "data:", "blob:"))


def settle(page: Any, timeout: float = PATIENCE, quiet: float = 300) -> None:
    """Wait until the script has run to its end, rests for ``quiet`` milliseconds, and nothing is drawn any more."""
    page.wait_for_function(_RESTED, arg=[_APP, uuid.uuid4().hex, quiet], timeout=timeout, polling=_LOOK)


def steady(page: Any, read: str, arg: Any = None, timeout: float = PATIENCE, quiet: float = 400) -> Any:
    """What a JavaScript function gives once it is there and stays the same, for instance a place in a plot.

    Reading what is not there yet (a ``TypeError``) counts as null: a plot is replaced while it is drawn anew.
    """
    script = _STEADY.replace("READ", read)
    waited = page.wait_for_function(script, arg=[arg, uuid.uuid4().hex, quiet], timeout=timeout, polling=_LOOK)
    return waited.json_value()[0]


def errors(page: Any) -> list[str]:
    """Sentences of errors and tracebacks that the page shows now."""
    said: list[str] = page.locator(_ERRORS).evaluate_all("all => all.map(box => box.innerText)")
    return said


def expect_asked(page: Any, **choices: str) -> None:
    """Wait until the address says these choices; an underscore stands for a blank."""
    for name, value in choices.items():
        page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value",
            arg=[name.replace("_", " "), value],
            timeout=PATIENCE,
        )


def fill(page: Any, label: str, value: int) -> None:
    """Type a number into the control of that label."""
    control = page.get_by_role("spinbutton", name=label, exact=True)
    control.fill(str(value))
    control.press("Enter")
    expect(control).to_have_value(str(value))
    settle(page)


def choose(page: Any, label: str | re.Pattern[str], option: str) -> None:
    """Choose from a list by the keyboard alone."""
    box = page.get_by_role("combobox", name=label)
    box.focus()
    box.press("Control+A")
    box.press_sequentially(option)
    page.locator('[role="option"][data-focused="true"]').filter(has_text=option).wait_for()
    box.press("Enter")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value(re.compile(re.escape(option)))
    settle(page)


def saved(page: Any, button: str, which: int = 0) -> bytes:
    """The file behind a button of that name, the last one where ``which`` is -1."""
    with page.expect_download(timeout=PATIENCE) as waiting:
        page.get_by_role("button", name=button, exact=True).nth(which).click()
    return Path(waiting.value.path()).read_bytes()


def rows_of(page: Any, button: str, which: int = 0) -> list[dict[str, str]]:
    """The lines of the CSV behind a button."""
    return list(csv.DictReader(io.StringIO(saved(page, button, which).decode(), newline="")))


def expect_fits(page: Any, width: int, what: str) -> None:
    """Wait until the page is no wider than a window of so many pixels."""
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function("width => innerWidth === width", arg=width)
    try:
        steady(page, _FITS, quiet=200, timeout=20_000)
    except PlaywrightTimeout:
        raise AssertionError(f"{what} is wider than a window of {width} pixels") from None


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
