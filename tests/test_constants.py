"""A constant that means one thing is defined once: two modules with the same name and value drift apart."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Names that mean something of their own in each module: sizes of pictures on a page, versions of file formats, lengths
#: of texts, batches, tolerances, and the settings of one detector, one figure or one data set.
LOCAL = frozenset(
    (
        "ALL",
        "BATCH",
        "FEW",
        "LARGEST",
        "LEAST",
        "LONGEST",
        "MARGIN",
        "MOST",
        "RESAMPLES",
        "ROWS",
        "SHORTEST",
        "SIDE",
        "SPLITS",
        "TOLERANCE",
        "VERSION",
    )
)


def twice(root: Path) -> dict[str, list[str]]:
    """Names of constants with a literal value that two modules define alike, with the modules."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for top in ("fer_models", "workbench", "pages"):
        for path in sorted((root / top).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.Assign):
                    target, value = node.targets[0], node.value
                elif isinstance(node, ast.AnnAssign) and node.value is not None:
                    target, value = node.target, node.value
                else:
                    continue
                computed = any(isinstance(part, ast.Name | ast.Attribute) for part in ast.walk(value))
                if isinstance(target, ast.Name) and target.id.isupper() and not computed:
                    name = target.id.lstrip("_")
                    places[name, ast.unparse(value)].append(str(path.relative_to(root)))
    return {name: modules for (name, _), modules in places.items() if len(modules) > 1 and name not in LOCAL}


def test_no_constant_is_defined_twice() -> None:
    assert twice(ROOT) == {}


@pytest.mark.parametrize(("name", "noticed"), [("CLOSEST", True), ("SIDE", False)])
def test_a_second_definition_is_noticed(tmp_path: Path, name: str, noticed: bool) -> None:
    for module, line in (("one", f"{name} = 5\n"), ("other", f"_{name}: int = 5\n")):
        (tmp_path / "fer_models").mkdir(exist_ok=True)
        (tmp_path / "fer_models" / f"{module}.py").write_text(line, encoding="utf-8")
    assert (name in twice(tmp_path)) is noticed
