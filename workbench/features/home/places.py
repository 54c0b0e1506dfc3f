"""The data sets and the computer that the app runs on."""

from __future__ import annotations

import streamlit as st

from workbench import navigation
from workbench.app import inventory, machine
from workbench.app.wording import size
from workbench.widgets.errors import plain


def data_sets() -> None:
    """Draw the data sets, each a link to its page."""
    st.header("Data sets", anchor=False)
    for item in inventory.data_sets():
        name, where, _ = st.columns([6, 9, 2], vertical_alignment="center", gap="small")
        with name:
            st.page_link(
                navigation.page("datasets"),
                label=item.title,
                icon=":material/photo_library:",
                query_params={"data": item.name},
            )
        with where:
            st.caption(item.location)
            if item.problem:
                st.caption(f":orange[:material/warning:] {plain(item.problem)}")


def computer() -> None:
    """Draw processor, memory and graphics card in one line."""
    described = machine.describe()
    parts = [f"{described.processor}, {described.cores} {'core' if described.cores == 1 else 'cores'}"]
    if described.memory:
        parts.append(f"{size(described.memory)} of memory")
    parts.append(", ".join(described.gpus) if described.gpus else "no GPU: training runs on the processor")
    st.caption(f"This computer: {' · '.join(parts)}")
