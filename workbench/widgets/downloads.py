"""A table as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import streamlit as st


def show(columns: Sequence[str], rows: Sequence[Sequence[object]], name: str, *, key: str, label: str = "CSV") -> None:
    """Draw a button that saves the rows under ``name``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    st.download_button(label, text.getvalue(), name, "text/csv", key=key, on_click="ignore", icon=":material/download:")
