"""Latency, throughput and memory of networks, measured on request in a process beside the app, and kept.

Figures are kept on disk with the device and the number of threads that they belong to.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

from fer_models import system
from fer_models.device import inference_device
from fer_models.errors import UserError
from fer_models.folders import cache_folder
from fer_models.latency.measure import Cost, Subject
from fer_models.progress import Progress
from fer_models.settings import stored_or_none
from fer_models.storage import atomic_file
from workbench.app import jobs, machine
from workbench.app.jobs import Job
from workbench.features.compare.model.networks import Entry

_JOB = "measure the cost of networks"
_guard = threading.Lock()
#: Seconds between checks whether the measurement was stopped, while its process writes nothing.
_LOOK = 0.2


def threads() -> int:
    """How many threads a measurement uses: as many as the app's own predictions."""
    return machine.limit_threads()


def measured(entries: Sequence[Entry]) -> dict[str, Cost | str]:
    """Entry key -> its cost on this device, or the sentence on why it could not be measured."""
    measurements = _read()
    costs: dict[str, Cost | str] = {}
    for entry in entries:
        value = measurements.get(_identity(entry))
        if value is not None:
            costs[entry.key] = value
    return costs


def start(entries: Sequence[Entry]) -> Job:
    """Begin to measure in the background; one such job at a time, which is returned if it is under way."""
    jobs.forget(_JOB)
    subjects = list(entries)
    name = f"Timing {len(subjects)} {'network' if len(subjects) == 1 else 'networks'}"
    # Long, although a single network takes seconds: no other long job may run while the time is taken.
    return jobs.start(_JOB, name, lambda progress: _measure(subjects, progress), lane="long")


def find() -> Job | None:
    """The measurement at work, or the last one."""
    return jobs.find(_JOB)


def _measure(entries: list[Entry], progress: Progress) -> int:
    """Returns how many were measured; what is measured is kept when the job is stopped."""
    request = {
        "threads": threads(),
        "device": str(inference_device()),
        "subjects": [dataclasses.asdict(_subject(entry)) for entry in entries],
    }
    progress(0, "starting a process for it")
    worker = subprocess.Popen(
        [sys.executable, "-m", "fer_models.latency.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        **system.detached(),
        env={**os.environ, "OMP_NUM_THREADS": str(request["threads"])},
    )
    done, last = 0, (0.0, "starting a process for it")
    try:
        for line in _lines(worker, json.dumps(request) + "\n"):
            if line:
                complete, last = _take(json.loads(line), entries)
                done += complete
            progress(*last)
    finally:
        _end(worker)
        worker.wait()
    if done < len(entries):
        raise UserError("The measurement stopped early; measure again.")
    return done


def _lines(worker: subprocess.Popen[str], request: str) -> Iterator[str]:
    """Send the request and yield each line of the answer, and ``""`` while there is none for a moment."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert worker.stdin is not None and worker.stdout is not None
        with worker.stdout, contextlib.suppress(BrokenPipeError):  # it has ended
            worker.stdin.write(request)
            worker.stdin.flush()
            for line in worker.stdout:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True, name="answers of the measurement").start()
    while True:
        try:
            line = lines.get(timeout=_LOOK)
        except queue.Empty:
            yield ""
            continue
        if line is None:
            return
        yield line


def _end(worker: subprocess.Popen[str]) -> None:
    """End the worker and the child that measures; no effect if it already ended."""
    if worker.poll() is None:
        system.kill(worker.pid)


def _take(message: dict[str, Any], entries: list[Entry]) -> tuple[bool, tuple[float, str]]:
    """Keep a result; returns whether a network is complete, and the progress in all."""
    index = int(message["index"])
    entry = entries[index]
    complete = "cost" in message or "problem" in message
    if complete:
        _keep(_identity(entry), message.get("cost") or message["problem"])
    stage = f": {message['stage']}" if "stage" in message else ""
    text = f"{entry.name}, {index + 1} of {len(entries)}{stage}"
    return complete, ((index + (1 if complete else message.get("fraction", 0.0))) / len(entries), text)


def _subject(entry: Entry) -> Subject:
    folder = str(entry.checkpoint.path) if entry.checkpoint else ""
    macs = entry.cost.macs if entry.cost else 0
    return Subject(entry.network, entry.options, entry.channels, entry.size, macs, folder)


def _identity(entry: Entry) -> str:
    """What a figure belongs to: the network and its input, and all that runs it."""
    network = (
        entry.checkpoint.identity if entry.checkpoint else json.dumps([entry.network, entry.options], sort_keys=True)
    )
    environment = [machine.describe().device, str(inference_device()), threads(), torch.__version__]
    return json.dumps([network, entry.channels, entry.size, *environment])


def _file() -> Path:
    return cache_folder() / "compare" / "measurements.json"


def _read() -> dict[str, Cost | str]:
    return stored_or_none(_file(), dict[str, Cost | str]) or {}  # missing or damaged: it can be measured again


def _keep(identity: str, value: Any) -> None:
    with _guard:
        measurements: dict[str, Any] = {**_read(), identity: value}
        file = _file()
        try:
            with atomic_file(file) as new:
                new.write_text(json.dumps(measurements, default=dataclasses.asdict), encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"The measurement could not be saved ({error.strerror or 'the file system refused it'}); "
                f"free some disk space in {file.parent} and measure again."
            ) from None
