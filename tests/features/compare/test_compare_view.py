"""Compare: the counts stand alone; trained networks bring the plot; what is missing is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from app_driver import FIGURE, make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.cli import main
from fer_models.errors import UserError
from fer_models.inference import ONNX, PLAIN
from fer_models.latency.measure import Cost
from workbench.features.compare.model import measure, networks_table
from workbench.features.compare.model import networks as networks_model
from workbench.features.compare.model.networks import Entry

COST = Cost({PLAIN: 4.0, ONNX: 1.5}, {PLAIN: 300.0, ONNX: 200.0}, ONNX, PLAIN, 64, 60_000_000, 1, "x", (), "2026-11-20")


def networks(app: AppTest) -> pd.DataFrame:
    return app.dataframe[0].value


def labels(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")]


def test_without_a_trained_network_the_counts_stand(app: AppTest) -> None:
    open_page(app, "compare")
    assert any("No trained network yet" in info.value for info in app.info)
    assert "Train a network" in labels(app)
    table = networks(app)
    assert len(table) == len([entry for entry in networks_model.untrained("48") if entry.default])
    row = table[table["Network"] == "FCSDNet"].iloc[0]
    assert row["Parameters"] == 4_277_833 and row["Input"] == "48 x 48 x 1"
    assert not app.error and not app.get("plotly_chart")


def test_a_trained_network_is_drawn_with_its_figure(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "compare")
    assert "65.4 % [63.8, 67.0] · n = 3,589 · FER2013, PublicTest" in words(app)
    (plot,) = app.get("plotly_chart")
    assert "million multiply-accumulates" in plot.proto.spec, "nothing was measured yet"
    assert "Press Measure" in words(app)
    table = networks(app)
    assert table.iloc[0][["Variant", "Accuracy, %"]].tolist() == ["fresh", pytest.approx(65.43)]
    assert not app.error


def test_a_network_trained_by_folds_has_one_accuracy_everywhere(
    app: AppTest, folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Measured on the fold's validation part, which chose its weights, and on the fold that was held out."""
    rows = [
        FIGURE | {"value": 0.7, "low": 0.69, "high": 0.71, "split": "val", "selection": "val"},
        FIGURE | {"value": 0.6, "low": 0.59, "high": 0.61, "split": "test", "selection": "val"},
    ]
    make_checkpoint(folders / "checkpoints" / "fold", metrics=rows, provenance={"validation": "val"})
    open_page(app, "explain", sample="drawn-happy")
    assert "Not measured on this data · fold was trained on other images" in words(app), "a drawn face"
    open_page(app, "group")
    assert "60.0 % [59.0, 61.0] · n = 3,589 · FER2013, test" in words(app), "the bar, for photographs"
    open_page(app, "compare")
    assert networks(app).iloc[0]["Accuracy, %"] == pytest.approx(60)
    assert "60.0 % [59.0, 61.0] · n = 3,589 · FER2013, test" in words(app)
    (entry, *_) = networks_model.entries("48")
    assert ',0.6,0.59,0.61,3589,"FER2013, test",epoch chosen on validation,' in networks_table.csv([entry], {})
    open_page(app, "home")
    assert "60.0 %" in words(app) and "70.0 %" not in words(app)
    assert main(["models", "--trained"]) == 0
    printed = capsys.readouterr().out
    assert "60.0 % [59.0, 61.0]" in printed and "70.0 %" not in printed


def test_measured_ones_are_drawn_against_milliseconds(
    app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "measured", lambda entries: {entries[0].key: COST})
    open_page(app, "compare")
    (plot,) = app.get("plotly_chart")
    assert "one image, ms" in plot.proto.spec
    assert networks(app).iloc[0][["ms per image", "Images/s", "Runs in"]].tolist() == [1.5, 300, "onnxruntime"]


def test_figures_of_two_splits_are_not_drawn_together(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    make_checkpoint(folders / "checkpoints" / "private", seed=1, metrics=[{**FIGURE, "split": "PrivateTest"}])
    open_page(app, "compare", measured="FER2013, PrivateTest")
    (plot,) = app.get("plotly_chart")
    assert "private" in plot.proto.spec and "fresh" not in plot.proto.spec
    assert app.selectbox(key="compare.measured").value == "FER2013, PrivateTest"


def test_trained_but_not_measured(app: AppTest, folders: Path) -> None:
    make_checkpoint(folders / "checkpoints" / "unknown")
    open_page(app, "compare")
    assert any("No trained network was measured yet" in info.value for info in app.info)
    assert networks(app).iloc[0]["Figure"] == "not measured yet"


def test_the_address_chooses_input_rows_and_layers(app: AppTest) -> None:
    open_page(app, "compare", input="paper", rows="all", network="resnet18", beside="resnet18_cbam")
    table = networks(app)
    assert len(table) == len(networks_model.untrained("paper")) > 40
    assert set(table["Input"]) >= {"100 x 100 x 3", "224 x 224 x 3", "48 x 48 x 1"}
    first, second = app.dataframe[1].value, app.dataframe[2].value
    assert first["Parameters"].sum() == 11_171_271 and second["Parameters"].sum() == 11_269_983
    assert "No attention module." in words(app) and any(name.startswith("◆ ") for name in second["Layer"])
    app.selectbox(key="compare.beside").set_value("").run()
    assert len(app.dataframe) == 2 and not app.exception


def test_the_button_measures_what_is_shown(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[Entry]] = []
    monkeypatch.setattr(measure, "start", lambda entries: started.append(list(entries)))
    monkeypatch.setattr(measure, "find", lambda: None)
    open_page(app, "compare")
    button = app.button(key="compare measure")
    shown = networks(app)
    assert button.label == f"Measure {len(shown)} networks"
    button.click().run()
    assert [[entry.title for entry in entries] for entries in started] == [list(shown["Network"])]
    assert not app.exception


def test_an_error_in_one_part_leaves_the_others(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(entry: Entry) -> None:
        raise UserError("The layers cannot be counted; choose another network.")

    monkeypatch.setattr(networks_model, "layer_rows", broken)
    open_page(app, "compare")
    assert [error.value for error in app.error] == ["The layers cannot be counted; choose another network."] * 2
    assert len(networks(app)) > 10
