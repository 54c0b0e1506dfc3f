"""The tabs of the Explain page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from workbench import state
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
    "attention": ("Attention", attention.show),
    "networks": ("Networks", networks.show),
    "methods": ("Methods", methods.show),
    "contrast": ("Two classes", contrast.show),
    "versus": ("Two maps", versus.show),
    "change": ("What if", what_if.show),
    "trust": ("Trust", trust.show),
    "sheet": ("Several images", sheet.show),
    "training": ("Through training", through_training.show),
}
#: What stands in the row of tabs, with the tabs behind it: more than one are chosen in a second row.
ROW: dict[str, tuple[str, ...]] = {
    "Overview": ("look",),
    "Attention": ("attention",),
    "Compare": ("networks", "methods", "contrast", "versus"),
    "What if": ("change",),
    "Trust": ("trust",),
    "Several images": ("sheet",),
    "Training": ("training",),
}
TAB = state.Choice("explain.tab", TABS)
VIEW = state.Choice("explain.view", ROW, address=False)


def choose() -> str:
    """Draw the row of tabs, and return the key of the open one."""
    VIEW.set(next(title for title, keys in ROW.items() if TAB.get() in keys))  # the address names the tab alone
    view = st.segmented_control(
        "View", list(ROW), required=True, label_visibility="collapsed", **VIEW.widget(then=_open_first)
    )
    keys = ROW[str(view)]
    if len(keys) == 1:
        return keys[0]
    return str(
        st.segmented_control(
            "Compare",
            keys,
            format_func=lambda key: TABS[key][0],
            required=True,
            label_visibility="collapsed",
            **TAB.widget(keys),
        )
    )


def _open_first() -> None:
    TAB.set(ROW[VIEW.get()][0])
