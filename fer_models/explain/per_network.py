"""What follows from a network's weights alone, kept as long as the network lives and its weights stay."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

from torch import Tensor, nn

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

T = TypeVar("T")


class PerNetwork(Generic[T]):
    """A memory for values that do not depend on a picture; one value a network and key.

    A value is made anew after the weights were changed in place, as an optimiser or ``load_state_dict`` does, or moved
    to another device; edits through ``.data`` are not noticed. Safe to share among threads.

    Args:
        most: of how many networks values are kept, the ones asked for last.
    """

    def __init__(self, most: int = 8):
        self._most = most
        self._lock = threading.Lock()
        self._kept: weakref.WeakKeyDictionary[nn.Module, dict[Hashable, tuple[Hashable, T]]] = (
            weakref.WeakKeyDictionary()
        )

    def of(self, classifier: Classifier, key: Hashable, make: Callable[[], T]) -> T:
        """The value of that network and ``key``; ``make`` finds it the first time."""
        model = classifier.model
        full = (classifier.checkpoint.identity, key)
        state = _state(model)
        with self._lock:
            known = self._kept.get(model, {}).get(full)
        if known is not None and known[0] == state:
            return known[1]
        value = make()  # outside the lock: two threads may both make it, and both are right
        with self._lock:
            values = self._kept.pop(model, {})  # put in again as the newest
            self._kept[model] = values | {full: (state, value)}
            for oldest in list(self._kept.keys())[: -self._most]:
                del self._kept[oldest]
        return value


def _state(model: nn.Module) -> Hashable:
    """Place and version of every parameter and buffer; torch counts the versions up with each change in place."""
    return tuple(_version(tensor) for tensor in (*model.parameters(), *model.buffers()))


def _version(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version
