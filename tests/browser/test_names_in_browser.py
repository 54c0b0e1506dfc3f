"""Names at points never touch, however wide the window is; those without room are left to the pointer."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs

import workbench.widgets.browser
from workbench.features.compare.figures.networks import Point, pareto
from workbench.features.misclassifications.figures import face_on_map
from workbench.widgets.timeline_figure import _add_peaks

pytestmark = pytest.mark.browser

SCRIPT = Path(workbench.widgets.browser.__file__).with_name("script.js").read_text("utf-8")
#: Boxes of the names that are seen, and how many there are.
NAMES = """() => {
  const all = [...document.querySelectorAll(".annotation, .textpoint")].filter((node) => node.textContent);
  const seen = all.filter((node) => getComputedStyle(node).visibility === "visible");
  return [seen.map((node) => {
    const { left, right, top, bottom } = (node.querySelector(".annotation-text-g") ?? node).getBoundingClientRect();
    return [node.textContent, left, top, right, bottom];
  }), all.length];
}"""


def networks() -> go.Figure:
    rows = [("ensemble", 1800, 70.3), ("vgg", 470, 69.3), ("multibranch", 305, 68.5), ("separable-attention", 51, 67.3),
            ("mini-xception", 5.4, 63.4), ("resnet18", 700, 68.0), ("vgg-clean", 470, 67.8), ("fcsdnet", 59, 66.8),
            ("sldcnn", 72, 65.9), ("cldcnn", 72, 65.0), ("ldcnn", 72, 65.4), ("optimised-cnn", 3560, 64.5),
            ("dcnn-bilstm", 39, 55.4), ("dcnn-bilstm-student", 10.7, 52.2)]  # fmt: skip
    points = [Point(name, cost, share, share - 1.5, share + 1.5, int(9e3 * cost), i < 5, "")
              for i, (name, cost, share) in enumerate(rows)]  # fmt: skip
    return pareto(points, "one image, ms")


def faces() -> go.Figure:
    """Four classes, three of which lie in one place."""
    coordinates = np.array([(0.0, 0.0), (0.02, 0.01), (0.03, 0.0), (5.0, 5.0)])
    names = ["angry", "fear", "sad", "happy"]
    return face_on_map(coordinates, names, names, (3.0, 1.0))


def peaks() -> go.Figure:
    figure = go.Figure().set_subplots(2, 1)
    _add_peaks(figure, [(second, 0.9, "surprise") for second in (1.0, 1.7, 2.4, 3.1)], 4.0)
    return figure


def page_of(browser: Any, figure: go.Figure, width: int) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 720})
    page.set_content('<body style="margin:0"><div id="plot"></div></body>')
    page.add_script_tag(content=get_plotlyjs())
    page.evaluate("figure => Plotly.newPlot('plot', figure.data, figure.layout, {responsive: true})",
                  json.loads(figure.to_json()))  # fmt: skip
    page.add_script_tag(content=SCRIPT)
    page.evaluate("window.ferPage.exchange('token', '')")  # this page has no storage, as in a browser that blocks it
    page.wait_for_timeout(300)
    return page


def seen(page: Any) -> tuple[list[tuple[str, float, float, float, float]], int]:
    names, count = page.evaluate(NAMES)
    for (a, *one), (b, *other) in itertools.combinations(names, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 2 or other[3] <= one[1] + 2
        assert apart, f"{a} touches {b}"
    return names, count


@pytest.mark.parametrize("draw", [networks, faces, peaks])
@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_no_name_touches_another(browser: Any, draw: Any, width: int) -> None:
    page = page_of(browser, draw(), width)
    names, count = seen(page)
    assert 2 <= len(names) <= count
    if draw is networks and width > 390:
        assert len(names) == count, "there is room for all"
    page.close()


def test_a_wider_window_brings_the_names_back(browser: Any) -> None:
    page = page_of(browser, networks(), 390)
    few, count = seen(page)
    assert len(few) < count
    page.set_viewport_size({"width": 1280, "height": 720})
    page.wait_for_timeout(1500)
    assert len(seen(page)[0]) == count
    page.close()
