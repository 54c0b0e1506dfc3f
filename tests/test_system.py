"""Processes, cores and memory as the system tells them; once as Linux does, once as elsewhere, by psutil."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fer_models import system
from fer_models.storage import atomic_file, locked, remove_leftovers_of_the_dead
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import Run, create_run

ROOT = Path(__file__).resolve().parents[1]
#: What only the module ``system`` asks; locks of files are filelock's, in ``storage``.
ASKED = {
    "os.kill", "os.killpg", "os.fork", "os.setsid", "os.getpgrp", "os.getppid", "os.uname", "os.sysconf",
    "os.sched_getaffinity", "os.waitpid", "signal.SIGKILL", "start_new_session", "preexec_fn", "fcntl", "resource",
    "psutil", "/proc",
}  # fmt: skip


@pytest.fixture(params=["Linux", "elsewhere"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    if request.param == "elsewhere":
        monkeypatch.setattr(system, "_PROC", tmp_path / "no-proc")
    elif not Path("/proc/self/stat").exists():
        pytest.skip("not Linux")
    return str(request.param)


def test_a_process_is_known_by_its_start(way: str) -> None:
    started = system.start_ticks(os.getpid())
    assert started and system.is_alive(os.getpid(), started) and system.exists(os.getpid())
    assert not system.is_alive(os.getpid(), started - 1) and not system.is_alive(None, started)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, **system.detached())
    begun = system.start_ticks(child.pid)
    assert begun and begun >= started and system.is_alive(child.pid, begun)
    child.kill()
    deadline = time.monotonic() + 10
    while system.start_ticks(child.pid) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert system.start_ticks(child.pid) is None  # it has ended, though nobody waited for it
    child.wait()
    assert not system.exists(child.pid) and system.start_ticks(2**30) is None


def test_a_process_ends_with_all_that_it_started(way: str) -> None:
    code = (
        "import subprocess, sys; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(c.pid, flush=True); c.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    grandchild = int(parent.stdout.readline())
    system.kill(parent.pid)
    parent.wait(10)
    deadline = time.monotonic() + 10
    while system.start_ticks(grandchild) is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert system.start_ticks(grandchild) is None
    system.kill(parent.pid)  # no effect
    parent.stdout.close()


def test_a_run_is_lost_when_its_process_is_gone(way: str) -> None:
    run = create_run(Recipe(data="synthetic:count=70", network="mini_xception"))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    run.write_status(state="running", pid=child.pid, pid_started=system.start_ticks(child.pid))
    assert Run(run.folder).status().active
    child.kill()
    child.wait()
    assert run.status().state == "lost"


def test_locks_and_leftovers(way: str, tmp_path: Path) -> None:
    with locked(tmp_path / ".lock", timeout=0), pytest.raises(TimeoutError), locked(tmp_path / ".lock", timeout=0):
        pass
    with atomic_file(tmp_path / "a.json") as new:
        new.write_text("{}")
        remove_leftovers_of_the_dead(tmp_path)
        assert new.exists()  # its process lives


def test_this_computer(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert system.memory() > 1e8 and isinstance(system.processor(), str)
    assert (system.forget_peak_memory() is None) == (way == "elsewhere")
    counted = system.cores()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert 1 <= counted <= system.cores() == os.cpu_count()
    assert system.can_fork() == (sys.platform == "linux")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not system.can_fork()


def asks(tree: ast.AST) -> list[str]:
    """What a module asks the system by itself."""
    words = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            words |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            words |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Attribute):
            words.add(ast.unparse(node))
        elif isinstance(node, ast.keyword):
            words.add(node.arg or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/proc"):
            words.add("/proc")
    return sorted(words & ASKED)


def test_nobody_else_asks_the_system() -> None:
    for top in ("fer_models", "workbench", "pages"):
        for file in (ROOT / top).rglob("*.py"):
            if file != Path(system.__file__):
                assert asks(ast.parse(file.read_text(encoding="utf-8"))) == [], file
    planted = "import fcntl, os\nfrom os import kill\nPopen(start_new_session=True)\nopen('/proc/cpuinfo')\nos.fork()"
    assert asks(ast.parse(planted)) == ["/proc", "fcntl", "os.fork", "os.kill", "start_new_session"]
