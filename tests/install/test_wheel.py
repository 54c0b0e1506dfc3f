"""A wheel is whole: built, installed into a fresh environment, its app opens every page from another folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbench.navigation import PAGES

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LIMIT = 100_000_000  # bytes of a wheel
#: Networks of the wheel that is built here: all would take a minute to pack.
PACKED, LEFT_OUT = "mini-xception-fer2013", "vgg-ferplus"
_ERRORS = '[data-testid="stException"], [data-testid="stAlertContentError"]'


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the commands of an environment that holds the wheel; its libraries are those of the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    source, wheels, fresh = folder / "source", folder / "wheels", folder / "fresh"
    for name in ("fer_models", "workbench", "pages", ".streamlit", f"checkpoints/{PACKED}", f"checkpoints/{LEFT_OUT}"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored, symlinks=True)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(source)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(fresh)], check=True)
    python = fresh / "bin" / "python"
    into = [*pip[:3], "--python", str(python), "install", "-q", "--no-deps", "--no-index", str(next(wheels.iterdir()))]
    subprocess.run(into, check=True, capture_output=True, text=True, env=environment())
    libraries = next(fresh.glob("lib/python*/site-packages")) / "libraries.pth"
    libraries.write_text(sysconfig.get_paths()["purelib"] + "\n")
    return fresh / "bin"


def environment() -> dict[str, str]:
    """Without the folders that tests use, so that the wheel's own are found."""
    left = {"FER_CHECKPOINTS", "FER_NETWORKS", "PYTHONPATH"}
    return {name: value for name, value in os.environ.items() if name not in left} | {"FER_PASSWORD": "face"}


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    """The app of the wheel, behind a path and a password, started from an empty folder."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [str(installed / "fer"), "app", "--port", str(port), "--base-path", "fer"]
    app = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL)
    try:
        yield f"http://localhost:{port}/fer/"
    finally:
        app.terminate()
        app.wait(20)


def answer(address: str) -> int:
    """Status of the address, once somebody answers there."""
    for _ in range(1200):
        try:
            return int(urllib.request.urlopen(address, timeout=30).status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {address}")


def test_a_wheel_of_all_networks_is_small_enough() -> None:
    files = [f for f in (ROOT / "checkpoints").rglob("*") if f.is_file() and f.parent.name != LEFT_OUT]
    assert sum(file.stat().st_size for file in files) < LIMIT - 2_000_000  # before they are compressed; code: 1.3 MB


@pytest.mark.slow
def test_what_the_wheel_leaves_out_is_said(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(installed / "fer"), "checkpoints"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[0].startswith("1 trained networks are here")
    assert f"{LEFT_OUT}  " in done.stdout and "12.6 MB: fer checkpoints get vgg-ferplus" in done.stdout


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)")
def test_every_page_of_the_wheel_opens(address: str) -> None:
    """In one visit, by the navigation of ours: Streamlit's own would list the pages by their file names."""
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (pip install -e .[dev])")
    assert answer(address) == 401
    with ThreadPoolExecutor(1) as pool:  # the browser of other tests keeps a loop running in the main thread
        pool.submit(visit_all, address).result()


def visit_all(address: str) -> None:
    from playwright import sync_api as api

    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(120_000)
        page.goto(address)
        page.fill("input[name=password]", "face")
        page.press("input[name=password]", "Enter")
        for shown in [entry for entry in PAGES if not entry.hidden]:
            visit(page, shown.title, shown.key)
        page.goto(f"{address}add")
        page.get_by_role("heading", name="Add a network", exact=True).wait_for()
        browser.close()


def visit(page: Any, title: str, key: str) -> None:
    """Follow a link of the navigation, which is as wide as ours, and wait for the page's title."""
    link = page.get_by_test_id("stSidebarNavLink").filter(has_text=title)
    link.first.wait_for()
    assert page.get_by_test_id("stSidebar").bounding_box()["width"] == 230
    link.filter(has=page.get_by_text(title, exact=True)).click()
    heading = "FER Workbench" if key == "home" else title
    page.get_by_role("heading", name=heading, exact=True).wait_for()
    assert f"/fer/{'' if key == 'home' else key}" in page.url
    assert page.locator(_ERRORS).count() == 0, page.locator(_ERRORS).all_inner_texts()
