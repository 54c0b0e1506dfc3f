"""Misclassifications: the gallery's filters, one face with all that is known of it, slices, and marks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from app_driver import open_page, words
from evidence_maker import cache_answers, write_faces
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.data import open_dataset
from fer_models.data.listing import SIDE
from workbench.app import marks


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "misclassifications")
    assert any("No trained network yet" in info.value for info in app.info)
    assert not app.error


def test_the_surest_error_is_shown_first(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    cache_answers(write_faces(folders), checkpoint)
    open_page(app, "misclassifications", data="small")
    assert not app.error, words(app)
    text = words(app)
    assert "**6 of 12 faces are wrong** (50.0 %)" in text
    assert "6 images" in text
    assert "**sad > neutral** · 98.5 % sure" in text
    assert "Find the nearest faces" in [button.label for button in app.button]
    assert "Worst slices" in text and "few images" in text
    assert "annotators doubt the label" not in app.selectbox(key="misclassifications.error order").options


def test_filters_and_orders(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    cache_answers(write_faces(folders), checkpoint)
    open_page(app, "misclassifications", data="small")
    app.selectbox(key="misclassifications.error true").set_value("disgust").run()
    assert "**disgust > angry**" in words(app) and "1 image" in words(app)
    app.selectbox(key="misclassifications.error predicted").set_value("happy").run()
    assert any("No image matches" in info.value for info in app.info)
    app.selectbox(key="misclassifications.error true").set_value("any").run()
    app.selectbox(key="misclassifications.error predicted").set_value("any").run()
    app.selectbox(key="misclassifications.error order").set_value("close").run()
    assert "**disgust > angry**" in words(app)


def test_a_face_in_the_address_is_shown(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    evaluation = cache_answers(write_faces(folders), checkpoint)
    index = int(np.flatnonzero((evaluation.predictions == 5) & (evaluation.targets == 2))[0])
    open_page(app, "misclassifications", data="small", row=str(int(evaluation.positions[index])))
    assert "**fear > surprise**" in words(app)


def test_a_mark_is_kept_listed_and_a_filter(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    dataset = write_faces(folders)
    evaluation = cache_answers(dataset, checkpoint)
    open_page(app, "misclassifications", data="small")
    (pills,) = [p for p in app.get("button_group") if "label wrong" in str(p.proto)]
    pills.set_value(["label wrong"]).run()
    assert not app.exception and not app.error
    (row,) = marks.read(dataset)
    assert row in evaluation.rows and marks.read(dataset)[row] == {"label wrong"}
    assert "1 of small: 1 label wrong." in words(app)
    app.selectbox(key="shared.marked").set_value("label wrong").run()
    assert "1 image" in words(app) and "**sad > neutral**" in words(app)
    app.selectbox(key="shared.marked").set_value("not marked yet").run()
    assert "5 images" in words(app)


def test_slices_by_size_and_by_one_column(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    dataset = write_faces(folders)
    for number, file in enumerate(sorted((folders / "data" / "small").glob("test/*/*.png"))):
        if number < 4:  # a third of the faces was larger once
            Image.open(file).resize((96, 96)).save(file)
    dataset = open_dataset("small", size=48)
    assert sorted(set(dataset.columns[SIDE].tolist())) == [48, 96]
    cache_answers(dataset, checkpoint)
    cache_answers(open_dataset("small"), checkpoint)
    open_page(app, "misclassifications", data="small")
    box = app.selectbox(key="evidence.cut by")
    assert {"every column", "class", SIDE, "brightness"} <= set(box.options)
    assert "The same in all of these images: split test" in words(app)
    box.set_value(SIDE).run()
    assert not app.exception and not app.error
    table = next(html.proto.body for html in app.get("html") if "Worst slices" in html.proto.body)
    assert f">{SIDE}<" in table and ">96<" in table and ">48<" in table
    assert "brightness" not in table


def test_a_cell_of_the_diagonal_holds_its_right_answers(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    cache_answers(write_faces(folders), checkpoint)
    open_page(app, "misclassifications", data="small", **{"error true": "sad", "error predicted": "neutral"})
    assert "2 images" in words(app) and "sad > neutral" in words(app)
    open_page(app, "misclassifications", data="small", **{"error true": "happy", "error predicted": "happy"})
    assert "happy > happy" in words(app)
