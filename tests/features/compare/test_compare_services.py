"""Counts, fronts and measurements behind the Compare page."""

from __future__ import annotations

import dataclasses
import io
import json
import time
from pathlib import Path

import pandas as pd
import pytest
from app_driver import FIGURE, make_checkpoint

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.inference import ONNX, PLAIN
from fer_models.latency.measure import Cost
from workbench.features.compare import networks_table as page_table
from workbench.features.compare.figures.networks import Point, pareto
from workbench.features.compare.model import measure, networks, networks_table
from workbench.features.compare.model.networks_columns import COLUMNS, Column

COST = Cost({PLAIN: 4.0, ONNX: 1.5}, {PLAIN: 300.0, ONNX: 200.0}, ONNX, PLAIN, 64, 60_000_000, 1, "x", (), "2026-11-20")


def by_key(key: str, input_key: str = "48") -> networks.Entry:
    return {entry.key: entry for entry in networks.entries(input_key)}[key]


def test_the_input_changes_products_and_the_paper_keeps_its_own() -> None:
    small, paper = by_key("fcsdnet"), by_key("fcsdnet", "paper")
    assert small.cost and paper.cost
    assert (small.channels, small.size, paper.channels, paper.size) == (1, 48, 3, 100)
    assert paper.cost.parameters == 4_284_105 and round(paper.cost.macs / 1e6) == 314
    assert small.cost.macs < paper.cost.macs / 4
    assert small.file == 4 * small.cost.total
    assert len({entry.key for entry in networks.untrained("48")}) == len(networks.untrained("48"))
    published = networks.untrained("48", variants=False)
    assert published == tuple(entry for entry in networks.untrained("48") if entry.default)


def test_a_network_that_does_not_take_the_input_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(networks.INPUTS, "tiny", ("9 x 9", (1, 9)))
    entry = by_key("fcsdnet", "tiny")
    assert entry.cost is None and "at least 32 pixels" in entry.problem
    row = networks_table.shown([entry], {}).iloc[0]
    assert pd.isna(row["MMACs"]) and "at least 32 pixels" in row["Remark"]
    assert measure.measured([entry]) == {}


def test_trained_networks_come_first_with_their_honest_figure(checkpoint: Checkpoint, folders: Path) -> None:
    make_checkpoint(folders / "checkpoints" / "better", seed=1, metrics=[{**FIGURE, "value": 0.7}])
    make_checkpoint(folders / "checkpoints" / "unknown", seed=2)
    first, second, third = networks.entries("224")[:3]
    assert [entry.variant for entry in (first, second, third)] == ["better", "fresh", "unknown"]
    assert (second.size, second.channels) == (48, 1), "a trained network has its own input"
    assert second.figure == (
        "65.4 % [63.8, 67.0] · n = 3,589 · FER2013, PublicTest · best epoch by accuracy on PublicTest"
    )
    assert third.figure == "not measured yet"
    assert second.file == (checkpoint.path / "weights.safetensors").stat().st_size
    own = sum(weights.numel() for weights in load_checkpoint(checkpoint.path).model.parameters())
    assert second.cost and second.cost.parameters == own


def test_the_plot_joins_the_front_and_names_everything() -> None:
    points = [
        Point("small <b>", 1.0, 50, 48, 52, 10_000, True, "50 %"),
        Point("large", 20.0, 60, 58, 62, 1_000_000, True, "60 %"),
        Point("worse", 25.0, 40, 38, 42, 500_000, False, "40 %"),
    ]
    figure = pareto(points, "one image, ms")
    line, best, others = figure.data
    assert list(line.x) == [1.0, 20.0] and line.mode == "lines"
    assert list(best.error_y.array) == [2, 2] and list(others.y) == [40]
    assert best.marker.size[1] > best.marker.size[0]
    assert [note.text for note in figure.layout.annotations] == ["<b>large</b>", "<b>small &lt;b></b>", "worse"]
    assert figure.layout.xaxis.type == "log" and figure.layout.xaxis.title.text == "one image, ms"
    assert 1.0 in figure.layout.xaxis.tickvals
    same = [dataclasses.replace(point, name=f"{point.name}-fer2013") for point in points]
    assert [note.text for note in pareto(same, "one image, ms").layout.annotations][-1] == "worse", "all share the end"


