"""The real server, started from another folder, and a real browser.

All files of a test process share one server, since a start takes many seconds; a test removes what it adds.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_driver import make_checkpoint
from app_server import (
    ARGUMENTS,
    CHROMIUM,
    PATIENCE,
    Server,
    end_workers,
    is_strange,
    serving,
    write_small_set,
)

from fer_models.data import open_dataset

PROJECTOR = {"width": 1280, "height": 720}
#: An animation ends after one round: what spins while a page waits would be drawn sixty times a second.
CALM = """{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { animation-iteration-count: 1 !important }");
  document.adoptedStyleSheets = [sheet];
}"""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Puts into the report of a failed test what the page showed and what the server wrote."""
    report: Any = yield
    arguments = getattr(item, "funcargs", {})
    if report.when == "call" and report.failed and "page" in arguments:
        shown = arguments["page"]
        with contextlib.suppress(Exception):  # the page may have crashed; an error here would end the test run
            report.sections.append(("Page", f"{shown.url}\n{shown.inner_text('body')}\n{arguments['server'].log()}"))
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (pip install -e .[dev])")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the built-in faces; all processes of the test run draw them once."""
    cache = tmp_path_factory.getbasetemp().parent / "drawn faces"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_CACHE", str(cache))
        open_dataset("synthetic")
    return cache


@pytest.fixture(scope="session")
def small_app(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes folders of an app with one network of fresh weights and a small data set."""

    def make() -> Path:
        base = tmp_path_factory.mktemp("app")
        shutil.copytree(drawn, base / "cache")
        make_checkpoint(base / "checkpoints" / "fresh")
        write_small_set(base / "data" / "small")
        return base

    return make


@pytest.fixture(scope="session")
def server(browser: Any, small_app: Callable[[], Path]) -> Iterator[Server]:
    """The running app on a free port, for all files but those that define a ``server`` of their own."""
    with serving(small_app()) as app:
        yield app


@pytest.fixture
def no_runs_left(server: Server) -> Iterator[None]:
    """Ends and removes the runs of a test."""
    yield
    end_workers(server)
    shutil.rmtree(server.runs, ignore_errors=True)


@pytest.fixture(scope="session")
def tab(browser: Any) -> Iterator[Any]:
    """The one tab of a test process: the app's scripts stay compiled in it, which costs a new one some seconds."""
    context = browser.new_context(viewport=PROJECTOR, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(CALM)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab: Any, server: Server) -> Iterator[Any]:
    """A fresh session on a projector's screen; nothing may be fetched from another host."""
    strangers: list[str] = []

    def watch(request: Any) -> None:
        if is_strange(request.url, server.url):
            strangers.append(request.url)

    tab.on("request", watch)
    yield tab
    tab.goto(f"{server.url}/_stcore/health")  # ends the session; a page of the same origin can clear what it kept
    tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    tab.context.clear_cookies()
    tab.set_viewport_size(PROJECTOR)
    tab.emulate_media(color_scheme="light")
    tab.mouse.move(0, 0)
    tab.remove_listener("request", watch)
    assert not strangers, f"the page asked other hosts: {strangers}"
