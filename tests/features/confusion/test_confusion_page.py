"""Confusion: matrix, cell, gallery and figures of a known table; empty states are explained."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
import torch
from app_driver import make_checkpoint, open_page, words
from evidence_maker import cache_answers, write_faces
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, save_checkpoint
from fer_models.data import FaceDataset
from fer_models.data.leaks.duplicates import Duplicates
from fer_models.evaluation.predictions import predictions_folder
from fer_models.preprocess import Preprocess
from fer_models.progress import Progress
from workbench.app import jobs
from workbench.evidence import copies


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "confusion")
    assert any("No trained network yet" in info.value for info in app.info)
    assert not app.error and not app.get("plotly_chart")


def test_the_first_answer_stands_without_a_click(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    cache_answers(write_faces(folders), checkpoint)
    open_page(app, "confusion", data="small")
    assert not app.error, words(app)
    text = words(app)
    assert "Accuracy 50.0 % [25.4, 74.6] · n = 12 · test" in text
    assert "Fewer than 30 images of angry" in text and "means over classes are uncertain" in text
    assert "**sad** is taken for **neutral** in 2 of 3 images" in text
    assert any(head.value == "sad > neutral" for head in app.header)
    assert "2 images" in text
    # Matrix, probabilities, and the heatmaps of answer and label.
    assert len(app.get("plotly_chart")) == 4
    assert "Evidence for neutral, the answer" in text and "Evidence for sad, the label" in text


def test_copies_are_searched_in_the_background_and_said(
    app: AppTest, checkpoint: Checkpoint, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache_answers(write_faces(folders), checkpoint)
    search, gate = copies.duplicates_of, threading.Event()

    def wait_and_search(dataset: FaceDataset, *, progress: Progress) -> Duplicates:
        assert gate.wait(60)
        return search(dataset, progress=progress)

    monkeypatch.setattr(copies, "duplicates_of", wait_and_search)
    open_page(app, "confusion", data="small")
    assert "Copies of training images are being looked for; the figure without them follows" in words(app)
    (job,) = [job for job in jobs.under_way() if job.name.startswith("Copies in")]
    gate.set()
    assert job.wait(60)
    app.run()
    assert not app.error and "Copies of training images" not in words(app)


def test_the_lists_choose_a_cell_and_the_address_keeps_it(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    cache_answers(write_faces(folders), checkpoint)
    open_page(app, "confusion", data="small")
    app.selectbox(key="confusion.true").set_value("fear").run()
    app.selectbox(key="confusion.predicted").set_value("surprise").run()
    assert "**fear** is taken for **surprise** in 1 of 1 images" in words(app)
    assert app.query_params["true"] in ("fear", ["fear"])
    app.selectbox(key="confusion.predicted").set_value("disgust").run()
    assert any("No image matches" in info.value for info in app.info)
    for kind in ("counts", "columns", "rows"):
        app.segmented_control(key="confusion.cells").set_value(kind).run()
        assert not app.error and not app.exception
    app.selectbox(key="confusion.order").set_value("confusion").run()
    assert not app.error and not app.exception


def test_the_matrix_is_saved_under_a_name_that_says_what_it_is(
    app: AppTest, checkpoint: Checkpoint, folders: Path
) -> None:
    cache_answers(write_faces(folders), checkpoint)
    open_page(app, "confusion", data="small")
    options = [json.loads(chart.proto.config)["toImageButtonOptions"] for chart in app.get("plotly_chart")]
    names = [each["filename"] for each in options]
    assert f"confusion-{checkpoint.name}-small-test-matrix-rows" in names and len(set(names)) == len(names)


def test_a_difference_needs_and_shows_a_second_network(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    dataset = write_faces(folders)
    cache_answers(dataset, checkpoint)
    open_page(app, "confusion", data="small", cells="difference")
    assert any("needs a second trained network" in info.value for info in app.info)
    other = make_checkpoint(folders / "checkpoints" / "second", seed=1)
    cache_answers(dataset, other, shift=1)
    app.run()
    assert not app.error
    assert "second: **sad** is taken for **neutral** in 0 of 3" in words(app)
    app.segmented_control(key="confusion.put by").set_value("only here").run()
    assert not app.error and "2 images" in words(app)


def test_predictions_are_computed_once_with_progress(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    write_faces(folders)
    open_page(app, "confusion", data="small")
    for _ in range(60):
        if app.get("plotly_chart"):
            break
        time.sleep(0.3)
        app.run()
    assert not app.error and "n = 12 · test" in words(app)
    assert len(list(predictions_folder().glob("*/predictions.parquet"))) == 1
    app.selectbox(key="shared.split").set_value("train").run()
    assert not app.error


def test_other_classes_are_explained(app: AppTest, folders: Path) -> None:
    torch.manual_seed(0)
    model = create_model("mini_xception", 2, 1)
    save_checkpoint(folders / "checkpoints" / "cats", model, ("cat", "dog"), Preprocess(48, 1))
    write_faces(folders)
    open_page(app, "confusion", data="small")
    for _ in range(60):
        if app.error:
            break
        time.sleep(0.3)
        app.run()
    (error,) = app.error
    assert "they have no class in common" in error.value


def test_the_fold_on_confidence_opens(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    cache_answers(write_faces(folders), checkpoint)
    open_page(app, "confusion", data="small")
    before = len(app.get("plotly_chart"))
    app.session_state["calibration fold"] = True
    app.run()
    assert not app.error
    assert len(app.get("plotly_chart")) == before + 2
    assert "fitted on one half of these images for the other" in words(app)
    assert "No threshold reaches 80 %" in words(app)  # its surest answer is wrong
    app.slider(key="confusion.wanted").set_value(50).run()
    assert "100.0 % of the images are answered, 50.0 % [25.4, 74.6] of them right (n = 12)" in words(app)
