"""Tables in Markdown, as cards and generated pages show them."""

from __future__ import annotations

from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    """The first row is the head; columns after the first ``text_columns`` stand on the right, as numbers do."""
    head, *body = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    columns = len(rows[0])
    line = "|" + "|".join(["---"] * text_columns + ["---:"] * (columns - text_columns)) + "|"
    return "\n".join([head, line, *body])
