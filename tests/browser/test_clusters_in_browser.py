"""The map of faces under a real mouse: circles, clicks, faces beside the mouse, linked maps, epochs, cancelling."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from app_server import Server, expect, expect_asked, settle, steady

from fer_models.training.recipe import Recipe
from fer_models.training.runs.epochs import EpochOutputs, write_epoch

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
  return found.length ? found : null;
}"""
_RUN = "20260101-000000-drawn-by-hand"
#: The positions that a map does not dim.
_LIT = """index => {
  const graph = document.querySelectorAll(".js-plotly-plot")[index];
  return graph._fullData.filter(t => t.customdata && t.selectedpoints)
    .flatMap(t => Array.from(t.selectedpoints).map(i => t.customdata[i][0])).sort((a, b) => a - b);
}"""
_TRACES = "index => document.querySelectorAll('.js-plotly-plot')[index]._fullData.map(t => t.name + ' ' + t.type)"
_FIRST = 600_000  # The first map of a fresh server waits for its libraries, UMAP long for a busy machine to compile it.


def open_map(page: Any, server: Server, more: str = "") -> None:
    page.goto(f"{server.url}/clusters?data=small&split=test&projection=pca{more}")
    wait_for_map(page)


def wait_for_map(page: Any, index: int = 0) -> None:
    plot = page.locator(".js-plotly-plot").nth(index)
    plot.locator(".nsewdrag").first.wait_for(state="attached", timeout=_FIRST)
    settle(page, _FIRST)
    plot.scroll_into_view_if_needed()
    points(page, index)


def points(page: Any, index: int = 0) -> list[list[float]]:
    """The points of a map once they rest."""
    found: list[list[float]] = steady(page, _POINTS, index)
    return found


def loneliest(places: list[list[float]]) -> list[float]:
    """The point that lies farthest from any other."""
    return max(places, key=lambda p: min((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 for q in places if q is not p))


def circle(page: Any, left: float, top: float, right: float, bottom: float) -> None:
    """Draw a lasso with the mouse around a rectangle of the screen."""
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=5)
    page.mouse.up()


def choose_circles(page: Any) -> None:
    page.get_by_text("Lasso", exact=True).click()
    expect(page.get_by_role("radio", name="Lasso")).to_be_checked()
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
    alone = loneliest(points(page))
    page.mouse.click(alone[0], alone[1])
    expect_asked(page, row=str(int(alone[2])))
    expect(page.get_by_text("Most alike in the original features")).to_have_count(1)
    expect(page.get_by_text(re.compile(r"of these 8 are among its 15 nearest on the map"))).to_have_count(1)
    settle(page)

    choose_circles(page)
    frame, inside = left_half(points(page))
    circle(page, *frame)
    expect(page.get_by_role("heading", name=re.compile("selected faces"))).to_have_text(f"{len(inside)} selected faces")
    # Class mix and accuracy are those of the selection.
    page.get_by_text(f"n = {len(inside)}").first.wait_for()
    expect(page.get_by_role("img", name=f"Mean of {len(inside)} faces")).to_have_count(1)
    page.get_by_role("button", name="Clear the selection").click()
    page.get_by_role("heading", name="Faces that stand apart").wait_for()


def test_two_maps_share_a_selection(page: Any, server: Server) -> None:
    open_map(page, server)
    page.get_by_text("A second map beside it").click()
    wait_for_map(page, 1)
    choose_circles(page)
    wait_for_map(page, 1)
    page.locator(".js-plotly-plot").first.scroll_into_view_if_needed()
    frame, inside = left_half(points(page))
    circle(page, *frame)
    page.get_by_role("heading", name=f"{len(inside)} selected faces").wait_for()
    settle(page)
    # The other map shows the same faces.
    page.wait_for_function(f"lit => JSON.stringify(({_soon(_LIT)})(1)) === JSON.stringify(lit)", arg=sorted(inside))


def test_the_face_under_the_mouse_is_shown(page: Any, server: Server) -> None:
    open_map(page, server)
    alone = loneliest(points(page))
    page.mouse.move(alone[0] - 30, alone[1] - 30)
    page.mouse.move(alone[0], alone[1], steps=8)
    face = page.locator(".face").first
    face.wait_for(state="visible")
    expect(face).to_have_attribute("data-position", str(int(alone[2])))
    expect(face).to_have_text(re.compile(r"row \d+: labelled \w+, taken for \w+, \d+ % sure"))
    expect(face.locator("div")).to_have_css("background-image", re.compile(r"/media/\w+\.jpe?g"))
    page.mouse.move(10, 10)
    face.wait_for(state="hidden")


