"""Mutants of the library: one operator changed at a time, and the tests of the same room that should notice.

    python benchmarks/mutants.py [--count 200] [--seed 0] [--jobs 1] [--seconds 90] [--only fer_models/data ...]

A seeded sample of all places in ``fer_models`` where + becomes -, * becomes /, < becomes <=, == becomes !=, ``and``
becomes ``or``, or the other way round. Left out: operators on a string, and lines with ``# pragma: no mutate``, for
what only tells progress or time. Each mutant is written into a copy of the project, where tests run until one fails:
the examples in its docstrings, those of the same room, the nearest first, and the contracts (see :func:`tests_of`). A
mutant that no test notices within ``--seconds`` of processor time survives. At the end, the tests that failed run once
on the unchanged code; a mutant whose test fails there too survives.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import contextlib
import importlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

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
#: Imported once, before the processes of the mutants are forked.
_HEAVY = (
    "torch",
    "numpy",
    "pandas",
    "scipy.stats",
    "cv2",
    "PIL.Image",
    "sklearn.metrics",
    "hypothesis",
    "safetensors.torch",
)
#: Tests of the workbench, and those that read files or run everything, whatever the code computes.
_ELSEWHERE = {
    *("app", "browser", "evidence", "features", "fuzz"),
    *("test_contributing.py", "test_docstrings.py", "test_layers.py", "test_offline.py", "test_sizes.py"),
}
#: Seconds of processor time after which a single test counts as hanging, and seconds on the clock for a whole mutant.
_HANGS, _PATIENCE = 120, 1500


@dataclass(frozen=True)
class Mutant:
    """One operator of a file, by its bytes, and what takes its place."""

    file: str
    line: int
    start: int
    old: str
    new: str

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
    for node in ast.walk(ast.parse(text)):
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
                yield Mutant(str(file.relative_to(ROOT)), number, begin + found.start(), old, new)


def mutants_of(place: str) -> Iterator[Mutant]:
    """All mutants of a folder, a file, or one line of it (``FILE:LINE``)."""
    name, _, line = place.partition(":")
    files = [ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py"))
    for file in files:
        yield from (mutant for mutant in mutants(file) if not line or mutant.line == int(line))


def _operations(node: ast.AST) -> Iterator[tuple[ast.expr, ast.AST, ast.expr]]:
    if isinstance(node, ast.BinOp):
        yield node.left, node.op, node.right
    elif isinstance(node, ast.AugAssign):
        yield node.target, node.op, node.value
    elif isinstance(node, ast.Compare):
        yield from zip((node.left, *node.comparators), node.ops, node.comparators, strict=False)
    elif isinstance(node, ast.BoolOp):
        yield from ((left, node.op, right) for left, right in zip(node.values, node.values[1:], strict=False))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def module_name(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def tests_of(file: str) -> list[str]:
    """What should notice a mutant of that file, the nearest first.

    Examples in its docstrings; the tests in its room's folder, or those beside the folders that name it where it has
    none; tests elsewhere that import it or call its command; last the contracts.
    """
    module, stem, tests = module_name(file), Path(file).stem, ROOT / "tests"
    called = f'"{stem}"' if file.startswith("fer_models/commands/") else module
    room, found = tests / Path(file).parts[1], []
    for test in sorted(tests.rglob("test_*.py")):
        inside, text = test.relative_to(tests).parts[0], test.read_text(encoding="utf-8")
        imported = (
            re.search(rf"\b{module}\b|from {module.rpartition('.')[0]} import [^\n]*\b{stem}\b", text) is not None
        )
        contract, named = inside == "contracts", re.search(rf"\b{stem}\b", text) is not None
        beside = room in test.parents if room.is_dir() else named and inside == test.name
        if inside not in _ELSEWHERE and (beside or contract or imported or called in text):
            found.append((contract, not imported, not named, test.stat().st_size, str(test.relative_to(ROOT))))
    examples = f"tests/test_docstrings.py::test_the_examples_run[{module}]"
    return [examples] * (">>> " in (ROOT / file).read_text(encoding="utf-8")) + [entry[-1] for entry in sorted(found)]


class Watch:
    """Pytest plugin: notes the tests that fail, and stops when the processor time is used up."""

    def __init__(self, seconds: float):
        self.seconds, self.stopped = seconds, False
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += [report.nodeid] if report.failed else []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.failed += [report.nodeid] if report.failed else []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        signal.setitimer(signal.ITIMER_PROF, _HANGS)
        if time.process_time() > self.seconds:
            self.stopped, item.session.shouldstop = True, "the time is used up"


def run_tests(folder: Path, tests: list[str], seconds: float, *options: str) -> dict[str, Any]:
    """Run tests in a copy of the project, in this process, which must be one of its own."""
    os.chdir(folder)
    sys.path[:0] = [str(folder)]
    os.environ["PYTHONPATH"] = str(folder)
    log = os.open(folder.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1), os.dup2(log, 2)
    watch = Watch(time.process_time() + seconds)
    arguments = ["-p", "no:cacheprovider", "-m", "not slow and not browser", f"--basetemp={folder}-temporary"]
    code = pytest.main([*arguments, *options, *tests], plugins=[watch])
    return {"code": int(code), "failed": watch.failed, "stopped": watch.stopped}


def copy_project(folder: Path) -> None:
    """The files under version control, with the checkpoints linked."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if name.startswith("checkpoints/") or not (ROOT / name).is_file():
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    (folder / "checkpoints").symlink_to(ROOT / "checkpoints")
    compileall.compile_dir(folder / "fer_models", quiet=1)


