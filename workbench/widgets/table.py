"""A small table: right-aligned tabular numbers, escaped text, scrolls on a phone."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence

import streamlit as st

from fer_models.tables import csv_text, latex_table
from workbench.widgets.files import file_names, report

_CELL = (
    "padding:0.3rem 0.9rem 0.3rem 0;border:0;border-bottom:1px solid color-mix(in srgb, currentColor 16%, transparent);"
)
_HEAD = _CELL + "font-weight:500;opacity:0.8;"
#: Characters of a word that may be broken.
_LONGEST_WORD = 24


def show(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    bold: Collection[tuple[int, int]] = (),
    label: str,
) -> None:
    """Draw the table, with buttons that save it as CSV or LaTeX and put it into the report.

    Args:
        columns: head of each column.
        rows: cells as text, one sequence a row.
        right: positions of the columns with numbers.
        bold: row and column of the cells in bold.
        label: what the table holds, for screen readers.
    """

    def cell(tag: str, position: int, text: str, strong: bool = False) -> str:
        side = "right" if position in right else "left"
        wrap = "white-space:nowrap;" if tag == "td" and position in right else ""
        weight = "font-weight:700;" if strong else ""
        if max(map(len, text.split()), default=0) > _LONGEST_WORD:  # an address would squeeze its neighbours
            wrap = "overflow-wrap:anywhere;min-width:12em;"
        elif tag == "td" and position not in right and len(text) > _LONGEST_WORD:  # nor is a sentence squeezed itself
            wrap = "min-width:10em;"
        style = f"{_HEAD if tag == 'th' else _CELL}text-align:{side};{wrap}{weight}"
        scope = ' scope="col"' if tag == "th" else ""
        return f'<{tag}{scope} style="{style}">{html.escape(text)}</{tag}>'

    head = "".join(cell("th", i, name) for i, name in enumerate(columns))
    body = "".join(
        f"<tr>{''.join(cell('td', i, text, (number, i) in bold) for i, text in enumerate(row))}</tr>"
        for number, row in enumerate(rows)
    )
    name = file_names.file_name(f"{label}.csv", key=f"table {label}").removesuffix(".csv")
    files = f'data-name="{html.escape(name)}" data-csv="{html.escape(csv_text(columns, rows))}" '
    files += f'data-latex="{html.escape(latex_table(columns, rows, caption=label, right=right, bold=bold))}"'
    st.html(
        '<div class="table"><div style="overflow-x:auto"><table style="border-collapse:collapse;width:100%;'
        f'font-size:0.9rem;font-variant-numeric:tabular-nums" aria-label="{html.escape(label)}" {files}>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></div>"
    )
    report.table(name, label, columns, rows, right)
