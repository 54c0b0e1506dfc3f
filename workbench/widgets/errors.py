"""Errors as sentences on the page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from fer_models.errors import UserError

_LOG = logging.getLogger(__name__)


@contextmanager
def guard(what: str = "this page") -> Iterator[None]:
    """Show an error inside the block as one sentence and continue after it; never a traceback on the page.

    Args:
        what: what failed, for the sentence about an unexpected error, whose details go to the log.
    """
    try:
        yield
    except UserError as error:
        st.error(_plain(str(error)), icon=":material/error:")
    except Exception as error:  # Streamlit's control flow exceptions are not subclasses of Exception
        _LOG.exception("Unforeseen error in %s", what)
        st.error(
            f"An unexpected error stopped {what} ({type(error).__name__}); reload the page, and if it returns look "
            "into the log where the app was started.",
            icon=":material/error:",
        )


def _plain(text: str) -> str:
    """Markdown marks in file names and paths shown as they are."""
    for mark in "\\`*_[]$~:<":
        text = text.replace(mark, f"\\{mark}")
    return text
