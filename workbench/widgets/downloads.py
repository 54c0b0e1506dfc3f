"""A table as a CSV file."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.tables import csv_text


def show(columns: Sequence[str], rows: Sequence[Sequence[object]], name: str, *, key: str, label: str = "CSV") -> None:
    """Draw a button that saves the rows under ``name``."""
    text = csv_text(columns, rows)
    st.download_button(label, text, name, "text/csv", key=key, on_click="ignore", icon=":material/download:")
