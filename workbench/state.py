"""The user's choices: declared once, kept from page to page, and in the address so that a link restores them.

A choice is declared at the top of the module that owns it, under the name ``page.thing``, or ``shared.thing`` if
several pages share it (:mod:`workbench.shared`)::

    TAB = state.Choice("explain.tab", ("Map", "Attention"))
    OPACITY = state.Number("heatmap.opacity", 50, 0, 100)

    tab = st.segmented_control("Tab", TAB.options, **TAB.widget())
    opacity = st.slider("Opacity, %", **OPACITY.widget())

The session stores a value under the full name, so pages never read each other's choices. In the address the name is
``thing``. Two pages may use the same word for different choices (``section``), because the navigation clears the
address between pages; on one page, and for a shared choice, a word belongs to one declaration. A test checks these
rules.

This is the only user of ``st.session_state`` and ``st.query_params``. Streamlit drops a widget's key when the page
changes, so each value is stored under a second key. A value in the address overrides the stored one, unless the user
has replaced it on this page: a fragment that runs every second sends an address that may be older than the choice.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

import streamlit as st

_UNWRITTEN = "choices missing from the address"
#: For each name in the address, the values that were replaced since the page was opened; and that page.
_REPLACED, _PAGE = "choices replaced in the address", "open page"
_Then = Callable[[], None] | None
_Options = Sequence[Any] | None
#: Every declaration, by its name and the file that makes it.
DECLARED: dict[tuple[str, str], _Declared] = {}


class _Declared:
    """A named value in the session and, if ``address``, in the address."""

    def __init__(self, name: str, default: Any, options: Iterable[Any] | None = None, *, address: bool = False) -> None:
        self.name = name
        self.default = default
        self.options = tuple(options or ())
        self.address = address
        self.details = ""
        DECLARED[name, _declaring_file()] = self

    def of(self, *details: object) -> Self:
        """The same choice for one picture, network or the like; each has its own value."""
        part = copy.copy(self)
        part.details = " ".join([self.details, *map(str, details)]).strip()
        return part

    @property
    def key(self) -> str:
        """Key of the widget."""
        return f"{self.name} {self.details}".strip()

    @property
    def parameter(self) -> str:
        """Name in the address."""
        return self.key.partition(".")[2]

    @property
    def slot(self) -> str:
        """Key of the value in the session."""
        return f"chosen {self.key}"

    def _stored(self) -> Any:
        """The stored value, as text if it comes from the address; ``None`` if there is none."""
        if not self.address:
            return st.session_state.get(self.slot)
        if self.parameter in st.query_params:
            text = st.query_params[self.parameter]
            if text not in st.session_state.get(_REPLACED, {}).get(self.parameter, ()):
                st.session_state[self.slot] = text
            else:
                self._store(st.session_state.get(self.slot))
        elif st.session_state.get(self.slot) is not None:
            st.session_state.setdefault(_UNWRITTEN, {})[self.parameter] = st.session_state[self.slot]
        return st.session_state.get(self.slot)

    def _store(self, value: Any, *, back: bool = False) -> None:
        st.session_state[self.slot] = value
        if not self.address:
            return
        st.session_state.get(_UNWRITTEN, {}).pop(self.parameter, None)
        replaced = st.session_state.setdefault(_REPLACED, {}).setdefault(self.parameter, set())
        if not back:
            replaced.add(st.query_params.get(self.parameter))
        replaced.discard(value)
        if value is not None:
            st.query_params[self.parameter] = value
        elif self.parameter in st.query_params:
            del st.query_params[self.parameter]

    def set(self, value: Any) -> None:
        """Store ``value``; ``None`` deletes the stored value."""
        self._store(value)

    def _bind(self, value: object, then: _Then = None, options: _Options = None) -> dict[str, Any]:
        st.session_state[self.key] = value
        return {"key": self.key, "on_change": self._changed, "args": (then, options)}

    def _changed(self, then: _Then, options: _Options) -> None:
        if options is not None and st.session_state[self.key] not in (None, *options):
            return  # The browser sent a label from before the labels changed, as of a run that has just finished.
        self.set(st.session_state[self.key])
        if then is not None:
            then()


class Kept(_Declared):
    """Any value kept for the session, such as an uploaded picture; not in the address.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        default: Value until one is set.
    """

    def __init__(self, name: str, default: Any = None) -> None:
        super().__init__(name, default)

    def get(self, default: Any = None) -> Any:
        """The stored value, else ``default``, else the default of the declaration."""
        stored, fallback = self._stored(), self.default if default is None else default
        return fallback if stored is None else stored


class Choice(_Declared):
    """One of several options.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        options: Possible values; ``None`` if they are only known while the page is drawn.
        default: Value until one is chosen; the first option if this is none of them.
        address: ``False`` for display settings that a link need not restore.
    """

    def __init__(
        self, name: str, options: Iterable[Any] | None = None, default: Any = None, *, address: bool = True
    ) -> None:
        super().__init__(name, default, options, address=address)

    def get(self, options: _Options = None, default: Any = None) -> Any:
        """The chosen option of ``options``, or else of the declaration; without any, the stored value, unchecked."""
        stored = self._stored()
        options = self.options or None if options is None else options
        default = self.default if default is None else default
        if options is None:
            return default if stored is None else stored
        fallback = default if default in options else next(iter(options), None)
        return next((option for option in options if str(option) == str(stored)), fallback)

    def in_address(self) -> str | None:
        """The value in the address, unchecked; ``None`` where this page's address names none."""
        return st.query_params.get(self.parameter)

    def set(self, value: Any, *, back: bool = False) -> None:
        """Choose ``value``; ``None`` deletes the choice. With ``back`` the browser's Back chooses the one before."""
        self._store(str(value) if self.address and value is not None else value, back=back)

    def widget(self, options: _Options = None, default: Any = None, *, then: _Then = None) -> dict[str, Any]:
        """Keyword arguments that bind a selectbox, radio or the like to this choice.

        ``options`` and ``default`` replace those of the declaration; ``then`` is called after a change by the user.
        """
        return self._bind(self.get(options, default), then, self.options or None if options is None else options)


