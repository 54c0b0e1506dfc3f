"""The examples in the docstrings run, and what a reader meets first has one."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest
import torch

import fer_models
from fer_models.losses import LOSSES

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(file for file in (ROOT / "fer_models").rglob("*.py") if ">>> " in file.read_text(encoding="utf-8"))


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("name", [module_name(file) for file in FILES])
def test_the_examples_run(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FER_CHECKPOINTS", str(ROOT / "checkpoints"))
    (tmp_path / "checkpoints").symlink_to(ROOT / "checkpoints")
    monkeypatch.chdir(tmp_path)  # some examples write files
    names = {"np": np, "torch": torch}
    with torch.random.fork_rng(devices=[]):
        result = doctest.testmod(
            importlib.import_module(name), extraglobs=names, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        )
    assert result.attempted > 0
    assert result.failed == 0


def test_entry_points_have_an_example() -> None:
    from fer_models.classifier import Classifier
    from fer_models.data import make_split, open_dataset
    from fer_models.embedding.maps import make_map
    from fer_models.evaluation.evaluate import evaluate
    from fer_models.explain import explain
    from fer_models.faces.align import crop_face
    from fer_models.faces.detect import detect_faces
    from fer_models.preprocess import Preprocess

    first = [getattr(fer_models, name) for name in fer_models.__all__]
    first += [Classifier.predict, Preprocess, open_dataset, make_split, explain, evaluate, crop_face, detect_faces]
    first += [make_map, *(loss for _, loss in LOSSES.items())]
    assert [thing.__qualname__ for thing in first if ">>> " not in (inspect.getdoc(thing) or "")] == []


def test_every_attention_module_has_an_example() -> None:
    missing = []
    for file in (ROOT / "fer_models" / "attention").glob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and "Source:" in (text := ast.get_docstring(node) or ""):
                missing += [] if ">>> " in text else [node.name]
    assert missing == []
