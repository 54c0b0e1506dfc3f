"""Mutants of the library: one operator changed at a time, and the tests of the same room that should notice.

    python benchmarks/mutants.py [--count 200] [--seeds 0 ...] [--jobs 1] [--seconds 30] [--only ...]

A seeded sample of all places in ``fer_models`` where + becomes -, * becomes /, < becomes <=, == becomes !=, ``and``
becomes ``or``, or the other way round. Left out: operators on a string, arguments of ``progress(...)``, and lines with
``# pragma: no mutate``, for what else only tells progress or time.

The files of tests are collected once and run once, to see which test runs which lines. For each mutant, the tests
that run its line, and the others of their files, run in a process forked from there, in which the changed function has
taken the place of its own, the nearest (see :func:`tests_of`) and quickest first, until one fails or hangs. That test
then runs on the unchanged code; where it fails there too, the others go on without it. A mutant outside of functions
is served by an import hook to a process that collects its tests anew. Nothing is written to the code on disk. A mutant
survives that no test notices within ``--seconds``, or that ends the process. A process that a test starts imports the
unchanged code, so that some mutants survive here that the whole suite would notice.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import multiprocessing
import os
import random
import re
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from forked_tests import HEAVY, Collected, collected, file_of, run_anew
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

    First those that import it, or the package that it is in where that is no room, or call its command; then those in
    its room's folder, or those beside the folders that name it where it has none, and tests of the pages that import
    it; last the contracts that import from its room, and tests of the pages that only name it.
    """
    module, stem, tests = module_name(file), Path(file).stem, ROOT / "tests"
    called = f'"{stem}"' if file.startswith("fer_models/commands/") else module
    room, found = tests / Path(file).parts[1], {}
    for test in sorted(tests.rglob("test_*.py")):
        inside, text = test.relative_to(tests).parts[0], test.read_text(encoding="utf-8")
        imported = re.search(
            rf"\b{module}\b|from {module.rpartition('.')[0]} import [^\n]*\b{stem}\b", text
        ) is not None or (module.count(".") > 2 and module.rpartition(".")[0] in text)
        contract = (
            inside == "contracts" and re.search(rf"fer_models(\.| import [^\n]*\b){room.name}\b", text) is not None
        )
        beside = room in test.parents if room.is_dir() else re.search(rf"\b{stem}\b", text) and inside == test.name
        if inside not in _ELSEWHERE and (beside or contract or imported or called in text):
            page = inside == "features"
            turn = 2 if contract or (page and not imported) else 0 if not page and (imported or called in text) else 1
            found[str(test.relative_to(ROOT))] = turn
    return found


@dataclass
class Verdict:
    """How a mutant is caught and where, or why it survives; ``anew`` holds the tests to collect with it."""

    how: str = "no test"
    where: str = ""
    anew: tuple[str, ...] = ()

    @property
    def caught(self) -> bool:
        return self.how in _CAUGHT


class Judge:
    """Runs the tests of mutants.

    Args:
        run: some tests by name, with a mutant or without, for some seconds of processor time.
    """

    def __init__(self, run: Callable[[Iterable[str], Mutant | None, float], dict[str, Any]]):
        self.run = run
        self.sound: dict[str, bool] = {}

    def is_sound(self, test: str) -> bool:
        """Whether a test passes on the unchanged code."""
        if test not in self.sound:
            answer = self.run([test], None, 60.0)
            self.sound[test] = answer.get("failed") == [] and not answer["uncollected"]
        return self.sound[test]

    def hear(self, mutant: Mutant, tests: Iterable[str], seconds: float) -> Verdict:
        """What the tests say of a mutant."""
        verdict, wanted = Verdict(), list(tests)
        while seconds > 0 and (wanted := [test for test in wanted if self.sound.get(test, True)]):
            answer = self.run(wanted, mutant, seconds)
            seconds -= answer.get("spent", seconds)
            if "died" in answer:
                hangs = answer["died"] in (signal.SIGPROF, signal.SIGALRM) and "died" not in self.run(
                    wanted, None, 60.0
                )
                return Verdict(_CAUGHT[2], wanted[0]) if hangs else Verdict("the process ends")
            if answer["uncollected"]:
                sound = self.is_sound(wanted[0])
                return Verdict(_CAUGHT[1], wanted[0]) if sound else Verdict("not collected anyway")
            verdict.how = "no test fails"
            if not answer["failed"]:
                break
            if self.is_sound(test := answer["failed"][0]):
                return Verdict(_CAUGHT[0], test)
        return verdict