class Several(_Declared):
    """Some of several options, such as the networks to compare; separated by commas in the address.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        options: Possible values; ``None`` if they are only known while the page is drawn.
        default: Values until some are chosen.
        address: ``False`` for display settings that a link need not restore.
    """

    def __init__(
        self, name: str, options: Iterable[Any] | None = None, default: Iterable[Any] = (), *, address: bool = True
    ) -> None:
        super().__init__(name, tuple(default), options, address=address)

    def get(self, options: _Options = None, default: Iterable[Any] | None = None) -> list[Any]:
        """The chosen ones, in the order of choice, of ``options`` or else the declaration; without any, unchecked."""
        stored = self._stored()
        if stored is None:
            stored = self.default if default is None else default
        elif self.address:
            stored = stored.split(",")
        by_text = {str(option): option for option in (self.options or stored if options is None else options)}
        return [by_text[str(part)] for part in stored if str(part) in by_text]

    def set(self, value: Iterable[Any] | None) -> None:
        """Choose these; ``None`` deletes the choice, in the session and the address."""
        if value is None:
            self._store(None)
        else:
            self._store(",".join(map(str, value)) if self.address else tuple(value))

    def widget(
        self, options: _Options = None, default: Iterable[Any] | None = None, *, most: int | None = None
    ) -> dict[str, Any]:
        """Keyword arguments that bind a multiselect to this choice.

        Args:
            options: Possible values, if the declaration has none.
            default: Overrides the default of the declaration.
            most: Largest number of options; a longer list in the address is cut.
        """
        return self._bind(self.get(options, default)[:most])


class Number(Kept):
    """A number of a slider or number box, kept from page to page, not in the address.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        default: Value until one is chosen; if ``None``, each call passes it.
        low: Lower bound; smaller stored numbers are clipped.
        high: Upper bound.
    """

    def __init__(self, name: str, default: Any = None, low: float | None = None, high: float | None = None) -> None:
        super().__init__(name, default)
        self.low, self.high = low, high

    def get(self, default: Any = None, low: float | None = None, high: float | None = None) -> Any:
        """The number, clipped to these bounds or else to those of the declaration."""
        low, high = self._bounds(low, high)
        value = super().get(default) if low is None else max(low, super().get(default))
        return value if high is None else min(high, value)

    def widget(
        self, default: Any = None, low: float | None = None, high: float | None = None, *, then: _Then = None
    ) -> dict[str, Any]:
        """Keyword arguments that bind a slider or number box to this number, with its bounds.

        Args:
            default: Overrides the default of the declaration.
            low: Overrides its lower bound.
            high: Overrides its upper bound.
            then: Called after a change by the user.
        """
        bounds = zip(("min_value", "max_value"), self._bounds(low, high), strict=True)
        bound = self._bind(self.get(default, low, high), then)
        return bound | {name: end for name, end in bounds if end is not None}

    def _bounds(self, low: float | None, high: float | None) -> tuple[float | None, float | None]:
        return self.low if low is None else low, self.high if high is None else high


class Toggle(Kept):
    """On or off, kept from page to page, not in the address."""

    def __init__(self, name: str, default: bool = False) -> None:
        super().__init__(name, default)

    def get(self, default: bool | None = None) -> bool:
        """Whether it is on."""
        return bool(super().get(default))

    def widget(self, default: bool | None = None) -> dict[str, Any]:
        """Keyword arguments that bind a toggle or checkbox to this choice."""
        return self._bind(self.get(default))


def value_of(key: str) -> Any:
    """The value of a widget, inside its callback."""
    return st.session_state.get(key)


def address() -> str:
    """The choices in the address, as ``checkpoint=fcsdnet&split=test``."""
    return "&".join(f"{name}={value}" for name, value in st.query_params.items())


def open_page(key: str) -> None:
    """Say which page is drawn: when it is another one than before, its address counts as it stands."""
    if st.session_state.get(_PAGE) != key:
        st.session_state.update({_PAGE: key, _REPLACED: {}})


def write_address() -> None:
    """Write choices of other pages into the address, all at once, as one step of the browser's history."""
    missing = {name: text for name, text in st.session_state.pop(_UNWRITTEN, {}).items() if name not in st.query_params}
    if missing:
        st.query_params.update(missing)


def _declaring_file() -> str:
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename
