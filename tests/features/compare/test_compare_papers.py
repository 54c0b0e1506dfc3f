"""Printed figures beside measured ones: two tables, each with its protocol and source."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import FIGURE, make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.evaluation.claims.paper_figures import paper_figures
from fer_models.papers import PAPERS
from workbench.app import inventory
from workbench.features.compare.figures.printed_bars import grouped
from workbench.features.compare.model import papers, printed_bars, reproduce

SECTION = "Printed in the papers"


@pytest.mark.parametrize("paper", list(PAPERS))
def test_every_printed_number_has_a_cell(paper: str) -> None:
    for data in papers.datasets(paper):
        shown: list[str] = []
        for protocol in papers.protocols(paper, data):
            table = papers.printed(paper, data, protocol)
            assert all(len(row) == len(table.heads) and row[-1] for row in table.rows)
            shown += [row[i] for row in table.rows for i in papers.numbers(table) if row[i]]
        assert sorted(shown) == sorted(figure.text for figure in paper_figures(paper=paper, dataset=data))


def test_the_fifth_papers_row_stands_in_one_line() -> None:
    protocol, counts = papers.protocols("dcnn-bilstm", "FER2013")
    assert counts == "class counts"
    table = papers.printed("dcnn-bilstm", "FER2013", protocol)
    assert table.heads == ("Network", "Accuracy", "Specificity", "Precision", "Recall", "F1", "GAR", "FAR", "Source")
    bilstm = next(row for row in table.rows if row[0] in PAPERS["dcnn-bilstm"].own_methods)
    assert bilstm[1:6] == ("82.89 %", "91.23 %", "95.27 %", "94.18 %", "94.87 %")
    assert bilstm[-1].startswith("Table 4, Table 5")
    notes = papers.notes("dcnn-bilstm", "FER2013")
    assert len(notes) == len(set(notes)) and any(note.startswith("GAR of NGO-BiLSTM [7], ") for note in notes)


def test_measured_figures_of_the_same_data_only(checkpoint: Checkpoint, folders: Path) -> None:
    other = {**FIGURE, "data": "elsewhere", "value": 0.9}
    f1 = {**FIGURE, "metric": "macro_f1", "value": 0.6, "low": 0.58, "high": 0.62}
    flipped = {**FIGURE, "averaging": "flip", "value": 0.8}
    make_checkpoint(folders / "checkpoints" / "second", seed=1, metrics=[other, FIGURE, f1, flipped])
    networks = inventory.trained_networks()
    table = papers.measured("sldcnn", "FER2013", networks)
    assert table is not None
    assert table.heads == ("Network", "Accuracy", "Macro F1", "Measured on", "Weights")
    by_name = {row[0]: row[1:] for row in table.rows}
    assert by_name["FCSDNet · second"] == (
        "65.4 % [63.8, 67.0]",
        "60.0 % [58.0, 62.0]",
        "PublicTest, n = 3,589",
        "best epoch by accuracy on PublicTest",
    )
    assert by_name["FCSDNet · fresh"][1] == ""
    assert papers.measured("fcsdnet", "JAFFE", networks) is None


def test_bars_hold_every_method_and_what_was_measured_of_the_papers_own(checkpoint: Checkpoint, folders: Path) -> None:
    assert printed_bars.metrics("dcnn-bilstm") == ["accuracy", "specificity", "precision", "recall", "f1", "gar", "far"]
    found = printed_bars.bars("dcnn-bilstm", "far", inventory.trained_networks())
    assert found.datasets == ("FER2013", "CK+", "RAF-DB", "JAFFE") and len(found.printed) == 4 and not found.measured
    own = printed_bars.bars("fcsdnet", "accuracy", inventory.trained_networks())
    assert own.printed["FCSDNet"]["KDEF"] == pytest.approx(0.9994)
    assert len(grouped(found, "FAR").data) == 4


def test_links_fill_a_study_with_recipe_data_and_folds() -> None:
    links = reproduce.links("sldcnn", "CK+")
    table = next(link for title, link in links.items() if title.startswith("Table 3") and link.table)
    assert table.query["lines"] == "options.depth = 12, 20, 32, 44" and table.query["change"] == "search"
    assert "protocol=7-2-1" in table.query["set"] and "protocol=7-2-1-subject" in table.twin["set"]
    folds = next(link for title, link in links.items() if title.startswith("Table 4") and title.endswith("SLDCNN"))
    assert (folds.query["folds"], folds.query["held_out"]) == ("10", "random")
    assert folds.twin["held_out"] == "subject" and "is not on this computer" in folds.remark
    (jaffe,) = reproduce.links("separable-attention", "JAFFE").values()
    assert jaffe.query["set"] == "batch_size=16" and jaffe.query["recipe"] == "separable-transfer"


def test_the_section_shows_both_apart(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "compare", section=SECTION, paper="dcnn-bilstm")
    assert not app.error
    heads = [head.value for head in app.header]
    assert heads[:2] == ["Measured here", "Printed: Jayaraman and Mahendran 2025, FER2013"]
    assert heads[2:] == ["Over all data sets", "Reproduce"]
    text = words(app)
    assert "65.4 % [63.8, 67.0]" in text and "82.89 %" in text and "Their protocol: split not stated" in text


def test_the_first_paper_is_one_with_a_figure_measured_here(app: AppTest, checkpoint: Checkpoint) -> None:
    """The first paper of the list was shown, of whose data sets no network was measured here."""
    assert papers.first_measured(list(PAPERS), []) == next(iter(PAPERS))
    open_page(app, "compare", section=SECTION)
    assert app.selectbox(key="compare.paper").value == "multibranch-buet"
    assert app.selectbox(key="compare.paper data").value == "FER2013"
    assert "65.4 % [63.8, 67.0]" in words(app) and not app.error and not app.exception


def test_without_a_measured_network_it_says_so(app: AppTest) -> None:
    open_page(app, "compare", section=SECTION, paper="fcsdnet")
    assert any("No trained network was measured on" in info.value for info in app.info)
    app.selectbox(key="compare.paper").set_value("sldcnn").run()
    app.selectbox(key="compare.paper data").set_value("images of Figure 6").run()
    assert not app.error and not app.exception
