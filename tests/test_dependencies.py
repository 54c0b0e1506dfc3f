"""What is imported is declared in ``pyproject.toml``."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Distributions whose module has another name.
DISTRIBUTIONS = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "lightning_fabric": "lightning-fabric",
    "lightning": "lightning-fabric",  # which is a part of it
    "pydantic_core": "pydantic",
    "sklearn": "scikit-learn",
    "umap": "umap-learn",
    "streamlit_webrtc": "streamlit-webrtc",
}


def imported(root: Path) -> Iterator[tuple[str, str]]:
    """Module of another project, and the file that imports it."""
    for top in ("fer_models", "workbench", "pages"):
        for path in sorted((root / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names: list[str] = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                for name in names:
                    module = name.split(".")[0]
                    if module not in {*sys.stdlib_module_names, "fer_models", "workbench", "pages"}:
                        yield module, str(path.relative_to(root))


def declared(pyproject: Path) -> set[str]:
    """Distributions that the project or its extras ask for."""
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for extra in set(optional) - {"dev"} for line in optional[extra])]
    return {re.split(r"[\s<>=!~;\[]", line)[0] for line in lines}


def undeclared(root: Path, names: set[str]) -> list[str]:
    return [f"{file} imports {m}" for m, file in imported(root) if DISTRIBUTIONS.get(m, m) not in names]


def test_what_is_imported_is_declared() -> None:
    assert undeclared(ROOT, declared(ROOT / "pyproject.toml")) == []


def test_an_import_that_is_not_declared_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "planted.py").write_text("def f():\n    import shapely.geometry\n    import cv2, os\n")
    assert undeclared(tmp_path, declared(ROOT / "pyproject.toml")) == ["pages/planted.py imports shapely"]


#: Files that the library writes, not reads about.
WRITTEN = {"card.md"}


def test_documents_that_the_code_cites_are_in_the_repository() -> None:
    here = {path.name for path in (ROOT, *(ROOT / "docs").rglob("*"), *(ROOT / "benchmarks").rglob("*"))}
    here |= {path.name for path in ROOT.glob("*.md")}
    for top in ("fer_models", "workbench", "pages"):
        for file in (ROOT / top).rglob("*.py"):
            cited = set(re.findall(r"\w[\w-]*\.md\b", file.read_text(encoding="utf-8")))
            assert cited - here - WRITTEN == set(), file


def missing_names(source: str) -> list[str]:
    """What a script imports from the project and does not find there."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module]
    found = []
    for node in nodes:
        if str(node.module).split(".")[0] in ("fer_models", "workbench"):
            module = importlib.import_module(str(node.module))
            for name in (each.name for each in node.names):
                inside = f"{node.module}.{name}"
                if not hasattr(module, name) and importlib.util.find_spec(inside) is None:
                    found.append(inside)
    return found


def test_benchmarks_find_what_they_import() -> None:
    assert missing_names("from fer_models.explain import EXPLAINERS, methods_of_old") == [
        "fer_models.explain.methods_of_old"
    ]
    for script in (ROOT / "benchmarks").glob("*.py"):
        assert missing_names(script.read_text(encoding="utf-8")) == [], script.name