def test_ellipses_and_space(page: Any, server: Server) -> None:
    open_map(page, server)
    assert not [name for name in steady(page, _TRACES, 0) if "90 %" in name]
    page.get_by_role("button", name="Shown").click()
    page.get_by_text("90 % ellipses", exact=True).click()
    page.wait_for_function(f"() => ({_soon(_TRACES)})(0).some(name => name.includes('90 %'))")
    settle(page)
    page.keyboard.press("Escape")
    page.get_by_text("90 % ellipses", exact=True).wait_for(state="hidden")
    page.get_by_text("3D", exact=True).click()
    page.wait_for_function(f"() => ({_soon(_TRACES)})(0).some(name => name.endsWith('scatter3d'))")
    settle(page)
    drawn = steady(page, _TRACES, 0)
    assert all(name.endswith("scatter3d") for name in drawn) and any("90 %" in name for name in drawn)
    expect_asked(page, view="3")


def test_two_parts_on_one_map_are_told_apart(page: Any, server: Server) -> None:
    open_map(page, server, "&with=split train&colour=split")
    names = {name.rsplit(" ", 1)[0] for name in steady(page, _TRACES, 0)}
    assert {"train", "test"} <= names


def _soon(read: str) -> str:
    """The function with nothing to tell as long as the plot is not there or is drawn anew."""
    return f"index => {{ try {{ return ({read})(index); }} catch (error) {{ return []; }} }}"


def test_a_map_is_cancelled_and_taken_up_again(page: Any, server: Server) -> None:
    main = page.get_by_test_id("stMain")  # the tray of the sidebar has buttons of that name too
    page.goto(f"{server.url}/clusters?data=synthetic&split=train&projection=tsne&points=0")  # takes long enough
    ready = page.locator(".js-plotly-plot")
    main.get_by_text("Until then by PCA").wait_for(timeout=_FIRST)
    settle(page)  # the predictions have a Stop too
    main.get_by_role("button", name="Stop", exact=True).click()
    main.get_by_text(re.compile("of fresh was stopped")).wait_for(timeout=_FIRST)
    expect(ready).to_have_count(0)
    settle(page)
    main.get_by_role("button", name="Start again").click()
    main.get_by_text(re.compile("of fresh was stopped")).wait_for(state="detached")
    ready.first.wait_for(timeout=_FIRST)


@pytest.mark.usefixtures("no_runs_left")
def test_the_slider_goes_through_the_epochs(page: Any, server: Server) -> None:
    write_run(server)
    open_map(page, server, f"&projection epochs=pca&epochs run={_RUN}")
    page.get_by_role("button", name=re.compile("Make 3 maps")).click()
    slider = page.get_by_role("slider", name="Epoch")
    slider.wait_for(timeout=_FIRST)
    page.get_by_text(re.compile("After epoch 3: ")).wait_for()
    settle(page)
    places = "() => Array.from(document.querySelector('.st-key-epoch-map .js-plotly-plot')._fullData[0].x)"
    last = steady(page, places)
    slider.press("ArrowLeft")
    page.get_by_text(re.compile("After epoch 2: ")).wait_for()
    settle(page)
    assert steady(page, places) != last
    expect(page.get_by_text("Moved the most since the epoch before")).to_have_count(1)
    page.get_by_role("button", name="Play").click()
    page.get_by_text(re.compile("After epoch 2: ")).wait_for()
    page.get_by_text(re.compile("After epoch 3: ")).wait_for()
    page.get_by_role("button", name="Play").wait_for()


def write_run(server: Server) -> None:
    """A finished run on the small set whose classes drift apart over three epochs."""
    run = server.runs / _RUN
    (run / "epochs").mkdir(parents=True, exist_ok=True)
    (run / "recipe.json").write_text(json.dumps(Recipe(data="small", epochs=3).to_dict()))
    (run / "status.json").write_text(json.dumps({"state": "finished", "epoch": 3, "epochs": 3}))
    shutil.copytree(server.base / "checkpoints" / "fresh", run / "checkpoints" / "best", dirs_exist_ok=True)
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(7), 10)
    noise, centres = rng.normal(size=(70, 16)), rng.normal(size=(7, 16))
    for epoch in (1, 2, 3):
        rows = (noise + epoch * 2 * centres[targets] + rng.normal(size=(70, 16)) / 4).astype(np.float32)
        logits = np.eye(7, dtype=np.float32)[(targets + (rng.random(70) < 0.6 / epoch)) % 7]
        write_epoch(run, epoch, EpochOutputs(np.arange(70), targets, logits, rows))
