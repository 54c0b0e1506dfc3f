"""The tabs of the Explain page."""

from __future__ import annotations

from collections.abc import Callable

from workbench.features.explain import (
    attention,
    contrast,
    methods,
    networks,
    one_look,
    sheet,
    through_training,
    trust,
    versus,
    what_if,
)

#: Key in the address, title, and function that draws the tab; only the open tab is computed.
TABS: dict[str, tuple[str, Callable[..., None]]] = {
    "look": ("Overview", one_look.show),
    "methods": ("Methods", methods.show),
    "sheet": ("Several images", sheet.show),
    "networks": ("Networks", networks.show),
    "versus": ("Two maps", versus.show),
    "contrast": ("Contrast", contrast.show),
    "attention": ("Attention", attention.show),
    "trust": ("Trust", trust.show),
    "change": ("What if", what_if.show),
    "training": ("Through training", through_training.show),
}
