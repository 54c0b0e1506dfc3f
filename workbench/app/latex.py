"""Tables for a paper."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd


def latex_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], bold: Collection[tuple[int, int]], caption: str
) -> str:
    """A LaTeX table (package ``booktabs``): first column left-aligned, others right-aligned.

    Args:
        bold: row and column of the cells in bold. caption: as LaTeX.
    """
    # Heads may be equal (two networks of one name); the columns of a frame may not.
    table = pd.DataFrame([list(row) for row in rows], columns=range(len(heads)))
    bold_cells = pd.DataFrame(
        [["textbf:--rwrap;" if (i, j) in bold else "" for j in range(len(heads))] for i in range(len(rows))]
    )
    style = table.style.format(escape="latex").hide(axis="index")
    style.relabel_index([escaped(head) for head in heads], axis=1)
    text = style.apply(lambda _: bold_cells, axis=None).to_latex(
        hrules=True, caption=caption, column_format="l" + "r" * (len(heads) - 1)
    )
    return f"% needs \\usepackage{{booktabs}}\n{text}"


def escaped(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    marks = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    marks |= {mark: f"\\{mark}" for mark in "&%$#_{}"} | {"·": r"$\cdot$", "±": r"$\pm$"}
    return "".join(marks.get(letter, letter) for letter in text)
