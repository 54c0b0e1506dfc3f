"""The map of faces under a real mouse: a circle drawn around points, a click on one, and two linked maps."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from app_server import Server, settle

pytestmark = pytest.mark.browser

#: Places on the screen of the points that carry a position, and those positions; [x, y, position] each.
_POINTS = """index => {
  const graph = document.querySelectorAll(".js-plotly-plot")[index];
  const frame = graph.getBoundingClientRect(), layout = graph._fullLayout, found = [];
  for (const trace of graph._fullData) {
    if (!trace.customdata) continue;
    for (let i = 0; i < trace.x.length; i++) {
      found.push([frame.left + layout.xaxis._offset + layout.xaxis.d2p(trace.x[i]),
                  frame.top + layout.yaxis._offset + layout.yaxis.d2p(trace.y[i]), trace.customdata[i][0]]);
    }
  }
  return found;
}"""
_DIMMED = """index => {
  const graph = document.querySelectorAll(".js-plotly-plot")[index];
  return graph._fullData.filter(t => t.customdata && t.selectedpoints)
    .flatMap(t => Array.from(t.selectedpoints).map(i => t.customdata[i][0]));
}"""


def open_map(page: Any, server: Server, more: str = "") -> None:
    page.goto(f"{server.url}/clusters?data=small&split=test&projection=pca{more}")
    wait_for_map(page)


def wait_for_map(page: Any, index: int = 0) -> None:
    plot = page.locator(".js-plotly-plot").nth(index)
    plot.locator(".nsewdrag").first.wait_for(state="attached", timeout=120_000)
    settle(page)
    plot.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)


def circle(page: Any, left: float, top: float, right: float, bottom: float) -> None:
    """Draw a lasso with the mouse around a rectangle of the screen."""
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=5)
    page.mouse.up()


def choose_circles(page: Any) -> None:
    page.get_by_text("Circle faces", exact=True).click()
    settle(page)
    wait_for_map(page)


def left_half(points: list[list[float]]) -> tuple[tuple[float, float, float, float], set[int]]:
    """A frame around the points left of the widest gap near the middle, and their positions."""
    xs = sorted(p[0] for p in points)
    middle = xs[len(xs) // 4 : -len(xs) // 4]
    gap, x = max((b - a, (a + b) / 2) for a, b in pairwise(middle))
    assert gap > 1, "no room for the edge of a lasso between the points"
    inside = {int(p[2]) for p in points if p[0] < x}
    ys = [p[1] for p in points]
    return (xs[0] - 8, min(ys) - 8, x, max(ys) + 8), inside


def test_a_click_shows_neighbours_and_a_lasso_fills_the_gallery(page: Any, server: Server) -> None:
    open_map(page, server)
    page.get_by_text("Faces that stand apart").wait_for()
    points = page.evaluate(_POINTS, 0)
    alone = max(points, key=lambda p: min((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 for q in points if q is not p))
    page.mouse.click(alone[0], alone[1])
    page.wait_for_function(
        f"() => new URLSearchParams(location.search).get('row') == '{int(alone[2])}'", timeout=60_000
    )
    settle(page)
    assert page.get_by_text("Most alike in the original features").count() == 1
    assert page.get_by_text(re.compile(r"of these 8 are among its 15 nearest on the map")).count() == 1

    choose_circles(page)
    frame, inside = left_half(page.evaluate(_POINTS, 0))
    circle(page, *frame)
    page.get_by_role("heading", name=re.compile("selected faces")).wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_role("heading", name=f"{len(inside)} selected faces").count() == 1
    assert page.get_by_text(f"n = {len(inside)}").count() >= 1, "class mix and accuracy are those of the selection"
    assert page.get_by_role("img", name=f"Mean of {len(inside)} faces").count() == 1
    page.get_by_role("button", name="Clear the selection").click()
    page.get_by_role("heading", name="Faces that stand apart").wait_for(timeout=60_000)


def test_two_maps_share_a_selection(page: Any, server: Server) -> None:
    open_map(page, server)
    page.get_by_text("A second map beside it").click()
    wait_for_map(page, 1)
    choose_circles(page)
    frame, inside = left_half(page.evaluate(_POINTS, 0))
    circle(page, *frame)
    page.get_by_role("heading", name=f"{len(inside)} selected faces").wait_for(timeout=60_000)
    settle(page)
    page.wait_for_timeout(1500)
    assert set(page.evaluate(_DIMMED, 1)) == inside, "the other map shows the same faces"
