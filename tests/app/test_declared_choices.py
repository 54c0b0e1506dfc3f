"""Every remembered choice is declared once, and no two pages mean different things by one name."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import workbench
from workbench import navigation, state

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("Choice", "Several", "Number", "Toggle", "Kept")
#: All that other modules may call of ``state`` itself.
FUNCTIONS = ("value_of", "write_address", "open_page", "address")
#: First part of the names that more than one page uses: the shared rooms.
SHARED = ("shared", "face", "heatmap", "evidence", "widgets")
FILES = [*sorted((ROOT / "workbench").rglob("*.py")), *sorted((ROOT / "pages").glob("*.py"))]
OTHERS = [file for file in FILES if file != ROOT / "workbench" / "state.py"]


def run_declarations(source: str, file: str) -> None:
    """Run the imports and the constants of a page, but draw nothing."""
    tree = ast.parse(source)
    constants = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    body = [node for node in tree.body if isinstance(node, constants) and not _draws(node)]
    exec(compile(ast.Module(body, []), file, "exec"), {"__name__": "declarations"})


def _draws(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    return any(not name.isupper() for name in names)


def uses(file: Path) -> Iterator[tuple[ast.Attribute, ast.Call | None, bool]]:
    """Each ``state.x`` in a file: the call that it is part of, if any, and whether it is at the top."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "workbench"]
    if not any(alias.name == "state" for node in imports for alias in node.names):
        return
    top = {node for each in tree.body if isinstance(each, ast.Assign) for node in ast.walk(each)}
    calls = {node.func: node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "state":
            yield node, calls.get(node), node in top


def clashes(declared: dict[tuple[str, str], Any]) -> list[str]:
    """A sentence for each name that two files declare, and for each ambiguous word of the address."""
    faults = []
    files: dict[str, str] = {}
    in_address = {name for (name, _), choice in declared.items() if choice.address}
    for (name, file), choice in sorted(declared.items(), key=lambda item: item[0]):
        if name in files:
            faults.append(f"{name} is declared in {files[name]} and in {file}.")
        files[name] = file
        page, _, word = name.partition(".")
        if not page or not word:
            faults.append(f"{name} in {file} is not of the form page.thing.")
        if choice.address:
            others = {f"{room}.{word}" for room in SHARED} & in_address - {name}
            faults += [f"{name} and {other} are both called {word} in the address." for other in sorted(others)]
    return faults


@pytest.fixture(scope="module")
def declared() -> dict[tuple[str, str], object]:
    for module in pkgutil.walk_packages(workbench.__path__, "workbench."):
        if module.name != "workbench.Home":
            importlib.import_module(module.name)
    for page in sorted((ROOT / "pages").glob("*.py")):
        run_declarations(page.read_text(encoding="utf-8"), str(page))
    files = {str(file) for file in FILES}
    return {key: choice for key, choice in state.DECLARED.items() if key[1] in files}


def test_no_name_means_two_things(declared: dict) -> None:
    assert len(declared) > 100
    assert clashes(declared) == []


def test_each_name_begins_with_the_page_that_declares_it(declared: dict) -> None:
    rooms = {page.key for page in navigation.PAGES} | set(SHARED)
    for name, file in declared:
        parts = Path(file).relative_to(ROOT).with_suffix("").parts
        owner = parts[2] if parts[1] == "features" else parts[1]
        assert name.partition(".")[0] == owner and owner in rooms, f"{name} in {file}"


def test_all_names_are_written_out_at_the_top_of_a_module() -> None:
    seen: dict[str, Path] = {}
    for file in OTHERS:
        for attribute, call, at_top in uses(file):
            where = f"{file.relative_to(ROOT)}:{attribute.lineno}"
            if attribute.attr not in KINDS:
                assert attribute.attr in FUNCTIONS, f"{where}: no flat names"
            elif call is not None:
                assert at_top, f"{where}: declare it at the top"
                name = call.args[0]
                assert isinstance(name, ast.Constant), f"{where}: write the name out"
                assert name.value not in seen, f"{where}: {name.value} is declared in {seen[name.value]} too"
                seen[name.value] = file


def test_two_pages_that_bind_camera_to_different_options_are_told(declared: dict) -> None:
    before = dict(state.DECLARED)
    try:
        for page, options in (("webcam", ("live", "still")), ("confusion", ("png", "svg"))):
            source = f"from workbench import state\nCAMERA = state.Choice('camera.way', {options})\n"
            run_declarations(source, f"pages/planted_{page}.py")
        planted = {key: choice for key, choice in state.DECLARED.items() if "planted" in key[1]}
        (fault,) = clashes(planted)
        assert "camera.way is declared in pages/planted_confusion.py and in pages/planted_webcam.py" in fault
    finally:
        state.DECLARED.clear()
        state.DECLARED.update(before)


def test_a_shared_word_of_the_address_belongs_to_one_declaration() -> None:
    before = dict(state.DECLARED)
    try:
        source = "from workbench import state\nROW = state.Choice('confusion.row')\nEPOCH = state.Choice('train.row')\n"
        run_declarations(source, "pages/planted.py")
        run_declarations("from workbench import state\nROW = state.Choice('shared.row')\n", "workbench/planted.py")
        faults = clashes({key: choice for key, choice in state.DECLARED.items() if "planted" in key[1]})
        assert any("confusion.row and shared.row are both called row in the address" in fault for fault in faults)
    finally:
        state.DECLARED.clear()
        state.DECLARED.update(before)
