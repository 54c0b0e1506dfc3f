"""Errors as sentences on the page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from fer_models.errors import UserError
from workbench.app.datasets import UnreadableError
from workbench.app.inventory import DamagedNetworkError
from workbench.widgets import data_choice

_LOG = logging.getLogger(__name__)


@contextmanager
def guard(what: str = "this page") -> Iterator[None]:
    """Show an error inside the block as one sentence and continue after it; never a traceback on the page.

    Args:
        what: what failed, for the sentence about an unexpected error, whose details go to the log.
    """
    try:
        yield
    except DamagedNetworkError:
        st.rerun()  # with another network, and the reason beside the choice
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
        if isinstance(error, UnreadableError):
            data_choice.unreadable(error.name)
    except Exception as error:  # Streamlit's control flow exceptions are not subclasses of Exception
        _LOG.exception("Unforeseen error in %s", what)
        st.error(
            f"An unexpected error stopped {what} ({type(error).__name__}); reload the page. If it happens again, "
            "see the log where the app was started.",
            icon=":material/error:",
        )


def plain(text: str) -> str:
    """Markdown marks in file names and paths shown as they are."""
    for mark in "\\`*_[]$~:<":
        text = text.replace(mark, f"\\{mark}")
    return text
