"""Tests in processes of their own, for ``benchmarks/mutants.py``: what fails, and what each test enters."""

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
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest
from wrong_operators import ROOT, Mutant, module_name

#: Imported once, before the processes of the tests are forked.
HEAVY = (
    *("torch", "numpy", "pandas", "scipy.stats", "scipy.ndimage", "cv2", "PIL.Image", "pydantic", "jinja2"),
    *("sklearn.metrics", "sklearn.linear_model", "sklearn.manifold", "hypothesis", "safetensors.torch"),
)
#: Seconds of processor time from which a test is slow, and a fixture, and bytes of memory a process may have.
SLOW, _SLOW_FIXTURE, _MEMORY = 5.0, 60.0, 12 << 30
_OPTIONS = ("-p", "no:cacheprovider", "-s", "-m", "not slow and not browser")


class Entered:
    """The functions of the library that are entered, under a name that may change."""

    def __init__(self) -> None:
        self.codes: defaultdict[str, dict[int, CodeType]] = defaultdict(dict)
        self.now = self.codes[""]

    def _note(self, frame: FrameType, event: str, argument: object) -> None:
        self.now[id(frame.f_code)] = frame.f_code

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        threading.settrace(self._note)
        sys.settrace(self._note)
        try:
            yield
        finally:
            sys.settrace(None)

    @contextlib.contextmanager
    def under(self, name: str) -> Iterator[None]:
        before, self.now = self.now, self.codes[name]
        try:
            yield
        finally:
            self.now = before

    def functions(self) -> dict[str, list[str]]:
        start = f"{ROOT}/fer_models/"
        return {
            name: sorted({function_of(code) for code in codes.values() if code.co_filename.startswith(start)})
            for name, codes in self.codes.items()
        }


def function_of(code: CodeType) -> str:
    """File and qualified name, as :class:`Mutant` has them; only the file outside of functions."""
    return f"{code.co_filename[len(str(ROOT)) + 1 :]}:{code.co_qualname.replace('<module>', '')}"


class Watch:
    """Pytest plugin: notes what each test does, and ends one that hangs.

    Args:
        wanted: seconds after which each test hangs, by its name, in the order in which they run.
        mutant: whether the process ends when a test hangs; on the unchanged code, a slow test fails.
    """

    def __init__(self, wanted: dict[str, float], mutant: bool):
        self.wanted, self.order = wanted, {name: place for place, name in enumerate(wanted)}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        self.uncollected = False
        self.entered = Entered()
        if not mutant:
            signal.signal(signal.SIGPROF, self._too_slow), signal.signal(signal.SIGALRM, self._too_slow)
        self._alarm(_SLOW_FIXTURE)

    def _too_slow(self, number: int, frame: FrameType | None) -> None:
        raise pytest.fail.Exception("slow")

    def _alarm(self, limit: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, limit)
        signal.setitimer(signal.ITIMER_REAL, 20 * limit)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda item: self.order[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        with self.entered.under(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        with self.entered.under(""):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        self._alarm(self.wanted.get(item.nodeid, SLOW))
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - began
            self._alarm(_SLOW_FIXTURE)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += [report.nodeid] if report.failed else []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.uncollected |= report.failed

    def answer(self) -> dict[str, Any]:
        functions = self.entered.functions()
        return {"failed": self.failed, "seconds": self.seconds, "entered": functions, "uncollected": self.uncollected}


class Collected:
    """Pytest plugin: collects files of tests once, and lends them to ``work`` in place of running them."""

    def __init__(self, work: Callable[[Collected], None]):
        self.work = work
        self.entered = Entered()
        self.files: defaultdict[str, dict[str, pytest.Item]] = defaultdict(dict)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        with self.entered.watched():
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            self.files[item.nodeid.partition("::")[0]][item.nodeid] = item
        self.at_collection = set(self.entered.functions().get("", ()))
        self.work(self)
        return True

    def run(self, wanted: dict[str, float], mutant: Mutant | None, watched: bool = False) -> dict[str, Any]:
        """Run tests in a process forked from this one, until one fails if there is a mutant."""
        items = [item for name in wanted if (item := self.files[name.partition("::")[0]].get(name))]

        def work() -> dict[str, Any]:
            watch = Watch(wanted, mutant is not None)
            if mutant:
                put_in(mutant)
            if items:
                items[0].config.pluginmanager.register(watch)
            with watch.entered.watched() if watched else contextlib.nullcontext():
                for item, following in zip(items, [*items[1:], None], strict=True):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                    if mutant and watch.failed:
                        break
            return watch.answer()

        return in_child(work)


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


def run_anew(wanted: dict[str, float], mutant: Mutant | None) -> dict[str, Any]:
    """Collect and run tests in a process forked from this one, into which the library must not be imported."""

    def work() -> dict[str, Any]:
        assert not any(name.split(".")[0] == "fer_models" for name in sys.modules)
        sys.meta_path[:0] = [Served(mutant)] if mutant else []
        watch = Watch(wanted, mutant is not None)
        code = pytest.main(
            [*_OPTIONS, *["-x"] * (mutant is not None), *dict.fromkeys(name.partition("::")[0] for name in wanted)],
            plugins=[watch],
        )
        return watch.answer() | {"uncollected": watch.uncollected or code not in (0, 1, 5)}

    return in_child(work)


def collected(files: list[str], work: Callable[[Collected], None]) -> None:
    """Collect files of tests in this process and do the work with them."""
    pytest.main([*_OPTIONS, "--continue-on-collection-errors", *files], plugins=[Collected(work)])


def in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What the work returns in a process of its own; ``{"died": signal}`` where the process ends before that."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as scratch:
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
