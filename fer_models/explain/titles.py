"""The explanation methods in the order of a list."""

from __future__ import annotations

from collections.abc import Collection

from fer_models.explain import EXPLAINERS

#: The best known method, which lists begin with.
BEST_KNOWN = "grad_cam"


def titles(refused: Collection[str] = ()) -> dict[str, str]:
    """Keys and titles of the methods, the best known one first, without the refused ones.

    Example:
        >>> list(titles())[0]
        'grad_cam'
    """
    keys = sorted(EXPLAINERS, key=lambda key: (key != BEST_KNOWN, key))
    return {key: EXPLAINERS[key].title for key in keys if key not in refused}
