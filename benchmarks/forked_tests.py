"""Tests in processes of their own, for ``benchmarks/mutants.py``: which of them fail, and which lines they run."""

from __future__ import annotations

import contextlib
import gc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import coverage
import pytest
from wrong_operators import ROOT, Mutant, module_name

#: Imported once, before the processes of the tests are forked.
HEAVY = (
    *("torch", "numpy", "pandas", "scipy.stats", "scipy.ndimage", "cv2", "PIL.Image", "pydantic", "jinja2"),
    *("sklearn.metrics", "sklearn.linear_model", "sklearn.manifold", "hypothesis", "safetensors.torch"),
)
#: Seconds of processor time and of the clock from which a test hangs, and bytes of memory that a process may have.
_HANGS, _WAITS, _MEMORY = 60.0, 240.0, 12 << 30
_OPTIONS = ("-p", "no:cacheprovider", "-s", "-m", "not slow and not browser")


def alarm() -> None:
    """End this process if no other test begins in time."""
    signal.setitimer(signal.ITIMER_PROF, _HANGS)
    signal.setitimer(signal.ITIMER_REAL, _WAITS)


class Watch:
    """Pytest plugin: runs tests in this order for some seconds of processor time; a hang ends the process."""

    def __init__(self, wanted: Iterable[str], seconds: float):
        self.order = {name: place for place, name in enumerate(wanted)}
        self.began = time.process_time()
        self.ends = self.began + seconds
        self.failed: list[str] = []
        self.uncollected = False
        alarm()

    @property
    def over(self) -> bool:
        return bool(self.failed) or time.process_time() > self.ends

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda item: self.order[item.nodeid])

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        alarm()

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        item.session.shouldstop = self.over

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += [report.nodeid] if report.failed else []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.uncollected |= report.failed

    def answer(self) -> dict[str, Any]:
        return {"failed": self.failed, "uncollected": self.uncollected, "spent": time.process_time() - self.began}


class Reach:
    """Pytest plugin: which lines of the library each test runs, and how many seconds it takes.

    What a fixture runs counts for all tests of its file, which may share it.
    """

    def __init__(self) -> None:
        self.coverage = coverage.Coverage(data_file=None, config_file=False, include=[str(ROOT / "fer_models" / "*")])
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.coverage.start()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        alarm()
        self.coverage.switch_context(file_of(item.nodeid))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        self.coverage.switch_context(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration

    def answer(self, places: Iterable[str]) -> dict[str, Any]:
        self.coverage.stop()
        data = self.coverage.get_data()
        found: dict[str, list[str]] = {}
        for path in data.measured_files():
            file = Path(path).relative_to(ROOT).as_posix()
            found |= {f"{file}:{line}": tests for line, tests in data.contexts_by_lineno(path).items()}
        return {"seconds": self.seconds, "tests": {place: found[place] for place in places if place in found}}


def file_of(test: str) -> str:
    return test.partition("::")[0]


class Collected:
    """Pytest plugin: collects files of tests once, and lends them to ``work`` in place of running them."""

    def __init__(self, work: Callable[[Collected], None]):
        self.work = work
        self.files: defaultdict[str, dict[str, pytest.Item]] = defaultdict(dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            self.files[file_of(item.nodeid)][item.nodeid] = item
        self.work(self)
        return True

    def run(self, wanted: Iterable[str], mutant: Mutant | None, seconds: float) -> dict[str, Any]:
        """Run tests in a process forked from this one, until one fails."""
        items = [item for name in wanted if (item := self.files[file_of(name)].get(name))]

        def work() -> dict[str, Any]:
            watch = Watch(wanted, seconds)
            if mutant:
                put_in(mutant)
            run_items(items, watch, lambda: watch.over)
            return watch.answer()

        return in_child(work)

    def reach(self, file: str, places: Iterable[str]) -> dict[str, Any]:
        """The tests of a file that run these places of the library, and the seconds of each test."""

        def work() -> dict[str, Any]:
            reach = Reach()
            run_items(list(self.files[file].values()), reach, lambda: False)
            return reach.answer(places)

        return in_child(work)


def run_items(items: list[pytest.Item], plugin: Any, over: Callable[[], bool]) -> None:
    if items:
        items[0].config.pluginmanager.register(plugin)
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if over():
            break


class Served(importlib.machinery.SourceFileLoader):
    """Import hook: the module of a mutant, with its operator changed."""

    def __init__(self, mutant: Mutant):
        super().__init__(module_name(mutant.file), str(ROOT / mutant.file))
        self.text = mutant.source()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


def put_in(mutant: Mutant) -> None:
    """Change the functions of a module that is imported already, or serve the mutant when it is imported."""
    served = Served(mutant)
    if served.name not in sys.modules:
        sys.meta_path.insert(0, served)
        return
    changed, waiting = {}, [served.get_code(served.name)]
    while waiting:
        code = waiting.pop()
        changed[code.co_qualname, code.co_firstlineno] = code
        waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    for function in gc.get_objects():
        if type(function) is FunctionType and function.__code__.co_filename == served.path:
            new = changed.get((function.__code__.co_qualname, function.__code__.co_firstlineno))
            if new is not None and new.co_freevars == function.__code__.co_freevars:
                function.__code__ = new


def run_anew(wanted: Iterable[str], mutant: Mutant | None, seconds: float) -> dict[str, Any]:
    """Collect and run tests in a process forked from this one, into which the library must not be imported."""

    def work() -> dict[str, Any]:
        assert not any(name.split(".")[0] == "fer_models" for name in sys.modules)
        sys.meta_path[:0] = [Served(mutant)] if mutant else []
        watch = Watch(wanted, seconds)
        files = dict.fromkeys(map(file_of, wanted))
        code = pytest.main([*_OPTIONS, "-x", *files], plugins=[watch])
        watch.uncollected |= code not in (0, 1, 2, 5)
        return watch.answer()

    return in_child(work)


def collected(files: list[str], work: Callable[[Collected], None]) -> None:
    """Collect files of tests in this process and do the work with them."""
    import cv2
    import torch

    cv2.setNumThreads(1)  # a forked process would wait for threads that it does not have
    torch.set_num_threads(1)
    pytest.main([*_OPTIONS, "--continue-on-collection-errors", *files], plugins=[Collected(work)])


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the work returns in a process of its own; ``{"died": signal}`` where the process ends before that."""
    with tempfile.TemporaryDirectory(prefix="mutant-", ignore_cleanup_errors=True) as scratch:
        result = Path(scratch) / "result.json"
        process = os.fork()
        if process == 0:
            os.setsid()
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1), os.dup2(quiet, 2)
            os.environ["PYTEST_DEBUG_TEMPROOT"] = scratch
            with contextlib.suppress(BaseException):
                resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
                answer = work()
                signal.setitimer(signal.ITIMER_PROF, 0), signal.setitimer(signal.ITIMER_REAL, 0)
                result.write_text(json.dumps(answer))
            os._exit(0)
        _, status = os.waitpid(process, 0)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)  # what a test left behind
        return json.loads(result.read_text()) if result.is_file() else {"died": status & 0x7F}