@dataclass
class Job:
    """A mutant whose tests are running in a copy of the project."""

    mutant: Mutant
    folder: Path
    process: int
    began: float

    @classmethod
    def start(cls, mutant: Mutant, folder: Path, seconds: float) -> Job:
        (folder / mutant.file).write_bytes(mutant.source())
        for stale in (folder / mutant.file).parent.glob(f"__pycache__/{Path(mutant.file).stem}.*.pyc"):
            stale.unlink()
        (result := folder.with_suffix(".json")).unlink(missing_ok=True)
        process = os.fork()
        if process == 0:
            os.setsid()
            answer: dict[str, Any] = {"code": 3, "failed": [], "stopped": False}
            try:
                answer = run_tests(folder, tests_of(mutant.file), seconds, "-x")
            finally:
                result.write_text(json.dumps(answer))
                os._exit(0)
        return cls(mutant, folder, process, time.monotonic())

    def finished(self) -> tuple[bool, str] | None:
        """Whether the mutant was caught, and by which test; ``None`` while its tests run."""
        ended, status = os.waitpid(self.process, os.WNOHANG)
        late = time.monotonic() - self.began > _PATIENCE
        if not ended and not late:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process, signal.SIGKILL)  # what a test left behind
        if not ended:
            os.waitpid(self.process, 0)
        shutil.copyfile(ROOT / self.mutant.file, self.folder / self.mutant.file)
        if late or os.WIFSIGNALED(status):
            return True, "hangs"
        answer = json.loads(self.folder.with_suffix(".json").read_text())
        if answer["failed"] or answer["code"] in (1, 3):
            return True, answer["failed"][0] if answer["failed"] else "ends the process"
        return False, "time used up" if answer["stopped"] else ""


def run(sample: list[Mutant], jobs: int, seconds: float, scratch: Path) -> dict[Mutant, tuple[bool, str]]:
    """Whether each mutant was caught, and the test that failed."""
    free = [scratch / f"copy{k}" for k in range(jobs)]
    for folder in free:
        copy_project(folder)
    waiting, found = list(reversed(sample)), {}
    running: list[Job] = []
    while waiting or running:
        while waiting and free:
            running.append(Job.start(waiting.pop(), free.pop(), seconds))
        for job in list(running):
            if (answer := job.finished()) is None:
                continue
            running.remove(job)
            free.append(job.folder)
            found[job.mutant] = answer
            word, spent = "caught" if answer[0] else "SURVIVED", time.monotonic() - job.began
            print(f"{len(found):4} {word:8} {spent:4.0f} s  {job.mutant}   [{answer[1]}]", flush=True)
        time.sleep(0.1)
    return found


def red_tests(tests: set[str], scratch: Path) -> set[str]:
    """Those of the tests that fail on the unchanged code."""
    copy_project(folder := scratch / "unchanged")
    result = scratch / "unchanged.json"
    process = os.fork()
    if process == 0:
        try:
            result.write_text(json.dumps(run_tests(folder, sorted(tests), float("inf"))))
        finally:
            os._exit(0)
    os.waitpid(process, 0)
    return set(json.loads(result.read_text())["failed"]) if result.is_file() else tests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("--seconds", type=float, default=90.0, help="processor time for the tests of one mutant")
    parser.add_argument("--only", nargs="+", default=["fer_models"], help="folders, files or FILE:LINE to draw from")
    options = parser.parse_args()
    every = [mutant for place in options.only for mutant in mutants_of(place)]
    sample = random.Random(options.seed).sample(every, min(options.count, len(every)))
    print(f"{len(sample)} of {len(every):,} mutants, seed {options.seed}", flush=True)
    for name in _HEAVY:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        found = run(sample, options.jobs, options.seconds, Path(scratch))
        red = red_tests({test for answer, test in found.values() if answer and "::" in test}, Path(scratch))
    found = {mutant: (answer and test not in red, test) for mutant, (answer, test) in found.items()}
    caught = sum(answer for answer, _ in found.values())
    print(f"\n{caught} of {len(found)} caught, {caught / max(1, len(found)):.0%}; survivors:")
    for mutant, (answer, reason) in sorted(found.items(), key=lambda entry: entry[0].file):
        if not answer:
            print(f"- {mutant}{f'   [{reason}]' if reason else ''}")


if __name__ == "__main__":
    main()
