"""What a person has chosen: declared once, kept from page to page, and in the address so that a colleague can open it.

A choice is declared at the top of the module that owns it, under the name ``page.thing``, or ``shared.thing`` where
several pages mean the same by it (:mod:`workbench.shared`)::

    TAB = state.Choice("explain.tab", ("Map", "Attention"))
    OPACITY = state.Number("heatmap.opacity", 50, 0, 100)

    tab = st.segmented_control("Tab", TAB.options, **TAB.widget())
    opacity = st.slider("Opacity, %", **OPACITY.widget())

What is kept in the session lies under the full name, so two pages never read each other's choice. In the address it
is called ``thing``. Two pages may use one such word for two things (``section``), because the navigation empties the
address between pages; on one page, and for a shared choice, the word belongs to one declaration. :func:`clashes` finds
what breaks these rules.

The only user of ``st.session_state`` and ``st.query_params``. A widget's own key vanishes when the page changes, so
each choice lives under a key of ours, and the address wins over it: a link shows what it says.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import streamlit as st

#: First part of the names that more than one page uses: the shared rooms.
SHARED = ("shared", "face", "heatmap", "evidence", "widgets")
_UNWRITTEN = "choices that the address lacks"
#: Every declaration by its name and the file that makes it.
DECLARED: dict[tuple[str, str], _Declared] = {}


class _Declared:
    """A name, and where its value lies in the session and in the address."""

    def __init__(self, name: str, default: Any, options: Iterable[Any] | None = None, *, address: bool = False) -> None:
        self.name = name
        self.default = default
        self.options = tuple(options or ())
        self.address = address
        self.details = ""
        DECLARED[name, _declaring_file()] = self

    def of(self, *details: object) -> Self:
        """The same choice for one picture, network or the like; each is kept apart."""
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
        """Key under which the session keeps the value."""
        return f"chosen {self.key}"

    def _stored(self) -> Any:
        """The kept value: text where it is in the address, which wins; ``None`` where nothing is kept."""
        if not self.address:
            return st.session_state.get(self.slot)
        if self.parameter in st.query_params:
            st.session_state[self.slot] = st.query_params[self.parameter]
        elif st.session_state.get(self.slot) is not None:
            st.session_state.setdefault(_UNWRITTEN, {})[self.parameter] = st.session_state[self.slot]
        return st.session_state.get(self.slot)

    def _store(self, value: Any) -> None:
        st.session_state[self.slot] = value
        if not self.address:
            return
        st.session_state.get(_UNWRITTEN, {}).pop(self.parameter, None)
        if value is not None:
            st.query_params[self.parameter] = value
        elif self.parameter in st.query_params:
            del st.query_params[self.parameter]

    def set(self, value: Any) -> None:
        """Keep ``value``; ``None`` forgets what was kept."""
        self._store(value)

    def _bind(self, value: object, then: Callable[[], None] | None = None) -> dict[str, Any]:
        st.session_state[self.key] = value
        return {"key": self.key, "on_change": self._changed, "args": (then,)}

    def _changed(self, then: Callable[[], None] | None) -> None:
        self.set(st.session_state[self.key])
        if then is not None:
            then()


class Kept(_Declared):
    """Anything that is kept while this session lasts, such as an uploaded picture; not in the address.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        default: What stands until something is set.
    """

    def __init__(self, name: str, default: Any = None) -> None:
        super().__init__(name, default)

    def get(self, default: Any = None) -> Any:
        """What is kept, else ``default``, else that of the declaration."""
        stored = self._stored()
        if stored is not None:
            return stored
        return self.default if default is None else default


class Choice(_Declared):
    """One of several options.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        options: What can be chosen; ``None`` where it is known only while the page is drawn.
        default: What stands until something is chosen; the first option where this is none of them.
        address: ``False`` for a matter of taste that a link need not carry.
    """

    def __init__(
        self, name: str, options: Iterable[Any] | None = None, default: Any = None, *, address: bool = True
    ) -> None:
        super().__init__(name, default, options, address=address)

    def get(self, options: Sequence[Any] | None = None, default: Any = None) -> Any:
        """The chosen option; where no options are known, what was kept, unchecked: text if it is in the address.

        Args:
            options: Those of this moment, where the declaration has none.
            default: That of this moment.
        """
        stored = self._stored()
        options = self.options or None if options is None else options
        default = self.default if default is None else default
        if options is None:
            return default if stored is None else stored
        fallback = default if default in options else next(iter(options), None)
        return next((option for option in options if str(option) == str(stored)), fallback)

    def set(self, value: Any) -> None:
        """Choose ``value``; ``None`` forgets the choice, here and in the address."""
        self._store(str(value) if self.address and value is not None else value)

    def widget(
        self, options: Sequence[Any] | None = None, default: Any = None, *, then: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        """Keyword arguments that tie a selectbox, radio or the like to this choice.

        Args:
            options: Those of this moment, where the declaration has none.
            default: That of this moment.
            then: Called after a change by hand.
        """
        return self._bind(self.get(options, default), then)


class Several(_Declared):
    """Some of several options, such as the networks that are compared; in the address with commas between them.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        options: What can be chosen; ``None`` where it is known only while the page is drawn.
        default: What stands until something is chosen.
        address: ``False`` for a matter of taste that a link need not carry.
    """

    def __init__(
        self, name: str, options: Iterable[Any] | None = None, default: Iterable[Any] = (), *, address: bool = True
    ) -> None:
        super().__init__(name, tuple(default), options, address=address)

    def get(self, options: Sequence[Any] | None = None, default: Iterable[Any] | None = None) -> list[Any]:
        """The chosen options in the order of choice, without those that no longer exist.

        Args:
            options: Those of this moment, where the declaration has none.
            default: That of this moment.
        """
        stored = self._stored()
        if stored is None:
            stored = self.default if default is None else default
        elif self.address:
            stored = stored.split(",")
        by_text = {str(option): option for option in (self.options if options is None else options)}
        return [by_text[str(part)] for part in stored if str(part) in by_text]

    def set(self, value: Iterable[Any] | None) -> None:
        """Choose these; ``None`` forgets the choice, here and in the address."""
        if value is None:
            self._store(None)
        else:
            self._store(",".join(map(str, value)) if self.address else tuple(value))

    def widget(
        self, options: Sequence[Any] | None = None, default: Iterable[Any] | None = None, *, most: int | None = None
    ) -> dict[str, Any]:
        """Keyword arguments that tie a multiselect to this choice.

        Args:
            options: Those of this moment, where the declaration has none.
            default: That of this moment.
            most: How many can be chosen; of a longer list in the address the first ones count.
        """
        return self._bind(self.get(options, default)[:most])


class Number(Kept):
    """A number of a slider or number box, kept from page to page, not in the address.

    Args:
        name: ``page.thing`` or ``shared.thing``.
        default: What stands until something is chosen; where ``None``, each call says it.
        low: Lower bound; a kept number below it is moved onto it.
        high: Upper bound.
    """

    def __init__(self, name: str, default: Any = None, low: float | None = None, high: float | None = None) -> None:
        super().__init__(name, default)
        self.low, self.high = low, high

    def get(self, default: Any = None, low: float | None = None, high: float | None = None) -> Any:
        """The number, within the bounds of this moment or else of the declaration."""
        value = super().get(default)
        low, high = self._bounds(low, high)
        value = low if low is not None and value < low else value
        return high if high is not None and value > high else value

    def widget(self, default: Any = None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
        """Keyword arguments that tie a slider or number box to this number, its bounds among them."""
        bounds = zip(("min_value", "max_value"), self._bounds(low, high), strict=True)
        return self._bind(self.get(default, low, high)) | {name: end for name, end in bounds if end is not None}

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
        """Keyword arguments that tie a toggle or checkbox to this choice."""
        return self._bind(self.get(default))


def value_of(key: str) -> Any:
    """The value of the widget with that key, inside its own callback."""
    return st.session_state.get(key)


def write_address() -> None:
    """Put what was kept from other pages into the address: all of it at once, as one step of the browser's history."""
    missing = {name: text for name, text in st.session_state.pop(_UNWRITTEN, {}).items() if name not in st.query_params}
    if missing:
        st.query_params.update(missing)


def clashes(declared: Mapping[tuple[str, str], _Declared]) -> list[str]:
    """One sentence for each name that two files declare, and for each word of the address that can mean two things.

    Args:
        declared: As :data:`DECLARED`.
    """
    faults = []
    files: dict[str, str] = {}
    in_address = {name for (name, _), choice in declared.items() if choice.address}
    for (name, file), choice in sorted(declared.items(), key=lambda item: item[0]):
        if name in files:
            faults.append(f"{name} is declared in {files[name]} and in {file}.")
        files[name] = file
        page, _, word = name.partition(".")
        if not page or not word:
            faults.append(f"{name} in {file} is not of the form page.thing.")
        if choice.address:
            others = {f"{room}.{word}" for room in SHARED} & in_address - {name}
            faults += [f"{name} and {other} are both called {word} in the address." for other in sorted(others)]
    return faults


def _declaring_file() -> str:
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename
