"""Compare: every network with its cost, the trained ones with their accuracy, and what a network is made of."""

from __future__ import annotations

import streamlit as st

from workbench import state
from workbench.components import (
    compare_claims,
    compare_faces,
    compare_layers,
    compare_papers,
    compare_plot,
    compare_table,
    heading,
)
from workbench.components.errors import guard
from workbench.services import compare, compare_measure, machine
from workbench.services.compare import INPUTS, Entry

_SECTIONS = ("Networks", "On the same faces", "Printed in the papers", "Claims check")
_READING = {
    "Networks": (
        "A network on the dashed line is the most accurate one at its cost; one below and to the right of another is "
        "worse in both. Where the bars of two networks overlap widely, their difference may be chance, and only "
        "figures of the same split can be compared at all. Multiply-accumulates are counted and the same everywhere; "
        "milliseconds depend on this device and on what else it does: layers with few products can still take long.",
        "Canziani, Paszke and Culurciello, An Analysis of Deep Neural Network Models for Practical Applications, 2016",
    ),
    "On the same faces": (
        "Two intervals that overlap do not settle it: both networks saw the same pictures, so what counts is where "
        "they differ. McNemar's test looks only at pictures that one gets right and the other wrong; if those split "
        "evenly, the difference can be chance. With many pairs some look different by luck, which Holm's correction "
        "takes into account. The test says nothing about chance in training: another seed gives another network.",
        "McNemar 1947; Holm 1979; Dietterich, Approximate Statistical Tests for Comparing Supervised Classification "
        "Learning Algorithms, 1998",
    ),
    "Printed in the papers": (
        "A printed figure belongs to its authors' data, split, preparation and choice of weights, which papers seldom "
        "state in full. A network measured here under another protocol can stand higher or lower for that reason "
        "alone, so the two tables are kept apart and no difference between them is tested.",
        "Each table names the paper and the table it comes from",
    ),
    "Claims check": (
        "All these figures come from one confusion matrix, whose rows add up to the class counts. So they bind each "
        "other: recall of every class near one leaves no room for a low accuracy. “Cannot” is certain for these "
        "counts and this averaging; before a paper is called wrong, try the other averaging and its own counts. "
        "“No contradiction” does not say that the figures are right.",
        "Bounds by linear programming over the confusion matrix; Sokolova and Lapalme, A systematic analysis of "
        "performance measures for classification tasks, 2009",
    ),
}
_ROWS = {"main": "trained ones and each network as published", "all": "all, with every variant"}


def render() -> None:
    heading.show("compare")
    section = st.segmented_control(
        "Section", _SECTIONS, required=True, label_visibility="collapsed", **state.bound("section", _SECTIONS)
    )
    with guard(f"the section {section}"):
        _section(str(section))
    heading.show_reading(*_READING[str(section)])


def _section(section: str) -> None:
    if section == "Networks":
        _networks()
    elif section == "On the same faces":
        compare_faces.show(key="compare")
    elif section == "Printed in the papers":
        compare_papers.show(key="compare")
    else:
        compare_claims.show(key="compare")


def _networks() -> None:
    entries = _entries()
    measured = compare_measure.measured(entries)
    with guard("the plot"):
        compare_plot.show(entries, measured, key="compare")
    st.subheader("All networks", anchor=False)
    threads = compare_measure.threads()
    st.caption(
        f"Times on {machine.describe().device}, with {threads} {'thread' if threads == 1 else 'threads'}, as "
        "medians; counts for one picture at the chosen input, trained networks at their own."
    )
    with guard("the table"):
        compare_table.show(entries, measured, key="compare")
    st.subheader("Layer by layer", anchor=False)
    with guard("the layers"):
        compare_layers.show(entries, key="compare")


def _entries() -> list[Entry]:
    left, right = st.columns([2, 3])
    with left:
        names = list(INPUTS)
        chosen = st.selectbox("Input", names, format_func=lambda name: INPUTS[name][0], **state.bound("input", names))
    with right:
        rows = st.selectbox("Rows", list(_ROWS), format_func=_ROWS.__getitem__, **state.bound("rows", list(_ROWS)))
    with st.spinner("Counting parameters and multiply-accumulates; the first time takes some seconds."):
        entries = compare.entries(chosen)
    return [entry for entry in entries if rows == "all" or entry.checkpoint is not None or entry.default]
