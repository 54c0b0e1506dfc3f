"""The report: one page, nothing fetched, the face only if it was asked for."""

import base64
import dataclasses
import datetime
import io
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.report.charts import bar_geometry, lines_geometry
from fer_models.explain.report.document import (
    Bar,
    Figure,
    Lines,
    Section,
    heatmap_figure,
    html_report,
    versions,
)

MADE = datetime.datetime(2026, 5, 4, 12, 30, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def face():
    return np.random.default_rng(0).integers(1, 255, (48, 48, 1), dtype=np.uint8)


@pytest.fixture()
def page(classifier, batch, face):
    attribution = explain(classifier, batch[:1], target="happy")
    figures = [
        heatmap_figure("Grad-CAM for happy", face, attribution.heatmap()[0], caption="stage 3"),
        Figure("The face", face),
    ]
    sections = [
        Section("One look", ["The class is <happy> & sure."], figures, [Bar("mouth", 0.4, 0.3, 0.55, 0.12)]),
        Section("Curves", lines=Lines([0, 0.5, 1], {"insertion": [0, 0.4, 0.9], "deletion": [0.9, 0.1, 0]}, "x", "y")),
        Section("Figures", columns=("metric", "value"), rows=[("gap", 0.25), ("likeness", float("nan"))]),
        Section("Nothing"),
    ]
    settings = {"method": "grad_cam", "target": "happy", "layer": attribution.layer}

    def make(include):
        return html_report("A <look>", [classifier.checkpoint], settings, sections, include_picture=include, made=MADE)

    return make


def pictures(text):
    addresses = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in addresses]


def test_it_tells_what_is_needed_to_repeat_it(page, classifier):
    text = page(False)
    assert classifier.checkpoint.sha256 in text
    assert "2026-05-04 12:30 UTC" in text
    assert all(f"<td>{version}</td>" in text for version in versions().values())
    assert {"torch", "captum", "fer-workbench"} <= set(versions())
    for word in ("grad_cam", "happy", "fcsdnet", "48 x 48 pixels, grey", "0.25", "none", "40.0 % [30.0, 55.0]"):
        assert word in text
    assert "A &lt;look&gt;" in text
    assert "&lt;happy&gt; &amp; sure" in text


def test_the_face_is_there_only_if_wanted(page, face):
    without, with_face = page(False), page(True)
    assert "not part of this report" in without
    assert "holds the image" in with_face
    assert len(pictures(without)) == 1  # the face alone has no version without a face
    shown, plain = pictures(with_face)
    assert plain.shape == (48, 48)
    np.testing.assert_array_equal(plain, face[:, :, 0])
    (heat,) = pictures(without)
    assert shown.shape == heat.shape == (288, 288, 3)
    assert (shown != heat).any()
    # The map alone does not depend on the face at all.
    other = heatmap_figure("x", 255 - face, np.zeros((48, 48))).without_face
    np.testing.assert_array_equal(other, heatmap_figure("x", face, np.zeros((48, 48))).without_face)


def test_nothing_is_fetched(page):
    text = page(True)
    words = re.sub(r"data:image/png;base64,[^\"]+", "", text)
    assert not re.search(r"https?:|//|@import|<script|<link|url\(", words)
    assert "default-src 'none'" in text


def test_charts_draw_their_values(classifier):
    bars = [Bar("eyes", 1.4), Bar("nose", float("nan")), Bar("a<b", 0.5, mark=0.25)]
    lines = Lines([0, 1], {"a": [float("nan"), 1.0], "b": [0, 2]}, "share", "p")
    text = html_report("x", [classifier.checkpoint], {}, [Section("Charts", bars=bars, lines=lines)])
    assert "width:100.00%" in text
    assert '<div class="value">none</div>' in text
    assert "a&lt;b" in text
    assert "left:25.00%" in text
    assert text.count("<polyline") == 2
    assert ">2</text>" in text
    assert "p over share: a, b" in text


@pytest.mark.parametrize(("values", "low", "high"), [((0.2, 0.8, 0.4), 0, 0.8), ((-1.0, 3.0, 1.0), -1, 3)])
def test_curves_lie_between_the_axes(values, low, high):
    drawn = lines_geometry(Lines([10, 20, 50], {"a": values, "b": (float("nan"),) * 3}, "x", "y"))
    assert (drawn["low"], drawn["high"], drawn["first"], drawn["last"]) == (low, high, 10, 50)
    assert drawn["width"] - drawn["right"] == drawn["top"] == 12 and drawn["height"] - drawn["floor"] == 44
    across = [48 + 580 * part for part in (0, 0.25, 1)]
    down = [236 - 224 * (value - low) / (high - low) for value in values]
    points = [[float(part) for part in point.split(",")] for point in drawn["curves"][0]["points"].split()]
    np.testing.assert_allclose(points, np.column_stack([across, down]), atol=0.051)
    assert drawn["curves"][1]["points"] == "" and drawn["curves"][0]["colour"] != drawn["curves"][1]["colour"]


def test_bars_lie_on_a_scale_to_one():
    drawn = bar_geometry(Bar("a", 0.5, 0.25, 1.5, mark=-0.5))
    assert (drawn["width"], drawn["mark"], drawn["span"]) == (50, 0, {"left": 25, "width": 75})
    assert drawn["text"] == "50.0 % [25.0, 150.0]"
    none = bar_geometry(Bar("a", float("nan"), 0.25))
    assert (none["width"], none["text"], none["span"]) == (0, "none", None)


def test_everything_from_outside_is_escaped(classifier, face):
    hostile = """<script>alert("1")</script> & 'face'.png"""
    classes = (hostile, *classifier.checkpoint.classes[1:])
    checkpoint = dataclasses.replace(classifier.checkpoint, classes=classes)
    section = Section(
        hostile,
        [hostile],
        [Figure(hostile, face, face, hostile)],
        [Bar(hostile, 0.5, 0.4, 0.6)],
        Lines([0, 1], {hostile: [0, 1]}, hostile, hostile),
        (hostile,),
        [(hostile,)],
    )
    text = html_report(hostile, [checkpoint], {hostile: hostile}, [section], include_picture=True)
    assert "<script" not in text and "&amp;lt;" not in text
    escaped = text.count("&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;face&#39;.png")
    assert escaped == text.count("alert(") == 19


def test_the_template_engine_is_loaded_only_for_a_report():
    code = (
        "import sys, torch; before = set(sys.modules); import fer_models.explain.report.document; "
        "assert 'jinja2' not in set(sys.modules) - before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_report_needs_a_network():
    with pytest.raises(UserError, match="at least one network"):
        html_report("x", [], {}, [])
