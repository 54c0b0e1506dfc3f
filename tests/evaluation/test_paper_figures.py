"""The papers' printed numbers: all there, none altered, each with its source."""

import csv
from collections import Counter
from importlib import resources

import pytest

from fer_models.errors import UserError
from fer_models.evaluation.claims.check import check_claim
from fer_models.evaluation.claims.paper_figures import paper_figures
from fer_models.papers import PAPERS


def test_every_table_has_as_many_numbers_as_the_paper_prints() -> None:
    counted = Counter((figure.paper, figure.table) for figure in paper_figures())
    assert counted == {
        ("fcsdnet", "Table 4"): 26,  # 4 sets x (5 runs + average) + RAF-DB's run and average
        ("fcsdnet", "Table 5"): 25,
        ("multibranch-buet", "Results table (section III)"): 6,
        ("multibranch-buet", "Section I"): 2,
        ("multibranch-buet", "Section II.A"): 1,
        ("sldcnn", "Table 2"): 12,
        ("sldcnn", "Table 3"): 16,
        ("sldcnn", "Table 4"): 12,
        ("sldcnn", "Table 5"): 49,
        ("sldcnn", "Table 6"): 14,
        ("sldcnn", "Table 7"): 21,
        ("sldcnn", "Table 8"): 14,
        ("separable-attention", "Table II"): 18,
        ("dcnn-bilstm", "Table 1"): 4,
        ("dcnn-bilstm", "Table 3"): 25,  # 3 sets x 7 classes + 4 totals
        **{("dcnn-bilstm", f"Table {t}"): 16 for t in range(4, 11)},
    }


@pytest.mark.parametrize(
    ("paper", "table", "dataset", "method", "metric", "case", "printed"),
    [
        ("fcsdnet", "Table 4", "KDEF", "FCSDNet", "accuracy", "average", "99.94"),
        ("fcsdnet", "Table 4", "RAF-DB", "FCSDNet", "accuracy", "R#1", "83.18"),
        ("fcsdnet", "Table 5", "Oulu-CASIA", "Yu and Xu [18]", "accuracy", "", "87.32"),
        ("fcsdnet", "Table 5", "KDEF", "Zhou, Liang and Shi [26]", "accuracy", "", "87.71"),
        ("separable-attention", "Table II", "JAFFE", "Jung et al. [23]", "accuracy", "", "75.27"),
        ("sldcnn", "Table 2", "FER2013", "SLDCNN", "f1", "", "0.71"),
        ("sldcnn", "Table 3", "FER2013", "SLDCNN", "accuracy", "depth 44", "71.2"),
        ("sldcnn", "Table 4", "FER2013", "ResNet-18+CBAM", "accuracy", "", "73.0"),
        ("dcnn-bilstm", "Table 5", "RAF-DB", "HCNN-LSTM [21]", "specificity", "", "87.24"),
        ("dcnn-bilstm", "Table 9", "FER2013", "DCNN-BiLSTM with dual attention", "gar", "", "88.57"),
        ("dcnn-bilstm", "Table 10", "CK+", "DCNN-BiLSTM with dual attention", "far", "", "1.42"),
    ],
)
def test_numbers_stand_where_the_papers_print_them(
    paper: str, table: str, dataset: str, method: str, metric: str, case: str, printed: str
) -> None:
    figures = [
        figure
        for figure in paper_figures(paper=paper, dataset=dataset, metric=metric)
        if (figure.table, figure.method, figure.case) == (table, method, case)
    ]
    assert [figure.printed for figure in figures] == [printed]
    assert figures[0].source == f"{PAPERS[paper].short}, {table}"


def test_every_figure_is_whole() -> None:
    for figure in paper_figures():
        assert figure.protocol and figure.method and figure.dataset and figure.table
        assert figure.metric == "images" or 0 <= figure.value <= 1
        of_a_class = figure.metric in ("probability", "share_of_faces") or (figure.metric, figure.case) == (
            "images",
            "",
        )
        assert bool(figure.emotion) == of_a_class
    for figure in paper_figures(metric="probability"):
        assert figure.text.endswith(" %")
    # The probabilities of one picture add up to one, the shares of faces too, but for rounding.
    sums: Counter[tuple[str, str]] = Counter()
    for figure in paper_figures(paper="sldcnn"):
        if figure.emotion:
            sums[figure.table, figure.case] += figure.value
    assert len(sums) == 7 + 2 + 3 + 2
    printed_wrong = sums.pop(("Table 6", "(b)"))
    assert printed_wrong == pytest.approx(1.0716)  # as the paper has it, and its rows say so
    assert all("107.16 %" in f.note for f in paper_figures(paper="sldcnn") if (f.table, f.case) == ("Table 6", "(b)"))
    assert all(total == pytest.approx(1, abs=0.0004) for total in sums.values()), sums


def test_files_and_papers_are_the_same() -> None:
    files = {file.name for file in resources.files("fer_models.evaluation.claims.paper_figures").iterdir()}
    assert {name.removesuffix(".csv") for name in files if name.endswith(".csv")} == set(PAPERS)
    folder = resources.files("fer_models.evaluation.claims.paper_figures")
    head = folder.joinpath("fcsdnet.csv").read_text().splitlines()[0]
    assert next(csv.reader([head]))[:5] == ["table", "dataset", "protocol", "method", "metric"]


def test_figures_are_found_by_network_and_reader() -> None:
    own = paper_figures(network="fcsdnet", dataset="rafdb")
    assert {figure.printed for figure in own} == {"83.18"} and all(figure.own for figure in own)
    assert {figure.reader for figure in paper_figures(dataset="Oulu-CASIA")} == {"oulucasia"}
    assert {figure.printed for figure in paper_figures(network="multibranch")} == {
        "69.49",
        "56.06",
        "71.55",
        "84.633",
        "99.39",
    }
    with pytest.raises(UserError, match="fcsdnet"):
        paper_figures(paper="unknown")


def test_the_fifth_papers_row_feeds_the_claims_check() -> None:
    row = {f.metric: float(f.printed) for f in paper_figures(network="dcnn_bilstm", dataset="fer2013")}
    counts = [4953, 547, 5121, 8989, 6077, 4002, 6198]
    claim = {name: row[name] for name in ("accuracy", "recall")}
    assert not check_claim({"counts": counts, **claim, "rounding": 2})["possible"]
