"""What a page gives away: names of files, figures, tables, and the report that collects them."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench.widgets.browser import script
from workbench.widgets.files import file_names, report
from workbench.widgets.files.report import Item
from workbench.widgets.files.report_page import page


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choices kept in a dictionary: there is no session here."""
    values: dict[str, object] = {}
    for choice in (file_names.SUBJECT, file_names.GIVEN):
        monkeypatch.setattr(choice, "get", lambda default=None, c=choice: values.get(c.name, default))
        monkeypatch.setattr(choice, "set", lambda value, c=choice: values.__setitem__(c.name, value))


@pytest.mark.usefixtures("kept")
def test_a_name_says_image_network_method_and_class() -> None:
    file_names.begin("explain")
    file_names.about(image="holiday 1", network="fcsdnet", weights="abc", data=None)
    assert file_names.file_name("layer_cam-happy.png", key="a") == "explain-holiday-1-fcsdnet-layer_cam-happy.png"
    file_names.about(image=None, data="FER2013", split="PublicTest")
    assert file_names.file_name("a/b: c.csv", key="b") == "explain-fcsdnet-FER2013-PublicTest-a-b-c.csv"


@pytest.mark.usefixtures("kept")
def test_no_two_files_of_a_page_have_one_name() -> None:
    file_names.begin("explain")
    assert file_names.file_name("regions.csv", key="first") == "explain-regions.csv"
    assert file_names.file_name("regions.csv", key="second") == "explain-regions-2.csv"
    assert file_names.file_name("regions.csv", key="first") == "explain-regions.csv"  # drawn again by a fragment
    assert file_names.file_name("map.png", key="figure", also=".svg") == "explain-map.png"
    assert file_names.file_name("map.svg", key="button") == "explain-map-2.svg", "the figure is saved as SVG too"
    assert file_names.file_name("map.png", key="figure", also=".svg") == "explain-map.png"


@pytest.mark.usefixtures("kept")
def test_names_that_are_cut_stay_apart() -> None:
    file_names.begin("explain")
    long = "two-maps-happy-vgg-ferplus-LayerCAM-group-3-and-vgg-ferplus"
    one, two = (file_names.file_name(f"{long}-{method}.csv", key=method) for method in ("Grad-CAM", "Score-CAM"))
    assert one != two and max(len(one), len(two)) < 64
    assert file_names.file_name(f"{long}-Grad-CAM.csv", key="Grad-CAM") == one


def _script() -> None:
    import plotly.graph_objects as go
    import streamlit as st

    from workbench.widgets import plot, table
    from workbench.widgets.files import file_names, report

    file_names.begin("confusion")
    file_names.about(network="fcsdnet", weights="0123abcd")
    st.button("Pin the figure", on_click=report.pin, args=("confusion-fcsdnet-curve",))
    st.button("Pin the table", on_click=report.pin, args=("confusion-fcsdnet-Two-classes",))
    plot.show(go.Figure(go.Scatter(x=[0, 1], y=[2, 3])), key="curve", alt="A rising curve")
    table.show(("Class", "n"), [("happy", "3"), ("<b>", "4")], right=(1,), label="Two classes")
    report.show()


def _pictures() -> None:
    import numpy as np
    import streamlit as st

    from workbench.widgets import gallery, picture_grid
    from workbench.widgets.files import file_names, report

    file_names.begin("misclassifications")
    st.button("Pin the grid", on_click=report.pin, args=("misclassifications-Two-maps",))
    face = np.zeros((8, 8, 3), np.uint8)
    picture_grid.show([picture_grid.Row("<i>", "", [picture_grid.Cell(face, "<b>sad", "A map")])], label="Two maps")
    st.button("Pin the row", on_click=report.pin, args=("misclassifications-Copies",))
    picture_grid.wrapped([face, face], ["<b>here", "there"], side=72, label="Copies")
    gallery.show([face], np.arange(1), key="faces", words=gallery.Words(str, title="angry read as sad"))
    report.show()


def test_pictures_and_galleries_go_into_the_report() -> None:
    app = AppTest.from_function(_pictures, default_timeout=60).run()
    app.button[0].click().run()
    app.button[1].click().run()
    app.button(key="faces pin").click().run()
    assert not app.exception
    text = page(app.session_state[report.ITEMS.slot])
    assert app.sidebar.get("download_button")[0].label == "Report (3)"
    assert text.count("data:image/png;base64,") == 4 and "Faces: angry read as sad" in text
    assert "&lt;b&gt;sad" in text and "&lt;b&gt;here" in text and "plotly" not in text
    assert "<b>" not in text and "<i>" not in text


def test_figures_and_tables_of_any_page_go_into_one_report() -> None:
    app = AppTest.from_function(_script).run()
    assert '"filename": "confusion-fcsdnet-curve"' in app.get("plotly_chart")[0].proto.config
    assert not app.sidebar.get("download_button")
    app.button[0].click().run()
    app.button[1].click().run()
    app.button[1].click().run()  # a second time replaces the first
    assert not app.exception
    assert app.sidebar.get("download_button")[0].label == "Report (2)"
    items = app.session_state[report.ITEMS.slot]
    text = page(items)
    assert "A rising curve" in text and "0123abcd" in text and "&lt;b&gt;" in text and "<td><b>" not in text
    assert "plotly.js v" in text and "fer-workbench" in text
    assert 'src="http' not in text.replace("https://", "http") and "default-src 'none'" in text
    app.sidebar.button[0].click().run()
    assert not app.sidebar.get("download_button")


def test_a_report_without_figures_needs_no_plotly() -> None:
    text = page([Item("t", "A table", {"page": "confusion"}, columns=("a",), rows=[("1",)])])
    assert "plotly" not in text.lower() and len(text) < 5000


def test_the_report_is_bounded() -> None:
    full = [Item(str(n), "", {}) for n in range(report.MOST)]
    assert not report._full(full) and report._full([*full, Item("more", "", {})])
    assert report._full([Item("large", "", {}, figure="x" * (report.LARGEST + 1))])


def test_the_buttons_come_with_the_package() -> None:
    assert (Path(script.__file__).with_suffix(".js")).is_file()
