"""Compare, first section: what every network costs, how accurate the trained ones are, and what they are made of."""

from __future__ import annotations

import streamlit as st

from workbench import state
from workbench.app import machine
from workbench.features.compare import layers, networks_plot, networks_table
from workbench.features.compare.model import measure, networks
from workbench.features.compare.model.networks import INPUTS, Entry
from workbench.widgets.errors import guard

_ROWS = {"main": "trained ones and the defaults of each network", "all": "all, with every variant"}
INPUT = state.Choice("compare.input")
ROWS = state.Choice("compare.rows", _ROWS)


def show(*, key: str) -> None:
    """Draw the section; ``key`` is the prefix of its widgets."""
    row = st.container(horizontal=True, gap="xsmall")
    with row:
        entries = _entries()
    measured = measure.measured(entries)
    with guard("the plot"):
        networks_plot.show(entries, measured, key=key, row=row)
    st.header("All networks", anchor=False)
    threads = measure.threads()
    st.caption(
        f"Times on {machine.describe().device}, with {threads} {'thread' if threads == 1 else 'threads'}, as "
        "medians; counts for one image at the chosen input, trained networks at their own."
    )
    with guard("the table"):
        networks_table.show(entries, measured, key=key)
    st.header("Layer by layer", anchor=False)
    with guard("the layers"):
        layers.show(entries, key=key)


def _entries() -> list[Entry]:
    names = list(INPUTS)
    input_key = st.selectbox(
        "Input",
        names,
        format_func=lambda name: INPUTS[name][0],
        label_visibility="collapsed",
        **INPUT.widget(names),
    )
    rows = st.selectbox(
        "Rows", list(_ROWS), format_func=_ROWS.__getitem__, label_visibility="collapsed", **ROWS.widget()
    )
    with st.spinner("Counting parameters and multiply-accumulates; the first time takes some seconds."):
        return networks.entries(input_key, variants=rows == "all")
