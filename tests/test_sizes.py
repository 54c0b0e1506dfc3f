"""Rooms, files and functions stay small enough to read."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOPS = ("fer_models", "workbench", "pages")
#: Registries, where each file is one entry, and the library's top level.
REGISTRIES = frozenset(
    (
        "fer_models",
        "fer_models/architectures",
        "fer_models/attention",
        "fer_models/commands",
        "fer_models/data/readers",
        "fer_models/explain/cam",
        "fer_models/explain/faithfulness",
        "fer_models/explain/gradients",
        "pages",
    )
)
MODULES, LINES, FUNCTION_LINES = 16, 300, 60


def files(root: Path) -> Iterator[Path]:
    for top in TOPS:
        yield from sorted((root / top).rglob("*.py"))


def crowded_rooms(root: Path) -> list[str]:
    """Folders with more modules than :data:`MODULES`, ``__init__.py`` not counted."""
    count: dict[str, int] = {}
    for file in files(root):
        if file.name != "__init__.py":
            room = file.parent.relative_to(root).as_posix()
            count[room] = count.get(room, 0) + 1
    return [
        f"{room}: {number} modules" for room, number in count.items() if number > MODULES and room not in REGISTRIES
    ]


def long_files(root: Path) -> list[str]:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in files(root)}
    return [f"{file.relative_to(root)}: {length} lines" for file, length in lengths.items() if length > LINES]


def code_lines(source: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its decorators, docstring, comments and blank lines."""
    first = function.body[0]
    start, end = function.lineno, function.end_lineno or function.lineno
    docstring: range = range(0)
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        docstring = range(first.lineno, (first.end_lineno or first.lineno) + 1)
    lines = source.splitlines()
    code = (number for number in range(start, end + 1) if number not in docstring)
    return sum(bool(text := lines[number - 1].strip()) and not text.startswith("#") for number in code)


def long_functions(root: Path) -> list[str]:
    found = []
    for file in files(root):
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = code_lines(source, node)
                if length > FUNCTION_LINES:
                    found.append(f"{file.relative_to(root)}: {node.name} has {length} lines of code")
    return found


@pytest.mark.parametrize("check", [crowded_rooms, long_files, long_functions])
def test_everything_is_small_enough(check) -> None:
    assert check(ROOT) == []


def test_planted_offenders_are_found(tmp_path: Path) -> None:
    room = tmp_path / "workbench" / "app"
    room.mkdir(parents=True)
    for number in range(MODULES + 1):
        (room / f"module_{number}.py").write_text("")
    (room / "module_0.py").write_text("x = 1\n" * (LINES + 1))
    (room / "module_1.py").write_text("def f():\n" + "    x = 1\n" * FUNCTION_LINES)
    assert crowded_rooms(tmp_path) == [f"workbench/app: {MODULES + 1} modules"]
    assert long_files(tmp_path) == [f"workbench/app/module_0.py: {LINES + 1} lines"]
    assert long_functions(tmp_path) == [f"workbench/app/module_1.py: f has {FUNCTION_LINES + 1} lines of code"]


def repeated_names(tests: Path) -> list[str]:
    """Test modules in different folders with one name: pytest imports only the first and stops at the second."""
    counts = Counter(file.name for file in tests.rglob("test_*.py"))
    return sorted(name for name, count in counts.items() if count > 1)


def test_every_test_module_has_its_own_name(tmp_path: Path) -> None:
    assert repeated_names(ROOT / "tests") == []
    for room in ("a", "b"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "test_same.py").write_text("")
    assert repeated_names(tmp_path) == ["test_same.py"]
