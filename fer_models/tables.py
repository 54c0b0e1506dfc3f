"""Tables as text: CSV files and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Integral, Real

#: A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "·": r"$\cdot$",
    "±": r"$\pm$",
    "×": r"$\times$",
    **{mark: f"${mark}$" for mark in "<>|"},  # LaTeX's usual font has other characters in their places
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def csv_text(columns: Iterable[object], rows: Iterable[Iterable[object]], *, digits: int | None = None) -> str:
    r"""A CSV file with a header line and ``"\n"`` line ends.

    A text that a spreadsheet would run as a formula is prefixed with an apostrophe; numbers, and texts that are
    numbers, are not. ``None`` and NaN are empty cells.

    Args:
        columns: Header of each column.
        rows: Cells of each line.
        digits: Significant digits of floating-point cells; ``None`` keeps all.

    Example:
        >>> csv_text(["file", "change"], [["=1+1", -0.5]])
        "file,change\n'=1+1,-0.5\n"
    """
    lines = (_csv_line([_csv_cell(value, digits) for value in row]) for row in (columns, *rows))
    return "".join(lines)


def records_csv(records: Sequence[Mapping[str, object]]) -> str:
    r"""A CSV file with a line for each record, as :func:`csv_text` writes it.

    Args:
        records: Values by column. Columns come in the order in which they first appear; missing values are empty.

    Example:
        >>> records_csv([{"name": "a", "n": 1}, {"name": "b", "f1": 0.5}])
        'name,n,f1\na,1,\nb,,0.5\n'
    """
    columns = list(dict.fromkeys(column for record in records for column in record))
    return csv_text(columns, ([record.get(column) for column in columns] for record in records))


def latex_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    caption: str = "",
    right: Collection[int] | None = None,
    bold: Collection[tuple[int, int]] = (),
    emphasis: Collection[tuple[int, int]] = (),
    rules: Collection[int] = (),
) -> str:
    r"""A LaTeX table (package ``booktabs``); all texts are escaped.

    Args:
        columns: Header of each column.
        rows: Cells of each row.
        caption: Caption of the ``table``; without one, the result is a ``tabular`` alone.
        right: Columns that are aligned right; all but the first by default.
        bold: Row and column of the cells in bold.
        emphasis: Row and column of the cells in italics.
        rules: Rows with a rule above them.

    Example:
        >>> print(latex_table(["Network", "Accuracy"], [["a_b", "71 %"]], bold={(0, 1)}), end="")
        % needs \usepackage{booktabs}
        \begin{tabular}{lr}
        \toprule
        Network & Accuracy \\
        \midrule
        a\_b & \textbf{71 \%} \\
        \bottomrule
        \end{tabular}
    """

    def cell(text: str, position: tuple[int, int]) -> str:
        text = escaped(text)
        text = rf"\emph{{{text}}}" if text and position in emphasis else text
        return rf"\textbf{{{text}}}" if text and position in bold else text

    numbers = range(1, len(columns)) if right is None else right
    sides = "".join("r" if i in numbers else "l" for i in range(len(columns)))
    body = [rf"\begin{{tabular}}{{{sides}}}", r"\toprule", _latex_row(map(escaped, columns)), r"\midrule"]
    for i, row in enumerate(rows):
        body += [r"\midrule"] if i in rules else []
        body.append(_latex_row(cell(text, (i, j)) for j, text in enumerate(row)))
    body += [r"\bottomrule", r"\end{tabular}"]
    if caption:
        body = [r"\begin{table}", rf"\caption{{{escaped(caption)}}}", r"\centering", *body, r"\end{table}"]
    return "\n".join([r"% needs \usepackage{booktabs}", *body, ""])


def escaped(text: str) -> str:
    r"""A text with LaTeX's special characters escaped.

    Example:
        >>> escaped("50 % of a_b")
        '50 \\% of a\\_b'
    """
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _csv_line(cells: Sequence[object]) -> str:
    # With its usual line end the writer quotes a cell with "\r" in it, which else would begin a new line.
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _csv_cell(value: object, digits: int | None) -> object:
    if value is None or isinstance(value, Integral):
        return value
    if isinstance(value, Real):
        number = float(value)
        if number != number:  # NaN
            return ""
        return value if digits is None else f"{number:.{digits}g}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _latex_row(cells: Iterable[str]) -> str:
    row = " & ".join(cells) + r" \\"
    return "{}" + row if row.startswith(("[", "*")) else row  # after the line before, LaTeX would read an option
