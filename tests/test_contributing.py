"""CONTRIBUTING.md cannot rot: its examples work as plug-ins, and every file and dotted name in the documents exists."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md", "README.md")
#: Runs in a process of its own, since nothing can be taken out of a registry again.
_CHECK = """
import io, json, sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import torch

import plug_in
from fer_models import create_model, list_models, load_checkpoint
from fer_models.checkpoint import save_checkpoint
from fer_models.cli import main
from fer_models.data import READERS, open_dataset
from fer_models.evaluation.metrics import METRICS
from fer_models.explain import EXPLAINERS, explain
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from workbench.app.runs import networks
from workbench.evidence import slices_table
from workbench.features.compare.model import networks as compare
from workbench.heatmap.model import look

folder = Path(sys.argv[1])
save_checkpoint(folder / "tiny", create_model("tiny_net", in_channels=1, attention="cbam"), FER7, Preprocess())
classifier = load_checkpoint(folder / "tiny")
batch = classifier.prepare([np.zeros((48, 48, 1), np.uint8) + 128])
printed = io.StringIO()
with redirect_stdout(printed):
    main(["models"])
data = open_dataset(folder / "moods")
print(json.dumps({
    "explainers": list(EXPLAINERS),
    "page_methods": look.methods(classifier),
    "map": list(explain(classifier, batch, "positive_cam").values.shape),
    "metrics": list(METRICS),
    "worst": float(METRICS["worst_recall"].function(np.array([[3, 1], [0, 0]]))),
    "readers": list(READERS),
    "data": [data.name, len(data), list(data.classes)],
    "models": list_models(),
    "command": printed.getvalue(),
    "train_page": dict(networks()),
    "compare_page": [entry.title for entry in compare.untrained("48", variants=False)],
}))
"""


def example_files() -> dict[str, str]:
    """Path in the repository to text of the examples of CONTRIBUTING.md."""
    blocks = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.S)
    return dict(blocks)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("plug-in")
    package = folder / "plug_in"
    package.mkdir()
    names = []
    for path, text in example_files().items():
        names.append(Path(path).stem)
        (package / Path(path).name).write_text(text)
    (package / "__init__.py").write_text("from plug_in import " + ", ".join(names) + "\n")
    (folder / "moods").mkdir()
    for i, word in enumerate(("happy", "sad", "happy")):
        Image.new("L", (60, 60), 40 * i).save(folder / "moods" / f"{word}_{i:04d}.png")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "FER_CACHE": str(folder / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", _CHECK, str(folder)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_four_examples_are_complete() -> None:
    rooms = [str(Path(path).parent) for path in example_files()]
    assert rooms == [
        "fer_models/explain/cam",
        "fer_models/evaluation/metrics",
        "fer_models/data/readers",
        "fer_models/architectures",
    ]


def test_the_method_is_listed_and_draws(listed: dict) -> None:
    assert "positive_cam" in listed["explainers"]
    assert listed["page_methods"]["positive_cam"] == "Positive CAM"
    assert listed["map"] == [1, 48, 48]


def test_the_metric_is_listed_and_counts(listed: dict) -> None:
    assert "worst_recall" in listed["metrics"]
    assert listed["worst"] == 0.75


def test_the_reader_is_listed_and_recognised(listed: dict) -> None:
    assert "mood_files" in listed["readers"]
    assert listed["data"] == ["mood_files", 3, ["happy", "sad"]]


def test_the_network_is_listed_and_counted(listed: dict) -> None:
    assert "tiny_net" in listed["models"]
    assert re.search(r"^tiny_net .* 1x48x48 ", listed["command"], flags=re.M)
    assert listed["train_page"]["tiny_net"] == "TinyNet"
    assert "TinyNet" in listed["compare_page"]


def missing_names(text: str, root: Path = ROOT) -> list[str]:
    """Paths of files and dotted names in code spans of a document that do not exist."""
    prose = re.sub(r"```(?!mermaid).*?```", "", text, flags=re.S)
    missing = []
    for span in re.findall(r"`([^`\n]+)`", prose):
        missing += [path for path in re.findall(r"[\w./-]+/[\w.-]*", span) if not _path_exists(path, root)]
        missing += [name for name in re.findall(r"\b(?:fer_models|workbench)(?:\.\w+)+", span) if not _importable(name)]
    for name, path in re.findall(r"`([\w.]+)`\s+(?:of|in)\s+`([\w/]+\.py)`", prose):
        if not (root / path).exists() or not _defines(root / path, name):
            missing.append(f"{name} in {path}")
    return missing


def _path_exists(path: str, root: Path) -> bool:
    ours = path.startswith(("fer_models/", "workbench/", "pages/", "tests/", "docs/", "benchmarks/", "checkpoints/"))
    return not ours or path == "docs/_build/html/index.html" or (root / path.rstrip(".")).exists() or "<" in path


def _defines(file: Path, name: str) -> bool:
    """Whether a file defines a class, a function, a constant, or a method or field ``Class.name``."""
    body: list[ast.stmt] = ast.parse(file.read_text(encoding="utf-8")).body
    for part in name.split("."):
        match = next((node for node in body if part in _names(node)), None)
        if match is None:
            return False
        body = getattr(match, "body", [])
    return True


def _names(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        return {node.name}
    targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _importable(name: str) -> bool:
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        module = ".".join(parts[:length])
        try:
            found = importlib.util.find_spec(module) is not None
        except ModuleNotFoundError:
            found = False
        if found:
            thing: object = importlib.import_module(module)
            for part in parts[length:]:
                if not hasattr(thing, part):
                    return False
                thing = getattr(thing, part)
            return True
    return False


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_name_in_the_documents_exists(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert missing_names(text) == []


@pytest.mark.parametrize(
    "planted",
    [
        "see `fer_models/nowhere.py`",
        "call `fer_models.registry.Regstry`",
        "`nothing_there` of `fer_models/registry.py`",
        "the folder `tests/nowhere/`",
    ],
)
def test_a_wrong_name_is_noticed(planted: str) -> None:
    assert missing_names(planted)
