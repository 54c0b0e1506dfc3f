"""One pass over all pages: head, answer in view, names for all controls, figures that can be saved, Back, axe-core.

None of them reaches another computer, or writes to the home folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from app_server import PATIENCE, Server, errors, expect, expect_fits, serving, settle
from traces import foreign_files, strangers, traced

from workbench.navigation import FIRST, PAGES

pytestmark = pytest.mark.browser

#: Where the answer of a page begins, from its top: the highest picture, figure, table, stream or bold sentence.
_ANSWER = """all => Math.min(...all.map(each => each.getBoundingClientRect())
  .filter(box => box.width > 30 && box.height > 12 && box.bottom > 64).map(box => box.top))"""
_ANSWERS = ", ".join(
    f"[data-testid=stMain] {kind}"
    for kind in (
        ".js-plotly-plot",
        "[data-testid=stImage] img",
        ".gallery img",
        "[data-grid] img",
        "table:not([role=grid])",
        "[data-testid=stDataFrame]",
        "iframe",
        "video",
        "[data-testid=stMarkdown] strong",
    )
)
#: Pages whose first screen is a form while nothing was trained or added; Compare draws its plot from two networks on.
_FORMS = ("train", "studies", "add", "compare")
#: The list of networks in the head, and the link beside it that adds one.
_NETWORK = (".st-key-choice-checkpoint", "[data-testid=stPageLink]")
#: No colour is on its way to another: axe-core would measure a contrast that nobody sees for longer than 200 ms.
_COLOURS_REST = """() => document.getAnimations()
  .every(each => !(each instanceof CSSTransition) || each.playState !== "running")"""
#: Ground of each scheme and the rules of axe-core that it can break; in light, all of them are asked.
_SCHEMES = {
    "dark": ("rgb(20, 24, 27)", "color-contrast", "link-in-text-block"),
    "light": ("rgb(252, 252, 251)",),
}
_BARE_FIGURES = """() => [...document.querySelectorAll(".js-plotly-plot")]
  .filter(plot => ["PNG", "SVG", "Pin"].some(name => ![...plot.querySelectorAll(".take-away")]
    .some(button => button.textContent === name))).length"""
_FIGURE_NAMES = """() => [...document.querySelectorAll(".js-plotly-plot")]
  .map(plot => plot._context.toImageButtonOptions.filename)"""
#: Rows of choices that scroll sideways: on a phone nobody finds the last ones.
_CUT_ROWS = """() => [...document.querySelectorAll("[data-testid=stButtonGroup] [role=radiogroup], [role=tablist]")]
  .filter(row => row.scrollWidth > row.clientWidth).map(row => row.innerText)"""
#: Rows of pictures of which a projector shows the last one in part.
_CUT_PICTURES = """() => [...document.querySelectorAll(".table > div:has(img)")]
  .filter(row => row.scrollWidth > row.clientWidth).map(row => row.querySelector("[data-grid]").ariaLabel)"""
_BARE_TABLES = """() => [...document.querySelectorAll(":is([data-csv], [data-grid])")]
  .filter(table => !table.closest(".table").querySelector(".table-tools")).length"""


@pytest.fixture(scope="module")
def server(browser: Any, small_app: Callable[[], Path]) -> Iterator[Server]:
    """A server whose connections are written down, with a home folder of its own."""
    base = small_app()
    (base / "home").mkdir()
    with serving(base, prefix=traced(base / "strace"), home=base / "home") as app:
        yield app


def serious(page: Any, *rules: str) -> list[str]:
    """What axe-core finds on the page, of serious or critical impact, by these rules or all."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install -e .[dev]")
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = rules
    found = axe.Axe().run(page, options=options).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found if each["impact"] in ("serious", "critical")
    ]


def test_every_page(page: Any, server: Server) -> None:
    main = page.get_by_test_id("stMain")
    faults: list[str] = []
    figures: set[str] = set()
    schemes = ["dark", "light"]
    for entry in PAGES:
        page.goto(f"{server.url}/{entry.key if entry.key != FIRST else ''}")
        expect(main.get_by_text(entry.question).first).to_be_visible(timeout=PATIENCE)
        expect(page.locator(".st-key-tray")).to_have_count(0, timeout=PATIENCE)  # a job that ends fades the whole page
        settle(page)
        assert errors(page) == [], entry.key
        schemes.reverse()  # a page begins with the scheme that the one before ended with: a switch draws it anew
        for scheme in schemes:
            ground, *rules = _SCHEMES[scheme]
            page.emulate_media(color_scheme=scheme)
            expect(page.get_by_test_id("stApp")).to_have_css("background-color", ground)
            page.wait_for_function(_COLOURS_REST)
            faults += [f"{entry.key}, {scheme}: {fault}" for fault in serious(page, *rules)]
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        levels = page.get_by_role("heading").evaluate_all("all => all.map(head => Number(head.tagName.slice(1)))")
        assert all(after - before <= 1 for before, after in pairwise(levels)), f"{entry.key}: headings {levels}"
        assert page.title() == f"{entry.title} · FER Workbench"
        assert page.locator(".st-key-page-head").bounding_box()["height"] <= 64, entry.key
        last = page.get_by_test_id("stSidebarNavLink").last.bounding_box()
        assert last["y"] + last["height"] <= 720, "the navigation ends below a projector's edge"
        if entry.key not in _FORMS:
            page.locator(_ANSWERS).first.wait_for()  # a first visit may compute it
            settle(page)
            top = page.locator(_ANSWERS).evaluate_all(_ANSWER)
            assert top < 200, f"{entry.key}: the answer begins at {top}"
        page.wait_for_function(f"() => ({_BARE_FIGURES})() + ({_BARE_TABLES})() === 0", timeout=10_000)
        assert page.evaluate(_CUT_PICTURES) == [], entry.key
        names = page.evaluate(_FIGURE_NAMES)
        assert len(names) == len(set(names)) and not figures & set(names), names
        figures |= set(names)
        unnamed = page.locator("[data-testid=stMain] button:visible").evaluate_all(
            "all => all.filter(b => !(b.innerText.trim() || b.ariaLabel || b.title)).map(b => b.outerHTML)"
        )
        assert unnamed == [], entry.key
        expect(page.locator("[data-testid=stImage] img:not([alt]), [data-testid=stImage] img[alt='']")).to_have_count(0)
        for width in (1280, 390):
            expect_fits(page, width, entry.key)
        assert page.evaluate(_CUT_ROWS) == [], entry.key
        if page.locator(".st-key-choice-checkpoint").count():
            choice, link = (page.locator(f".st-key-page-choices {part}").bounding_box() for part in _NETWORK)
            assert choice["y"] < link["y"] + link["height"] / 2 < choice["y"] + choice["height"], entry.key
        page.set_viewport_size({"width": 1280, "height": 720})
    assert faults == []
    assert strangers(server.base / "strace") == []
    assert foreign_files(server.base / "home") == []


def test_back_leaves_a_page_with_one_press(page: Any, server: Server) -> None:
    page.goto(f"{server.url}/confusion?data=small&split=test&checkpoint=fresh")
    settle(page)
    page.get_by_role("link", name="Explain").first.click()
    page.wait_for_url("**/explain*")
    settle(page)
    page.get_by_test_id("stButtonGroup").first.get_by_text("Attention", exact=True).click()
    page.wait_for_url("**tab=attention*")
    settle(page)
    page.go_back()
    page.wait_for_url("**/confusion*")
    settle(page)
    assert errors(page) == []
