"""Pages with a network that is an ONNX file: what needs no gradient works, the rest says why not."""

import ast
from pathlib import Path

import numpy as np
import pytest
from app_driver import ROOT, open_page, words
from small_onnx import write_onnx
from streamlit.testing.v1 import AppTest

from fer_models import load_checkpoint
from fer_models.exchange.bring import Given, import_network
from fer_models.explain import explain
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

#: Where the usual method is named as such, and not as what a network is explained by.
_NAMES_IT = {"workbench/heatmap/model/look.py", "workbench/features/explain/model/trust.py"}


@pytest.fixture
def graph(folders: Path, tmp_path: Path) -> Path:
    given = Given("", FER7, Preprocess(48, 1))
    return import_network(write_onnx(tmp_path / "network.onnx"), given, folders / "checkpoints" / "graph").path


def clean(app: AppTest) -> None:
    assert not app.exception and not [error.value for error in app.error]


def test_what_needs_no_gradient_is_offered(app: AppTest, graph: Path) -> None:
    open_page(app, "explain", checkpoint="graph")
    clean(app)
    method = next(box for box in app.selectbox if box.label == "Method")
    assert method.options == ["Occlusion", "RISE"]
    assert next(box for box in app.selectbox if box.label == "Layer").disabled
    open_page(app, "explain", checkpoint="graph", tab="methods")
    clean(app)
    open_page(app, "explain", checkpoint="graph", tab="contrast")
    assert [error.value for error in app.error] == [
        "Finer-CAM needs layers and gradients, which an ONNX network does not give."
    ]


def test_every_page_answers_with_it(app: AppTest, graph: Path) -> None:
    keys = ("lab", "stress", "compare", "video")
    for key in keys:
        open_page(app, key, checkpoint="graph")
        assert not app.exception and not [error.value for error in app.error], (key, words(app))
        assert "LayerCAM" not in words(app), key


def test_without_a_method_the_one_that_it_allows_explains(graph: Path) -> None:
    classifier = load_checkpoint(graph)
    batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
    assert explain(classifier, batch, target=3).method == "occlusion"


def test_no_page_names_a_method_that_its_network_may_not_have() -> None:
    for file in sorted((ROOT / "workbench").rglob("*.py")):
        names = {node.id for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Name)}
        if str(file.relative_to(ROOT)) not in _NAMES_IT:
            assert "USUAL_METHOD" not in names, file
