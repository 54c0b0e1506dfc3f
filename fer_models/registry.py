"""The one registry class: every list on a screen comes from one of these."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from fer_models.errors import UserError

T = TypeVar("T")
_REGISTRIES: list[Registry[Any]] = []


@contextmanager
def all_or_nothing() -> Iterator[None]:
    """Take out again whatever the block registered if it raises.

    Example:
        >>> shapes = Registry("shape")
        >>> import contextlib
        >>> with contextlib.suppress(ValueError), all_or_nothing():
        ...     _ = shapes.register("square")(4)
        ...     raise ValueError
        >>> len(shapes)
        0
    """
    before = [(registry, dict(registry.items())) for registry in list(_REGISTRIES)]
    try:
        yield
    except BaseException:
        for registry, entries in before:
            registry.restore(entries)
        raise


def import_modules(package: str) -> None:
    """Import every module of a package, so that whatever they register is in the registries.

    A new entry is then one new file in the package: nothing else needs to name it.

    Args:
        package: Dotted name of a package that is being imported, usually its own ``__name__``.

    Example:
        >>> import fer_models.losses  # its last line is import_modules(__name__)
        >>> "focal" in fer_models.losses.LOSSES
        True
    """
    for module in pkgutil.iter_modules(sys.modules[package].__path__):
        importlib.import_module(f"{package}.{module.name}")


class Registry(Generic[T]):
    """Named things of one kind, sorted by name.

    Raises:
        KeyError: :meth:`register` when the name is taken.
        UserError: lookup of an unknown name; the message lists the valid ones.

    Example:
        >>> shapes = Registry("shape")
        >>> @shapes.register("square")
        ... def area(side):
        ...     return side * side
        >>> list(shapes), shapes.create("square", 3)
        (['square'], 9)
    """

    def __init__(self, kind: str):
        self.kind = kind
        self._entries: dict[str, T] = {}
        _REGISTRIES.append(self)

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that stores a class or function under ``name`` and returns it unchanged."""

        def add(entry: T) -> T:
            if name in self._entries:
                raise KeyError(f"{self.kind} {name!r} is registered already")
            self._entries[name] = entry
            return entry

        return add

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            known = ", ".join(self) or "none"
            raise UserError(f"There is no {self.kind} called {name!r}; choose one of: {known}.") from None

    def restore(self, entries: dict[str, T]) -> None:
        """Put the entries of an earlier moment back."""
        self._entries = entries

    def create(self, name: str, *args: Any, **options: Any) -> Any:
        """Call the entry registered under ``name`` with the given arguments."""
        entry: Any = self[name]
        return entry(*args, **options)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def items(self) -> Iterator[tuple[str, T]]:
        """Name and entry, sorted by name."""
        return ((name, self._entries[name]) for name in self)
