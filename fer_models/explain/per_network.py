"""Cache of values that depend on a network's weights alone, valid until the weights change."""

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
    """Cache of values that do not depend on a picture; one value for each network and key.

    A value is computed again after the weights were changed in place, as by an optimiser or ``load_state_dict``, or
    moved to another device; changes through ``.data`` are not noticed. Safe to share among threads.

    Args:
        most: Cache size in networks (LRU).
    """

    def __init__(self, most: int = 8):
        self._most = most
        self._lock = threading.Lock()
        self._kept: weakref.WeakKeyDictionary[nn.Module, dict[Hashable, tuple[Hashable, T]]] = (
            weakref.WeakKeyDictionary()
        )

    def of(self, classifier: Classifier, key: Hashable, make: Callable[[], T]) -> T:
        """The cached value of that network and ``key``; ``make`` computes it the first time."""
        model = classifier.model
        full_key = (classifier.checkpoint.identity, key)
        state = _state(model)
        with self._lock:
            cached = self._kept.get(model, {}).get(full_key)
        if cached is not None and cached[0] == state:
            return cached[1]
        value = make()  # outside the lock: two threads may both compute it, with equal results
        with self._lock:
            values = self._kept.pop(model, {})  # inserted again as the newest
            self._kept[model] = values | {full_key: (state, value)}
            for oldest in list(self._kept.keys())[: -self._most]:
                del self._kept[oldest]
        return value


def _state(model: nn.Module) -> Hashable:
    """Address and version of every parameter and buffer; torch increments the version with each change in place."""
    return tuple(_version(tensor) for tensor in (*model.parameters(), *model.buffers()))


def _version(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version
