"""Measures networks one after the other in a separate process: ``python -m fer_models.latency.worker``.

One line of JSON comes in: ``{"threads": int, "device": str, "subjects": [...]}``. Lines of JSON go out: ``{"index",
"stage"}`` as progress, and for each subject ``{"index", "cost"}`` or ``{"index", "problem"}``. Each network runs in a
child that is forked before any work: its memory is separate, and a network that does not fit ends alone. The worker
ends when standard input closes, because the app ended.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import sys
import threading
from typing import Any

import torch

from fer_models import plugins
from fer_models.errors import UserError
from fer_models.latency.measure import Subject, measure
from fer_models.progress import Progress, silent
from fer_models.system import can_fork, end_with_parent, kill_this


def main() -> None:
    """Read the request, measure, and write the results."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not mix with the results
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    for index, values in enumerate(request["subjects"]):
        for message in _messages(Subject(**values), request):
            out.write(json.dumps({"index": index, **message}) + "\n")
            out.flush()


def _messages(subject: Subject, request: dict[str, Any]) -> Any:
    if not can_fork():
        yield _outcome(subject, request, silent)
        return
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(subject, request, send, os.getpid()), daemon=True)
    child.start()
    send.close()
    message: dict[str, Any] = {}
    while "cost" not in message and "problem" not in message:
        try:
            message = receive.recv()
        except EOFError:
            child.join()
            message = {"problem": "The network was ended by the system, most likely for want of memory."}
        yield message
    child.join()


def _child(subject: Subject, request: dict[str, Any], send: Any, worker: int) -> None:
    end_with_parent(worker)
    send.send(_outcome(subject, request, lambda fraction, stage: send.send({"stage": stage, "fraction": fraction})))
    send.close()


def _outcome(subject: Subject, request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    torch.set_num_threads(int(request.get("threads", 1)))
    try:
        return {"cost": dataclasses.asdict(measure(subject, progress, device=request.get("device", "cpu")))}
    except UserError as error:
        return {"problem": str(error)}
    except (RuntimeError, MemoryError) as error:
        return {"problem": f"The network did not run ({type(error).__name__})."}


def _end_with_the_app() -> None:
    while os.read(0, 1024):  # not sys.stdin, whose lock a forked child would wait for
        pass
    kill_this()


if __name__ == "__main__":
    plugins.load()
    main()
