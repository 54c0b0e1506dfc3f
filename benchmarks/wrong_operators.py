"""One wrong operator at a time, for ``benchmarks/mutants.py``: the places in the library, and what they become."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What becomes what, by the operator's node.
_CHANGES: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}


@dataclass(frozen=True)
class Mutant:
    """One operator of a file, by its bytes, what takes its place, the function it is in, and where its term begins."""

    file: str
    line: int
    start: int
    old: str
    new: str
    function: str
    begins: int

    @property
    def place(self) -> str:
        """What a test must run to notice it."""
        return f"{self.file}:{self.begins}"

    def __str__(self) -> str:
        text = (ROOT / self.file).read_text(encoding="utf-8").splitlines()[self.line - 1].strip()
        return f"{self.file}:{self.line} {self.old} -> {self.new}   {text}"

    def source(self) -> bytes:
        text = (ROOT / self.file).read_bytes()
        return text[: self.start] + self.new.encode() + text[self.start + len(self.old) :]


def mutants(file: Path) -> Iterator[Mutant]:
    """All mutants of a file."""
    text = file.read_bytes()
    lines = text.splitlines(keepends=True)
    starts = list(accumulate(map(len, lines), initial=0))
    for node, function in _inside(ast.parse(text), ""):
        for left, operator, right in _operations(node):
            if type(operator) not in _CHANGES or _is_text(left) or _is_text(right):
                continue
            old, new = _CHANGES[type(operator)]
            assert left.end_lineno is not None and left.end_col_offset is not None
            begin = starts[left.end_lineno - 1] + left.end_col_offset
            gap = text[begin : starts[right.lineno - 1] + right.col_offset].decode()
            found = re.search(re.escape(old), re.sub(r"#[^\n]*", lambda match: " " * len(match[0]), gap))
            assert found is not None, (file, left.end_lineno)
            number = left.end_lineno + gap[: found.start()].count("\n")
            if b"pragma: no mutate" not in lines[number - 1]:
                yield Mutant(
                    str(file.relative_to(ROOT)), number, begin + found.start(), old, new, function, left.lineno
                )


def mutants_of(place: str) -> Iterator[Mutant]:
    """All mutants of a folder, a file, or one line of it (``FILE:LINE``)."""
    name, _, line = place.partition(":")
    files = [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py"))
    for file in files:
        yield from (mutant for mutant in mutants(file) if not line or mutant.line == int(line))


def _inside(node: ast.AST, function: str, scope: str = "") -> Iterator[tuple[ast.AST, str]]:
    """All nodes, each with the qualified name of its function; an empty string outside of functions."""
    if isinstance(node, ast.Call) and _is_progress(node.func):
        return
    yield node, function
    body, inside, prefix = [], function, scope
    if isinstance(node, ast.ClassDef):
        body, prefix = node.body, f"{scope}{node.name}."
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        body, inside, prefix = node.body, f"{scope}{node.name}", f"{scope}{node.name}.<locals>."
    for child in ast.iter_child_nodes(node):
        if any(child is statement for statement in body):
            yield from _inside(child, inside, prefix)
        else:
            yield from _inside(child, function, scope)


def _operations(node: ast.AST) -> Iterator[tuple[ast.expr, ast.AST, ast.expr]]:
    if isinstance(node, ast.BinOp):
        yield node.left, node.op, node.right
    elif isinstance(node, ast.AugAssign):
        yield node.target, node.op, node.value
    elif isinstance(node, ast.Compare):
        yield from zip((node.left, *node.comparators), node.ops, node.comparators, strict=False)
    elif isinstance(node, ast.BoolOp):
        yield from ((left, node.op, right) for left, right in zip(node.values, node.values[1:], strict=False))


def _is_progress(node: ast.expr) -> bool:
    """Whether a call of it tells progress: ``progress``, ``query.progress``, ``show_progress``."""
    return (getattr(node, "id", "") or getattr(node, "attr", "")) in ("progress", "show_progress")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
