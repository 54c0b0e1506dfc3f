"""The notebooks of ``examples/``: their code runs, and what they keep is small and says nothing of a computer."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fer_models
from fer_models.display import Displayed
from fer_models.notebook import html_of

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
LARGEST = 100_000  # bytes
#: A path from the root of a disk: not part of an address, a tag or the text of an image.
_PATH = re.compile(r"(?<![\w.:/<+=])/[a-z]+/[\w.]|[A-Z]:\\\\")


def cells(notebook: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def run(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does: the value of a last line that is an expression is shown."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None  # type: ignore[attr-defined]
    exec(compile(tree, "cell", "exec"), names)
    return None if last is None else eval(compile(last, "cell", "eval"), names)


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[file.stem for file in NOTEBOOKS])
def test_a_notebook_runs(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = [run("".join(cell["source"]), names) for cell in cells(notebook)]
    displayed = [value for value in shown if isinstance(value, Displayed)]
    assert displayed and all("<" in value._repr_html_() for value in displayed)
    if notebook.stem == "train_and_compare":
        assert all(each.status().state == "finished" for each in names["runs"])
    if notebook.stem == "import_a_network":
        assert names["found"].other_name == "FER2013" and shown[-1].value("accuracy") > 0.9


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[file.stem for file in NOTEBOOKS])
def test_what_a_notebook_keeps(notebook: Path) -> None:
    text = notebook.read_text("utf-8")
    assert len(text) < LARGEST and not _PATH.search(text)
    for cell in cells(notebook):
        assert cell["execution_count"] and not any(output["output_type"] == "error" for output in cell["outputs"])
    assert len(NOTEBOOKS) == 3


def test_displays_escape_words_and_name_no_folder(tmp_path: Path) -> None:
    data = fer_models.open_dataset("synthetic:count=70")
    network = fer_models.load_checkpoint(ROOT / "checkpoints" / "mini-xception-fer2013")
    evaluation = fer_models.evaluate(network, data, "all")
    (answer,) = fer_models.predict_image(network, data.images[0], "whole")
    maps = fer_models.explain_face(network, answer.pixels)
    for value in (data, network, network.checkpoint, evaluation, answer, maps):
        assert str(ROOT) not in html_of(value) and html_of(value).startswith("<div")
        assert set(value._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert html_of(answer).count("<img") == html_of(maps).count("<img") == 1
    hostile = fer_models.data.FaceDataset(
        "<script>", np.zeros((1, 8, 8, 1), np.uint8), np.zeros(1, np.int64), ("<b>", "sad"), np.zeros(1, np.int8),
        ("train",), np.zeros(1, np.int64), "",
    )  # fmt: skip
    assert "<script>" not in html_of(hostile) and "&lt;b&gt;" in html_of(hostile)
