"""Training curves over one another: from runs and shipped networks, and what is said where none were kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app_driver import make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import create_run
from workbench.features.compare.figures.curves import curves_together
from workbench.features.compare.model import training

SECTION = "Training"


def epochs(best: float) -> list[dict[str, Any]]:
    values = (0.3, best, 0.4)
    return [
        {
            "epoch": i + 1,
            "seconds": 60.0,
            "lr": 0.1,
            "train_loss": 2 - i / 2,
            "train_accuracy": 0.5,
            "val_loss": 1.5,
            "val_accuracy": value,
        }
        for i, value in enumerate(values)
    ]


def test_epochs_of_a_run_and_of_a_shipped_network(folders: Path) -> None:
    run = create_run(Recipe(data="synthetic", network="fcsdnet"))
    for row in epochs(0.6):
        run.append_metrics(row)
    trained = make_checkpoint(run.folder / "checkpoints" / "best")
    assert [row["val_accuracy"] for row in training.history(trained)] == [0.3, 0.6, 0.4]
    shipped = make_checkpoint(folders / "checkpoints" / "shipped")
    assert training.history(shipped) == []
    (shipped.path / "metrics.jsonl").write_text("\n".join(map(json.dumps, epochs(0.5))))
    assert len(training.history(shipped)) == 3
    (shipped.path / "metrics.jsonl").write_text("{torn")
    assert training.history(shipped) == []


def test_what_it_reached() -> None:
    assert training.summary("a", epochs(0.6)) == ("a", "3", "60.0 %", "2", "-10.0 points", "3 min")
    assert training.summary("b", [{"epoch": 1}])[2] == "–"
    assert training.csv({"a": epochs(0.6)}).splitlines()[2].startswith("a,2,60.0,0.1,")


def test_every_run_has_a_colour_a_dash_and_a_mark() -> None:
    figure = curves_together({"a": epochs(0.6), "b": epochs(0.5)}, "accuracy", training=True, by="minutes")
    lines = {trace.name: trace for trace in figure.data}
    assert set(lines) == {"a", "b", "a, training", "b, training"}
    assert list(lines["a"].y) == [30.0, 60.0, 40.0] and list(lines["a"].x) == [1.0, 2.0, 3.0]
    for first, second in ((lines["a"].line.dash, lines["b"].line.dash), (lines["a"].line.color, lines["b"].line.color)):
        assert first != second
    assert lines["a"].marker.symbol != lines["b"].marker.symbol
    assert len(curves_together({"a": epochs(0.6)}, "loss", training=False).data) == 1


def test_the_page_draws_the_chosen_ones(app: AppTest, folders: Path) -> None:
    for number, name in enumerate(("one", "two", "bare")):
        made = make_checkpoint(folders / "checkpoints" / name, seed=number)
        if name != "bare":
            (made.path / "metrics.jsonl").write_text("\n".join(map(json.dumps, epochs(0.5 + number / 10))))
    open_page(app, "compare", section=SECTION, networks="one,two,bare")
    assert not app.error, words(app)
    assert any("No epochs were kept of bare." in info.value for info in app.info)
    (plot,) = app.get("plotly_chart")
    assert "two, validation" in plot.proto.spec and "60.0 %" in words(app)
    assert [button.proto.label for button in app.get("download_button")] == ["Curves, CSV"]


def test_without_a_network(app: AppTest) -> None:
    open_page(app, "compare", section=SECTION)
    assert any("needs a trained network; there is none yet" in info.value for info in app.info)
    assert not app.get("plotly_chart")
