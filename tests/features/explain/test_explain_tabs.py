"""The tabs of Explain: each draws its answer, only the open one computes, and what cannot be done is said."""

from __future__ import annotations

import dataclasses
import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from app_driver import make_checkpoint, open_page, words
from history_maker import write_history
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, save_checkpoint
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.progress import Progress
from fer_models.robustness import change as change_model
from workbench.app import jobs
from workbench.face.model import samples
from workbench.features.explain import versus
from workbench.features.explain.model import methods, trust
from workbench.features.explain.tabs import ROW, TABS
from workbench.heatmap.model.look import Question
from workbench.widgets import job as job_view


def shown(app: AppTest) -> str:
    """Everything drawn as HTML of our own: grids, bars, tables."""
    return " ".join(str(html.proto.body) for html in app.get("html"))


def settled(app: AppTest, until: str) -> AppTest:
    """Run again until the result of a background job is on the page."""
    for _ in range(200):
        if until in words(app) + shown(app):
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError(f"{until!r} did not appear: {words(app)[-600:]}")


def clean(app: AppTest) -> None:
    assert not app.exception and not app.error, [error.value for error in app.error]


def press(app: AppTest, label: str) -> None:
    """Press the button whose label begins so."""
    next(button for button in app.button if button.label.startswith(label)).click().run()


def labels_of(app: AppTest, kind: str) -> list[str]:
    return [element.proto.label for element in app.get(kind)]