class Order:
    """Which tests should notice a mutant, in the order in which to run them.

    Args:
        tests: Files of tests, collected.
        drawn: The mutants.
        turns: How many turns of :func:`tests_of` there are.
    """

    def __init__(self, tests: Collected, drawn: Iterable[Mutant], turns: int):
        self.files, self.turns = tests.files, turns
        self.places = {mutant.place for mutant in drawn}
        self.run: defaultdict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}

    def learn(self, reach: dict[str, Any]) -> None:
        """What :meth:`Collected.reach` says of a file; nothing where it died."""
        self.seconds |= reach.get("seconds", {})
        for place, tests in reach.get("tests", {}).items():
            self.run[place].update(tests)

    def of(self, mutant: Mutant) -> list[str]:
        """First the tests that run its line, then others of their files; all others where none is known to."""
        turns = {file: turn for file, turn in tests_of(mutant.file).items() if turn < self.turns}
        reached = self.run[mutant.place]
        files, found = turns.keys() & set(map(file_of, reached)) or turns, []
        for name in chain(*(self.files[file] for file in files)):
            misses = not reached & {name, file_of(name)}
            found.append((misses, turns[file_of(name)], self.seconds.get(name, 0.0), name))
        examples = f"{_EXAMPLES}::test_the_examples_run[{module_name(mutant.file)}]"
        return [examples] * (examples in self.files[_EXAMPLES]) + [name for *_, name in sorted(found)]


def judge(mutant: Mutant, seconds: float, judge: Judge, order: Order) -> Verdict:
    """How a mutant is caught by tests that are collected once."""
    wanted = order.of(mutant)
    return judge.hear(mutant, wanted, seconds) if mutant.function else Verdict(anew=tuple(wanted))


def first_round(drawn: list[Mutant], jobs: int, turns: int, seconds: float) -> dict[Mutant, Verdict]:
    found: dict[Mutant, Verdict] = {}

    def work(tests: Collected) -> None:
        order = Order(tests, drawn, turns)
        judging = functools.partial(judge, seconds=seconds, judge=Judge(tests.run), order=order)
        with ThreadPoolExecutor(jobs) as pool:
            for reach in pool.map(lambda file: tests.reach(file, order.places), sorted(files)):
                order.learn(reach)
            working = {pool.submit(judging, mutant): mutant for mutant in drawn}
            for work in as_completed(working):
                found[working[work]] = work.result()
                tell(working[work], work.result())

    files = {file for mutant in drawn for file, turn in tests_of(mutant.file).items() if turn < turns}
    collected(sorted({_EXAMPLES, *files}), work)
    return found


def tell(mutant: Mutant, verdict: Verdict) -> None:
    word = "caught" if verdict.caught else "again" if verdict.anew else "SURVIVED"
    print(f"{word:8} {mutant}   [{verdict.how} {verdict.where}]", flush=True)


def run(drawn: list[Mutant], jobs: int, turns: int, seconds: float) -> dict[Mutant, Verdict]:
    """How each mutant is caught, and where."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as alone:
        found = alone.submit(first_round, drawn, jobs, turns, seconds).result()
    anew = Judge(run_anew)
    for mutant, verdict in found.items():
        if verdict.anew:
            found[mutant] = anew.hear(mutant, verdict.anew, seconds)
            tell(mutant, found[mutant])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time")
    parser.add_argument("--seconds", type=float, default=30.0, help="processor time for the tests of one mutant")
    parser.add_argument("--turns", type=int, default=3, help="1: tests that import it, 2: of its room, 3: all")
    parser.add_argument("--only", nargs="+", default=["fer_models"], help="folders, files or FILE:LINE to draw from")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.path[:0], os.environ["PYTHONPATH"] = [str(ROOT)], str(ROOT)
    every = [mutant for place in options.only for mutant in mutants_of(place)]
    samples = {seed: random.Random(seed).sample(every, min(options.count, len(every))) for seed in options.seeds}
    in_turn = dict.fromkeys(mutant for row in zip_longest(*samples.values()) for mutant in row if mutant)
    for name in HEAVY:
        importlib.import_module(name)
    found = run(list(in_turn), options.jobs, options.turns, options.seconds)
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
