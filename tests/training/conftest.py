"""Workers that begin with their libraries loaded: they are forked from one process that has imported them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import IO, Any

import pytest

from fer_models.training.runs import launch

#: Reads a line for each worker, with its folder, its log and its environment, and prints its process id.
_FORKS = """
import json, os, signal, sys
from fer_models.training.runs import __main__ as entry
import fer_models.training.runs.worker
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # none of them stays behind as a zombie
for line in sys.stdin:
    asked = json.loads(line)
    if child := os.fork():
        print(child, flush=True)
        continue
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv[1:] = [asked["folder"]]
    code = 1
    try:
        code = entry.main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
"""


@pytest.fixture(scope="session")
def loaded() -> Iterator[subprocess.Popen[str]]:
    """The process that workers are forked from."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _FORKS], stdin=pipe, stdout=pipe, text=True) as process:
        yield process


@pytest.fixture
def quick_workers(loaded: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that :func:`launch.start` starts is a process as ever, but need not load torch and Lightning first."""

    def fork(command: list[str], *, stdout: IO[bytes], **options: Any) -> SimpleNamespace:
        assert command[:-1] == [sys.executable, "-m", "fer_models.training.runs"], command
        assert loaded.stdin is not None and loaded.stdout is not None
        asked = {"folder": command[-1], "log": stdout.name, "environment": dict(os.environ)}
        print(json.dumps(asked), file=loaded.stdin, flush=True)
        return SimpleNamespace(pid=int(loaded.stdout.readline()))

    monkeypatch.setattr(launch, "subprocess", SimpleNamespace(Popen=fork, DEVNULL=subprocess.DEVNULL))