def test_only_the_open_tab_computes(app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed though its tab is closed")

    for module, name in ((methods, "grid"), (trust, "evidence"), (change_model, "patches")):
        monkeypatch.setattr(module, name, never)
    open_page(app, "explain")
    clean(app)
    (tabs,) = [control for control in app.segmented_control if control.label == "View"]
    assert tabs.options == list(ROW) and tabs.value == "Overview"
    assert sorted(key for keys in ROW.values() for key in keys) == sorted(TABS)
    open_page(app, "explain", tab="contrast")
    clean(app)
    assert "**Why " in words(app)


def test_networks(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    torch.manual_seed(3)
    model = create_model("mini_xception", 7, 1)
    save_checkpoint(folders / "checkpoints" / "second", model, FER7, Preprocess(48, 1))
    (folders / "checkpoints" / "broken").mkdir()
    open_page(app, "explain", tab="networks")
    clean(app)
    assert "All 2 networks answer differently" in words(app) or "All 2 networks say" in words(app)
    drawn = shown(app)
    assert "Maps of fresh" in drawn and "Maps of second" in drawn and "no attention module" in drawn
    assert drawn.count('aria-label="Probabilities: ') == 2
    assert {"Rows, PNG", "CSV", "Save the report"} <= set(labels_of(app, "download_button"))
    app.multiselect[0].set_value(["second"]).run()
    clean(app)
    assert "Maps of fresh" not in shown(app) and "One network says" in words(app)
    assert app.query_params["among"] in ("second", ["second"])


def test_methods_over_classes_and_layers(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", tab="methods", methods="grad_cam,saliency", classes="happy,sad")
    assert not jobs.under_way(), "opening the tab starts nothing"
    press(app, "Draw 4 heatmaps")
    settled(app, "Heatmaps by method and column")
    clean(app)
    drawn = shown(app)
    assert drawn.count("over the face") == 4 and "Grad-CAM for sad" in drawn and "a map." in drawn
    assert "Guided backpropagation" in drawn or "do not work" not in drawn  # what is refused is named
    (across,) = [control for control in app.segmented_control if control.label == "Columns"]
    across.set_value("layers").run()
    press(app, "Draw ")
    settled(app, "uses no layer")
    clean(app)


def test_contrast_of_two_chosen_classes(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", tab="contrast", why="fear", **{"and not": "surprise"})
    clean(app)
    text = words(app)
    assert "Why fear (" in text and "and not surprise (" in text and "times as probable" in text
    assert "for fear minus surprise, signed" in shown(app) and "Finer-CAM: fear against surprise" in shown(app)
    assert "fear" not in app.selectbox(key="explain.and not").options


def test_attention_of_channels_queries_and_none(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    open_page(app, "explain", tab="attention")
    clean(app)
    assert "Feature maps by gate" in shown(app) and "channel attention" in words(app) + shown(app)
    modules = app.selectbox(key="explain.module")
    modules.set_value(next(title for title in modules.options if "spatial" in title)).run()
    clean(app)
    assert "its own cells" in shown(app)
    for name, network in (("tokens", "separable_attention"), ("none", "mini_xception")):
        torch.manual_seed(0)
        save_checkpoint(folders / "checkpoints" / name, create_model(network, 7, 1), FER7, Preprocess(48, 1))
    open_page(app, "explain", tab="attention", checkpoint="tokens")
    clean(app)
    assert "A map for every query" in words(app) and "are parallel" in words(app)
    assert shown(app).count("Query in row") == 36
    app.slider(key="explain.query row").set_value(1).run()
    clean(app)
    assert "Attention of the query in row 1, column 3" in shown(app)
    open_page(app, "explain", tab="attention", checkpoint="none")
    assert any("no attention module" in info.value for info in app.info)


def test_trust_in_full(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", tab="trust")
    assert "Not to be believed" in words(app)  # the weights are random
    assert not jobs.under_way(), "opening the tab starts nothing"
    assert len(app.get("plotly_chart")) == 2 and "Insertion minus deletion" in shown(app)  # the card's own numbers
    press(app, "Run all tests of this map")
    settled(app, "All tests of this map")
    clean(app)
    assert len(app.get("plotly_chart")) == 3  # deletion, insertion, ROAD
    assert shown(app).count("Spearman") >= 6 and "among maps of other faces" in shown(app)


def test_what_if_the_face_changes(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", tab="change")
    settled(app, "A black patch of 25 %")
    clean(app)
    before = shown(app)
    app.slider(key="explain.change light").set_value(3.0).run()
    clean(app)
    assert shown(app) != before
    next(button for button in app.button if button.label == "Cover the mouth").click().run()
    clean(app)
    assert (
        app.slider(key="explain.change bar").value == 0.25 and app.slider(key="explain.change bar down").value == 0.75
    )
    next(button for button in app.button if button.label == "Reset").click().run()
    clean(app)
    assert app.slider(key="explain.change light").value == 1 and app.slider(key="explain.change bar").value == 0


def test_a_long_job_can_be_cancelled(app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_view, "_GRACE", 0.0)

    def slow(*arguments: object, progress: Progress, **options: object) -> None:
        for step in range(200):
            time.sleep(0.05)
            progress(step / 200, "at work")

    monkeypatch.setattr(methods, "grid", slow)
    open_page(app, "explain", tab="methods")
    press(app, "Draw 20 heatmaps")
    next(button for button in app.main.button if button.label == "Stop").click().run()
    settled(app, "Heatmap grid of fresh was stopped.")
    assert [button.label for button in app.button if "again" in button.label] == ["Start again"]


def test_several_uploads_stand_side_by_side(app: AppTest, checkpoint: Checkpoint) -> None:
    files = []
    for name in ("fear", "sad"):
        buffer = io.BytesIO()
        Image.fromarray(samples.picture(f"drawn-{name}")).save(buffer, "PNG")
        files.append((f"{name}.png", buffer.getvalue(), "image/png"))
    open_page(app, "explain")
    app.file_uploader[0].set_value([*files, ("broken.png", b"no image", "image/png")]).run()
    (error,) = app.error
    assert "broken.png" in error.value and "is not an image" in error.value
    (choice,) = [box for box in app.selectbox if box.label == "Image"]
    assert choice.options == ["1: fear.png", "2: sad.png"]
    choice.set_value(2).run()
    pictures = app.get("imgs") or app.get("image")
    titles = [image.caption for element in pictures for image in element.proto.imgs]
    assert "sad.png. One face found." in titles


def test_no_face_is_said_in_every_tab(app: AppTest, checkpoint: Checkpoint) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 100, 3), dtype=np.uint8)).save(buffer, "PNG")
    open_page(app, "explain", tab="networks")
    app.file_uploader[0].set_value([("noise.png", buffer.getvalue(), "image/png")]).run()
    clean(app)
    assert any("No face was found" in warning.value for warning in app.warning)
    assert "networks say" not in words(app)


def test_an_unknown_tab_in_the_address_opens_the_first(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    make_checkpoint(folders / "checkpoints" / "other", seed=1)
    open_page(app, "explain", tab="nowhere", methods="magic", module="none")
    clean(app)
    assert "**The class is" in words(app)


def test_a_training_is_scrubbed_where_it_was_watched(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", tab="training")
    assert any("fresh has no history" in info.value for info in app.info)
    write_history(checkpoint.path)
    app.run()
    assert "**After epoch 2** · labelled angry" in words(app)
    assert shown(app).count("<img") == 3  # face, heatmap, own attention
    app.select_slider[0].set_value(1).run()
    assert "After epoch 1" in words(app)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["data"][0]["name"] == "validation accuracy"
    assert {button.proto.label for button in app.get("download_button")} >= {"Film of this face, MP4", "CSV"}


def test_two_maps_stand_against_each_other(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", tab="versus")
    assert "Rank correlation" in words(app) and "Who is right" in words(app)
    assert shown(app).count("<img") == 3  # A, B, A minus B
    assert app.selectbox(key="explain.side method B").value == "grad_cam"
    assert words(app).count("Who is right") == 1


def test_the_second_map_begins_with_a_method_that_finds_evidence(
    app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = versus.cached.look

    def look(checkpoint: Checkpoint, pixels: np.ndarray, question: Question) -> Any:
        found = real(checkpoint, pixels, question)
        if question.method != "grad_cam":
            return found
        return dataclasses.replace(
            found,
            attribution=dataclasses.replace(found.attribution, values=-np.abs(found.attribution.values), cells=None),
        )

    monkeypatch.setattr(versus.cached, "look", look)
    open_page(app, "explain", tab="versus")
    assert app.selectbox(key="explain.side method B").value == "grad_cam_pp"
    assert "Rank correlation" in words(app)
