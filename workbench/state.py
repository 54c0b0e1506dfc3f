"""What a person has chosen: kept from page to page and in the address, so that a colleague can open the same view.

The only user of ``st.session_state`` and ``st.query_params``. A widget's own key vanishes when the page changes, so
each choice lives under a key of ours, and the address wins over it: a link shows what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import streamlit as st

T = TypeVar("T", bound=Hashable)


def get(name: str, default: str | None = None) -> str | None:
    """The choice called ``name`` as text, from the address or from earlier in this session; mirrored into both."""
    if name in st.query_params:
        st.session_state[_kept(name)] = st.query_params[name]
    elif st.session_state.get(_kept(name)) is not None:
        st.query_params[name] = st.session_state[_kept(name)]
    return st.session_state.get(_kept(name), default)


def put(name: str, value: str | None) -> None:
    """Remember a choice in the session and in the address; ``None`` forgets it."""
    st.session_state[_kept(name)] = value
    if value is not None:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]


def bound(
    name: str,
    options: Sequence[T],
    default: T | None = None,
    *,
    in_url: bool = True,
    then: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Keyword arguments that tie a widget to a choice: it shows the choice and changes it.

    Args:
        options: what can be chosen; a remembered choice that is not among them gives way to ``default``, else to the
            first one. In the address a choice is written as its text.
        in_url: ``False`` for a matter of taste that a link need not carry; it is still kept from page to page.
        then: called after a change by hand.
    """
    stored = get(name) if in_url else st.session_state.get(_kept(name))
    value = next((option for option in options if str(option) == str(stored)), None)
    if value is None:
        value = default if default in options else (options[0] if len(options) else None)
    key = f"widget {name}"
    st.session_state[key] = value
    return {"key": key, "on_change": _changed, "args": (name, key, in_url, then)}


def bound_number(name: str, default: float) -> dict[str, Any]:
    """As :func:`bound` for a slider or number box; kept from page to page, not in the address."""
    key = f"widget {name}"
    st.session_state[key] = st.session_state.get(_kept(name), default)
    return {"key": key, "on_change": _changed, "args": (name, key, False)}


def remember(name: str, value: Any) -> None:
    """Keep any object for this session only, such as an uploaded picture while another page is open."""
    st.session_state[_kept(name)] = value


def recall(name: str, default: Any = None) -> Any:
    """What :func:`remember` kept."""
    return st.session_state.get(_kept(name), default)


def value_of(key: str) -> Any:
    """The value of the widget with that key, inside its own callback."""
    return st.session_state.get(key)


def _changed(name: str, key: str, in_url: bool, then: Callable[[], None] | None = None) -> None:
    value = st.session_state[key]
    if in_url:
        put(name, None if value is None else str(value))
    else:
        st.session_state[_kept(name)] = value
    if then is not None:
        then()


def _kept(name: str) -> str:
    return f"chosen {name}"
