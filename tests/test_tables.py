"""Tables as text: CSV files that a spreadsheet opens without running a cell, LaTeX tables, and no other writer."""

from __future__ import annotations

import ast
import csv
import io
from pathlib import Path

import numpy as np
import pytest

from fer_models.tables import csv_text, escaped, latex_table, records_csv

ROOT = Path(__file__).resolve().parents[1]
#: The one module that may write CSV and LaTeX tables.
WRITER = "fer_models/tables.py"
_CSV_WRITERS = ("writer", "DictWriter")
_FRAME_WRITERS = ("to_csv", "to_latex")


def writers(root: Path) -> list[str]:
    """One line for each use of a CSV writer, or of pandas' CSV and LaTeX writers, outside :data:`WRITER`."""
    uses = []
    for top in ("fer_models", "workbench", "pages"):
        for file in sorted((root / top).rglob("*.py")):
            name = file.relative_to(root).as_posix()
            if name == WRITER:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute):
                    of_csv = isinstance(node.value, ast.Name) and node.value.id == "csv" and node.attr in _CSV_WRITERS
                    wrong = of_csv or node.attr in _FRAME_WRITERS
                elif isinstance(node, ast.ImportFrom):
                    wrong = node.module == "csv" and any(alias.name in _CSV_WRITERS for alias in node.names)
                else:
                    continue
                if wrong:
                    uses.append(f"{name}:{node.lineno}")
    return uses


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "-", "+1.5 points", Path("=1")]
)
def test_a_text_that_a_spreadsheet_would_run_is_guarded(text: object) -> None:
    header, row = csv.reader(io.StringIO(csv_text([text], [[text]]), newline=""))
    assert header == row == [f"'{text}"]


@pytest.mark.parametrize("cell", [-0.5, -3, "-0.5", "+1e-3", "-inf", "a=b", "[-1, 2]", "", np.float32(-0.5), True])
def test_numbers_and_plain_texts_stay(cell: object) -> None:
    assert next(csv.reader(io.StringIO(csv_text([cell], [])))) == ([str(cell)] if cell != "" else [""])


def test_what_is_written_can_be_read_back() -> None:
    cells = ['a "quoted", text', "two\nlines", "ü – ±", "one\r=1+1"]
    text = csv_text(["a,b", "c", "d", "e"], [cells])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["a,b", "c", "d", "e"], cells]
    assert text.endswith("\n") and not text.endswith("\r\n")


def test_missing_values_are_empty_and_digits_can_be_limited() -> None:
    assert csv_text("abcd", [(None, float("nan"), np.float32("nan"), 0.1 + 0.2)]) == (
        "a,b,c,d\n,,,0.30000000000000004\n"
    )
    values = (0.123456789, np.float32(1234567.8), 1234567, np.True_, np.int64(7654321), float("nan"))
    assert csv_text("abcdef", [values], digits=6).splitlines()[1] == "0.123457,1.23457e+06,1234567,True,7654321,"


def test_records_may_have_different_columns() -> None:
    assert records_csv([{"a": 1}, {"b": "=x", "a": 2}]) == "a,b\n1,\n2,'=x\n"
    assert records_csv([]) == "\n"


def test_a_latex_table_escapes_and_marks_its_cells() -> None:
    text = latex_table(
        ["A & B", "n"],
        [["a_1", "50 %"], ["b\\c", ""]],
        caption="100 % {x}",
        bold={(0, 1), (1, 1)},
        emphasis={(1, 0)},
        rules={1},
    )
    assert text.splitlines() == [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}",
        r"\caption{100 \% \{x\}}",
        r"\centering",
        r"\begin{tabular}{lr}",
        r"\toprule",
        r"A \& B & n \\",
        r"\midrule",
        r"a\_1 & \textbf{50 \%} \\",
        r"\midrule",
        r"\emph{b\textbackslash{}c} &  \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    assert r"\begin{table}" not in latex_table(["a"], [["b"]])
    assert r"{rl}" in latex_table(["a", "b"], [], right=[0])
    assert escaped("~^·±") == r"\textasciitilde{}\textasciicircum{}$\cdot$$\pm$"
    assert escaped("2 × 3, p < 0.05, a|b") == r"2 $\times$ 3, p $<$ 0.05, a$|$b"


def test_no_row_of_a_latex_table_begins_like_an_option() -> None:
    lines = latex_table(["a", "b"], [["[8, 16]", "[1, 2]"], ["*", ""]]).splitlines()
    assert r"{}[8, 16] & [1, 2] \\" in lines and r"{}* &  \\" in lines


def test_there_is_no_other_writer() -> None:
    assert writers(ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "import csv\nrows = csv.writer(file)",
        "import csv\nrows = csv.DictWriter(file, [])",
        "from csv import writer",
        "text = frame.to_csv(index=False)",
        "text = frame.style.to_latex()",
    ],
)
def test_a_planted_writer_is_reported(tmp_path: Path, line: str) -> None:
    for file, text in (("workbench/app/planted.py", line), (WRITER, line), ("pages/reader.py", "import csv")):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text + "\n", encoding="utf-8")
    assert len(writers(tmp_path)) == 1 and writers(tmp_path)[0].startswith("workbench/app/planted.py:")
