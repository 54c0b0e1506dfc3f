"""Settings of the process: what is set once, before there are threads."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import torch

from fer_models import process
from fer_models.architectures import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.explain.base import explain
from fer_models.preprocess import Preprocess

ROOT = Path(__file__).resolve().parents[1]
FILTERS = {"catch_warnings", "filterwarnings", "simplefilter", "resetwarnings"}


def filtering(tree: ast.AST) -> list[str]:
    """Functions of a module that change the filters of the process."""
    return [
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "warnings" and node.attr in FILTERS
    ]


def test_only_one_module_filters_warnings() -> None:
    for top in ("fer_models", "workbench", "pages"):
        for file in (ROOT / top).rglob("*.py"):
            if file != Path(process.__file__):
                assert filtering(ast.parse(file.read_text(encoding="utf-8"))) == [], file
    assert filtering(ast.parse("with warnings.catch_warnings(): warnings.simplefilter('ignore')"))


def test_deep_lift_changes_no_filter_and_warns_nobody(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = create_model("mini_xception", num_classes=3)
    save_checkpoint(tmp_path / "small", model, ("angry", "happy", "sad"), Preprocess(size=48, channels=1))
    classifier = load_checkpoint(tmp_path / "small")
    batch = torch.rand(1, 1, 48, 48)
    explain(classifier, batch, "deep_lift", 0)  # imports what it needs; libraries add filters when they are imported
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        process.apply()
        before = list(warnings.filters)
        explain(classifier, batch, "deep_lift", 0)
        assert list(warnings.filters) == before
    assert [str(warning.message) for warning in heard if "hooks" in str(warning.message)] == []
