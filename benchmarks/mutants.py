"""Mutants of the library: one operator changed at a time, and the tests of the same room that should notice.

    python benchmarks/mutants.py [--count 200] [--seeds 0 ...] [--jobs 1] [--seconds 30] [--only ...]

A seeded sample of all places in ``fer_models`` where + becomes -, * becomes /, < becomes <=, == becomes !=, ``and``
becomes ``or``, or the other way round. Left out: operators on a string, and lines with ``# pragma: no mutate``, for
what only tells progress or time.

The files of tests are collected once, and every test runs in a process forked from there. A file runs on the unchanged
code before its first mutant, which says what passes, how long it takes and which functions each test enters; ``--kept
FILE`` keeps that for the next time, by the text of the file of tests. Tests that fail there, or take more than five
seconds, are left out. For each mutant, the tests that should notice (see :func:`tests_of`) and enter the changed
function run, the nearest first, until one fails or hangs. Code that runs as the tests are collected cannot be changed
after that: mutants of it that are left are served by an import hook to processes that collect their tests anew. Nothing
is written to the code on disk. A mutant that nothing notices within ``--seconds`` of tests survives, as does one that
ends the process, or whose test also fails in a second run on the unchanged code. A process that a test starts imports
the unchanged code, and a test that gets the result of a function from a cache does not enter it: some mutants survive
here that the whole suite would notice.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import importlib
import json
import multiprocessing
import os
import random
import re
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

from forked_tests import HEAVY, SLOW, Collected, collected, run_anew
from wrong_operators import ROOT, Mutant, module_name, mutants_of

#: Tests of the workbench as a whole, and those that read files or run everything, whatever the code computes.
_ELSEWHERE = {
    *("app", "browser", "evidence", "examples", "fuzz", "install"),
    *("test_contributing.py", "test_docstrings.py", "test_layers.py", "test_offline.py", "test_sizes.py"),
}
_EXAMPLES = "tests/test_docstrings.py"
#: How a mutant is caught.
_CAUGHT = ("a test fails", "not collected", "hangs")


@functools.cache
def tests_of(file: str) -> dict[str, int]:
    """The files of tests that should notice a mutant of that file, and in which turn; the nearest first.

    First those that import it or call its command; then those in its room's folder, or those beside the folders that
    name it where it has none; last the contracts that import from its room, and tests of the pages that import it.
    """
    module, stem, tests = module_name(file), Path(file).stem, ROOT / "tests"
    called = f'"{stem}"' if file.startswith("fer_models/commands/") else module
    room, found = tests / Path(file).parts[1], {}
    for test in sorted(tests.rglob("test_*.py")):
        inside, text = test.relative_to(tests).parts[0], test.read_text(encoding="utf-8")
        imported = (
            re.search(rf"\b{module}\b|from {module.rpartition('.')[0]} import [^\n]*\b{stem}\b", text) is not None
        )
        contract = (
            inside == "contracts" and re.search(rf"fer_models(\.| import [^\n]*\b){room.name}\b", text) is not None
        )
        beside = room in test.parents if room.is_dir() else re.search(rf"\b{stem}\b", text) and inside == test.name
        if inside not in _ELSEWHERE and (beside or contract or imported or called in text):
            last = contract or inside == "features"
            found[str(test.relative_to(ROOT))] = 2 if last else 0 if imported or called in text else 1
    return found


class Controls:
    """What each file of tests does on the unchanged code, run when first asked for."""

    def __init__(self, tests: Collected, kept: Path | None):
        self.tests, self.kept = tests, kept
        self.known: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept and kept.is_file() else {}
        self.changed, self.locks = Lock(), defaultdict[str, Lock](Lock)

    def of(self, file: str) -> dict[str, Any]:
        text = hashlib.sha256((ROOT / file).read_bytes()).hexdigest()
        with self.changed:
            lock = self.locks[file]
        with lock:
            if self.known.get(file, {}).get("text") != text:
                seen = self.tests.run(dict.fromkeys(self.tests.files[file], SLOW), None, watched=True)
                seen = {"seconds": {}, "failed": [], "entered": {}} | seen
                left = "ends the process" if "died" in seen else seen["failed"]
                print(f"     {file}: {len(seen['seconds'])} tests", f"(red or slow: {left})" * bool(left), flush=True)
                with self.changed:
                    self.known[file] = seen | {"text": text}
                    if self.kept:
                        self.kept.write_text(json.dumps(self.known), encoding="utf-8")
            return self.known[file]

    def plan(self, mutant: Mutant, turns: Iterable[int], anyway: bool = False) -> dict[str, float]:
        """The seconds of the tests of these turns that enter the changed function, or of all tests of their files."""
        function, found = f"{mutant.file}:{mutant.function}", []
        turn_of = tests_of(mutant.file)
        for file in (file for file, turn in turn_of.items() if turn in turns):
            seen = self.of(file)
            always = anyway or function in seen["entered"].get("", ())
            found += [
                (turn_of[file], file, spent, test)
                for test, spent in seen["seconds"].items()
                if test not in seen["failed"] and (always or function in seen["entered"].get(test, ()))
            ]
        tests = {test: spent for *_, spent, test in sorted(found)}
        if 0 in turns and b">>> " in (ROOT / mutant.file).read_bytes():
            tests[f"{_EXAMPLES}::test_the_examples_run[{module_name(mutant.file)}]"] = 1.0
        return tests


@dataclass
class Verdict:
    """How a mutant is caught and where, or why it survives; ``anew`` holds the tests to collect with it."""

    how: str = "no test enters the function"
    where: str = ""
    anew: dict[str, float] = field(default_factory=dict)

    @property
    def caught(self) -> bool:
        return self.how in _CAUGHT

    def hear(self, answer: dict[str, Any], wanted: dict[str, float]) -> None:
        """Take in what the wanted tests did."""
        if answer.get("failed"):
            self.how, self.where = _CAUGHT[0], answer["failed"][0]
        elif answer.get("uncollected"):
            self.how, self.where = _CAUGHT[1], next(iter(wanted))
        elif answer.get("died") in (signal.SIGPROF, signal.SIGALRM):
            self.how, self.where = _CAUGHT[2], next(iter(wanted))
        elif wanted:
            self.how = "the process ends" if "died" in answer else "no test fails"


def within(tests: dict[str, float], budget: float) -> dict[str, float]:
    """The first tests that the budget allows, and the seconds after which each hangs."""
    wanted = {}
    for test, spent in tests.items():
        budget -= spent
        if budget > 0:
            wanted[test] = 15 + 5 * spent
    return wanted


def judge(mutant: Mutant, turns: int, budget: float, controls: Controls) -> Verdict:
    verdict, spent = Verdict(), 0.0
    for turn in range(turns):
        tests = controls.plan(mutant, [turn])
        wanted = within(tests, budget - spent)
        spent += sum(tests[test] for test in wanted)
        if wanted:
            verdict.hear(controls.tests.run(wanted, mutant), wanted)
        if verdict.caught:
            return verdict
    if f"{mutant.file}:{mutant.function}" in controls.tests.at_collection:
        verdict.anew = within(controls.plan(mutant, range(turns), anyway=True), budget)
    return verdict


def first_round(drawn: list[Mutant], jobs: int, turns: int, budget: float, kept: Path | None) -> dict[Mutant, Verdict]:
    """How each mutant is caught by tests that are collected once."""
    found: dict[Mutant, Verdict] = {}

    def work(tests: Collected) -> None:
        controls = Controls(tests, kept)
        with ThreadPoolExecutor(jobs) as pool:
            working = {pool.submit(judge, mutant, turns, budget, controls): mutant for mutant in drawn}
            for work in as_completed(working):
                mutant, verdict = working[work], work.result()
                found[mutant] = verdict
                print(f"{len(found):4} {'caught' if verdict.caught else 'SURVIVED':8} {mutant}", end="   ")
                print(f"[{verdict.how} {verdict.where}]", flush=True)
        nodes = {verdict.where: 60.0 for verdict in found.values() if verdict.how == _CAUGHT[0]}
        answers = [tests.run({node: 60.0}, None) for node in nodes]
        red = {node for node, answer in zip(nodes, answers, strict=True) if answer.get("failed", True)}
        found.update({mutant: Verdict("its test fails anyway") for mutant in found if found[mutant].where in red})

    files = {file for mutant in drawn for file, turn in tests_of(mutant.file).items() if turn < turns}
    collected(sorted({_EXAMPLES, *files}), work)
    return found


def run(drawn: list[Mutant], jobs: int, turns: int, budget: float, kept: Path | None) -> dict[Mutant, Verdict]:
    """How each mutant is caught, and where."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as alone:
        found = alone.submit(first_round, drawn, jobs, turns, budget, kept).result()
    for mutant, verdict in found.items():
        if verdict.anew:
            verdict.hear(run_anew(verdict.anew, mutant), verdict.anew)
            if verdict.caught:
                control = run_anew({verdict.where: 60.0}, None)
                if control.get("failed", True) or control["uncollected"]:
                    verdict.how, verdict.where = "its test fails anyway", ""
            print(f"anew {'caught' if verdict.caught else 'SURVIVED':8} {mutant}   [{verdict.how} {verdict.where}]")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("--seconds", type=float, default=30.0, help="processor time for the tests of one mutant")
    parser.add_argument("--turns", type=int, default=3, help="1: tests that import it, 2: of its room, 3: all")
    parser.add_argument("--kept", type=Path, help="file that keeps what the tests do on the unchanged code")
    parser.add_argument("--only", nargs="+", default=["fer_models"], help="folders, files or FILE:LINE to draw from")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.path[:0], os.environ["PYTHONPATH"] = [str(ROOT)], str(ROOT)
    every = [mutant for place in options.only for mutant in mutants_of(place)]
    samples = {seed: random.Random(seed).sample(every, min(options.count, len(every))) for seed in options.seeds}
    for name in HEAVY:
        importlib.import_module(name)
    found = run(
        list(dict.fromkeys(chain(*samples.values()))), options.jobs, options.turns, options.seconds, options.kept
    )
    print("\nsurvivors:")
    for mutant, verdict in sorted(found.items(), key=lambda entry: (entry[0].file, entry[0].line)):
        if not verdict.caught:
            print(f"- {mutant}   [{verdict.how}]")
    for seed, sample in samples.items():
        ways, caught = Counter(found[mutant].how for mutant in sample), sum(found[mutant].caught for mutant in sample)
        print(
            f"seed {seed}: {caught} of {len(sample)} of {len(every):,} caught, {caught / len(sample):.1%}; {dict(ways)}"
        )


if __name__ == "__main__":
    main()