def test_layers_add_up_and_attention_is_marked() -> None:
    entry = by_key("fcsdnet")
    rows = networks.layer_rows(entry)
    assert entry.cost is not None
    assert sum(row.macs for row in rows) == entry.cost.macs
    assert sum(row.parameters for row in rows) == entry.cost.parameters
    table = networks_table.layer_table(rows)
    marked = [name for name in table["Layer"] if name.startswith(networks_table.MARK)]
    assert len(marked) == sum(row.attention for row in rows) > 0
    assert networks.attention_share(rows).startswith(f"Attention: {len(marked)} of {len(rows)} layers")
    assert networks.attention_share(networks.layer_rows(by_key("vgg_fer"))) == "No attention module."
    back = pd.read_csv(io.StringIO(networks_table.layer_csv(rows)))
    assert back["macs"].sum() == entry.cost.macs and list(back["layer"])[:2] == [
        "Stem pad",
        "Stem (convolution)",
    ]
    assert list(back["module"])[:2] == ["stem_pad", "stem"]


def test_layers_have_names_for_people() -> None:
    names = list(networks_table.layer_table(networks.layer_rows(by_key("fcsdnet")))["Layer"])
    assert f"{networks_table.MARK} Stage 3, channel attention, expand (linear)" in names
    for entry in networks.untrained("48"):
        if entry.cost is not None:
            rows = networks.layer_rows(entry)
            names = list(networks_table.layer_table(rows)["Layer"])
            assert len(set(names)) == len(rows) and not [name for name in names if "." in name or "_" in name], (
                entry.key
            )


def test_the_file_holds_every_figure(checkpoint: Checkpoint) -> None:
    entries = networks.entries("48")[:3]
    measured: dict[str, Cost | str] = {entries[0].key: COST, entries[1].key: "The network did not run."}
    shown = networks_table.shown(entries, measured)
    assert shown.loc[0, "ms per image"] == 1.5 and shown.loc[0, "Images/s"] == 300 and shown.loc[0, "Runs in"] == ONNX
    assert shown.loc[1, "Remark"] == "The network did not run."
    back = pd.read_csv(io.StringIO(networks_table.csv(entries, measured)))
    assert back.loc[0, "accuracy_low"] == FIGURE["low"] and back.loc[0, "n"] == 3589
    assert back.loc[0, "checkpoint"] == "fresh" and back.loc[0, "measured_on"] == "FER2013, PublicTest"
    assert back.loc[0, f"ms_one_picture[{PLAIN}]"] == 4.0 and back.loc[0, "peak_memory_bytes"] == 60_000_000
    assert pd.isna(back.loc[2, "batch"])
    smaller = dataclasses.replace(COST, batch=8, notes=("A note.",))
    assert networks_table.shown(entries, {entries[0].key: smaller}).loc[0, "Remark"] == (
        "Measured in batches of 8. A note."
    )


def test_a_column_is_written_once_for_page_file_and_help(
    checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratio = Column("macs_per_parameter", "MACs a parameter", "How often a weight is used.", "%.1f", lambda row: 2.0)
    columns = (*COLUMNS, ratio)
    monkeypatch.setattr(networks_table, "COLUMNS", columns)
    monkeypatch.setattr(page_table, "COLUMNS", columns)
    entries = networks.entries("48")[:2]
    assert list(networks_table.shown(entries, {})[ratio.title]) == [2.0, 2.0]
    assert list(pd.read_csv(io.StringIO(networks_table.csv(entries, {})))[ratio.key]) == [2.0, 2.0]
    config = page_table.column_config()[ratio.title]
    assert config["help"] == ratio.help and config["type_config"]["format"] == ratio.format


def test_a_measurement_is_kept_for_this_device_only(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = by_key("separable_attention")
    assert measure.measured([entry]) == {}
    job = measure.start([entry])
    deadline = time.monotonic() + 120
    while job.active and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (job.state, job.result) == ("done", 1), job.problem
    cost = measure.measured([entry])[entry.key]
    assert isinstance(cost, Cost) and cost.milliseconds[cost.fastest] > 0 and cost.batch == 64
    assert measure.find() is job
    monkeypatch.setattr(measure, "threads", lambda: 7)
    assert measure.measured([entry]) == {}, "another number of threads is another measurement"


def test_a_torn_file_of_measurements_is_no_obstacle() -> None:
    entry = by_key("fcsdnet")
    file = measure._file()
    file.parent.mkdir(parents=True)
    for content in ("{", "[1]"):
        file.write_text(content)
        assert measure.measured([entry]) == {}
    measure._keep("x", "It did not run.")
    assert json.loads(file.read_text()) == {"x": "It did not run."}


def test_a_measurement_can_be_stopped() -> None:
    entries = [entry for entry in networks.untrained("48") if entry.cost]
    for at_work in (False, True):
        job = measure.start(entries)
        deadline = time.monotonic() + 60
        while at_work and "starting a process" not in job.message and time.monotonic() < deadline:
            time.sleep(0.01)
        job.cancel()
        assert job.wait(30) and job.state == "cancelled"
    assert measure.measured(entries) == {}
