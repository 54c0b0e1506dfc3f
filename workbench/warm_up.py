"""What the server does beside the pages: draw faces, compute the first answer, load networks, return freed memory."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from streamlit import runtime

from fer_models.errors import UserError

_THREAD, _PAUSE = "warm up", 0.1
#: Seconds between two returns of freed memory, which take some milliseconds.
_TRIM_SECONDS = 20.0
_LOGGERS = (
    "streamlit.runtime.scriptrunner_utils.script_run_context",
    "streamlit.runtime.state.session_state_proxy",
)


def start() -> None:
    """Start in a thread that ends with the server."""
    threading.Thread(target=_prepare, name=_THREAD, daemon=True).start()


@contextlib.contextmanager
def _drawn() -> Iterator[None]:
    """Draw the faces for the cache in a process beside the block: in this one they would slow down the first pages.

    Faces that the cache holds need no process.
    """
    from fer_models.data import builtin

    if builtin.is_drawn():
        yield
        return
    code = (
        "import os; getattr(os, 'nice', int)(10); from fer_models.data import open_dataset; open_dataset('synthetic')"
    )
    quiet = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, "-c", code], stdin=quiet, stdout=quiet, stderr=quiet):
        yield


def _prepare() -> None:
    """An error is left to the page, which meets it too and shows it."""
    with contextlib.suppress(UserError, OSError), _drawn():
        while not runtime.exists():  # the caches belong to it
            time.sleep(_PAUSE)
        for name in _LOGGERS:  # Streamlit warns of every cached call outside a session
            logging.getLogger(name).addFilter(lambda record: threading.current_thread().name != _THREAD)
        from workbench.features.home import first

        first.prepare()
        first.load_networks()
    _keep_small()


def _keep_small() -> None:
    """Return freed memory as long as the server runs."""
    from workbench.app import machine

    while True:
        time.sleep(_TRIM_SECONDS)
        machine.return_memory()
