"""What the server does while the browser opens: load the libraries and compute the first answer."""

from __future__ import annotations

import contextlib
import logging
import threading
import time

from streamlit import runtime

from fer_models.errors import UserError

_THREAD, _PAUSE = "warm up", 0.1
_LOGGERS = (
    "streamlit.runtime.scriptrunner_utils.script_run_context",
    "streamlit.runtime.state.session_state_proxy",
)


def start() -> None:
    """Start in a thread that ends with the server."""
    threading.Thread(target=_prepare, name=_THREAD, daemon=True).start()


def _prepare() -> None:
    """An error is left to the page, which meets it too and shows it."""
    while not runtime.exists():  # the caches belong to it
        time.sleep(_PAUSE)
    for name in _LOGGERS:  # Streamlit warns of every cached call outside a session
        logging.getLogger(name).addFilter(lambda record: threading.current_thread().name != _THREAD)
    from workbench.features.home import first

    with contextlib.suppress(UserError, OSError):
        first.prepare()
