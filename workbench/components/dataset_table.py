"""All data sets in one table: what was read beside the official figures, and where each can be had."""

from __future__ import annotations

import streamlit as st

from workbench.components import csv_download, table
from workbench.services import datasets


def show() -> None:
    """Draw the table, its differences, and the sources."""
    rows = datasets.all_sets()
    columns, cells = datasets.table(rows)
    table.show(columns, cells, right=tuple(range(1, 11)), label="All data sets with their sizes and the official ones")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Min, max and average are pictures a class, as in Table 2 of the FCSDNet paper. That table prints RAF-DB "
            "with 29,672 images; its own minimum, maximum and average belong to the 15,339 with a basic label."
        )
        csv_download.show(columns, cells, "data-sets.csv", key="sets csv")
    different = [(row.title, sentence) for row in rows for sentence in row.differences]
    if different:
        st.markdown("**What differs from the official counts, and what was left out**")
        table.show(
            ("Data set", "What was found"),
            different,
            label="Differences from the official counts and what was left out",
        )
    with st.expander("Where the sets can be had, and on what terms", icon=":material/link:"):
        known = {row.title: row for row in rows if row.citation}
        table.show(
            ("Data set", "Ask or fetch", "Terms", "Paper", "Layout that is read"),
            [(row.title, row.where, row.terms, row.citation, row.layout) for row in known.values()],
            label="Sources, terms and layouts",
        )
