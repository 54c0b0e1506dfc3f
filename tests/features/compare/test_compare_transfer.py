"""Trained on one set, tested on others: what is asked, what is bold, how classes are matched, and the files."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import time
from pathlib import Path

import numpy as np
import pytest
from app_driver import make_checkpoint, open_page, words
from evidence_maker import answers, cache_answers, write_faces
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.comparison.label_maps import label_lines, map_choices
from fer_models.evaluation.comparison.transfer import Cell, Pair, pair, transfer_matrix, usual_split
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.labels import CKPLUS7, FER7
from workbench.app import jobs
from workbench.features.compare.model import transfer

SECTION = "Across data sets"


def many(right: float, seed: int) -> Evaluation:
    """Answers to 600 pictures, right in that share of them."""
    random, rows = np.random.default_rng(seed), np.arange(600)
    targets = rows % 7
    hit = random.random(600) < right
    logits = random.normal(0, 0.1, (600, 7)).astype(np.float32)
    logits[rows, np.where(hit, targets, (targets + 1) % 7)] += 3
    return Evaluation(
        FER7, targets, logits.argmax(1), logits, softmax(logits), None, rows, rows, "far", "x", "test", "valid"
    )


@pytest.fixture
def two(folders: Path) -> tuple[Checkpoint, Checkpoint, FaceDataset]:
    """Two networks, one of them trained on the small set, and that set."""
    dataset = write_faces(folders)
    recipe = {"recipe": {"data": "small"}, "data": "small"}
    return (
        make_checkpoint(folders / "checkpoints" / "home", provenance=recipe),
        make_checkpoint(folders / "checkpoints" / "away", seed=1, provenance={"data": "elsewhere"}),
        dataset,
    )


def test_the_usual_split_is_the_test_part(two: tuple[Checkpoint, Checkpoint, FaceDataset]) -> None:
    dataset = two[2]
    assert usual_split(dataset) == "test"
    named = dataclasses.replace(dataset, split_names=("Training", "PublicTest"))
    assert usual_split(named) == "PublicTest"
    assert usual_split(dataclasses.replace(dataset, split_names=("a", "b"))) == "b"


def test_what_cannot_be_asked_says_why(two: tuple[Checkpoint, Checkpoint, FaceDataset]) -> None:
    home, _, dataset = two
    strange = dataclasses.replace(dataset, classes=tuple("abcdefg"))
    assert pair(home, strange, "strange", "test").problem == "no class in common"
    nothing = dataclasses.replace(dataset, labels=np.full(len(dataset), -1))
    assert "no image with a known class" in pair(home, nothing, "nothing", "test").problem
    usable = pair(home, dataset, "small", "test")
    assert not usable.problem and len(usable.part.index) == 12


def test_classes_are_matched_by_name_or_by_hand() -> None:
    lines = label_lines(FER7, CKPLUS7, ())
    assert ("happy", "happy", "") in lines and ("–", "neutral", "") in lines and ("contempt", "–", "") in lines
    assert all(data_class == other for data_class, other, _ in label_lines(FER7, FER7, ()))
    changed = label_lines(FER7, CKPLUS7, (("contempt", "disgust"), ("fear", "")))
    assert ("contempt", "disgust", "by hand") in changed and ("fear", "–", "by hand") in changed
    assert ("disgust", "disgust", "") in changed


def test_a_label_map_goes_to_the_networks_that_have_the_class(two: tuple[Checkpoint, Checkpoint, FaceDataset]) -> None:
    home, _, dataset = two
    six = dataclasses.replace(home, classes=tuple(name for name in FER7 if name != "disgust"))
    label_map = (("sad", "disgust"), ("neutral", ""))
    mapped = pair(home, dataset, "small", "test", label_map)
    assert dict(mapped.part.label_map) == dict(label_map) and mapped.part.key != Part.of_split(dataset, "test").key
    assert mapped.part.label_map != pair(six, dataset, "small", "test", label_map).part.label_map
    assert pair(six, dataset, "small", "test", label_map).part.label_map == (("neutral", ""),)
    choices = {data_class: (usual, options) for data_class, usual, options in map_choices([six, home], dataset)}
    assert choices["disgust"][0] == "disgust" and choices["sad"][1][-1] == ""
    only = {data_class: usual for data_class, usual, _ in map_choices([six], dataset)}
    assert only["disgust"] == "" and only["happy"] == "happy"


def test_bold_only_beyond_chance_and_the_files(two: tuple[Checkpoint, Checkpoint, FaceDataset]) -> None:
    home, away, dataset = two
    pairs = [pair(network, dataset, "far", "test") for network in (home, away)]
    strange = Pair(home, dataset, "strange", pairs[0].part, "no class in common")
    good, bad, as_good = many(0.8, 0), many(0.5, 1), many(0.8, 2)
    result = transfer_matrix([[(pairs[0], good), (strange, None)], [(pairs[1], bad), (strange, None)]], "accuracy")
    assert result.trained_on == ("small", "elsewhere") and result.data == ("far", "strange")
    assert [row[0].best for row in result.cells] == [True, False]
    assert result.cells[0][0].estimate == good.estimate(("accuracy",))["accuracy"]
    rows = list(csv.DictReader(io.StringIO(transfer.csv(result))))
    assert [row["best_beyond_chance"] for row in rows] == ["True", "False", "False", "False"]
    assert float(rows[0]["value"]) == good.value("accuracy") and rows[1]["remark"] == "no class in common"
    text = transfer.latex(result)
    assert rf"\textbf{{{transfer.text(result.cells[0][0], 'accuracy')}}}" in text and text.count(r"\textbf") == 1
    even = transfer_matrix([[(pairs[0], good)], [(pairs[1], as_good)]], "macro_f1")
    assert not any(cell.best for row in even.cells for cell in row)


def test_pictures_that_trained_a_network_are_no_rivals(two: tuple[Checkpoint, Checkpoint, FaceDataset]) -> None:
    home, away, dataset = two
    index = dataset.split_index("train")
    whole = [Pair(network, dataset, "small", Part("train", index)) for network in (home, away)]
    small = answers(dataset)
    seen = dataclasses.replace(
        small, positions=index[:12], rows=np.asarray(dataset.rows)[index[:12]], split="train", data=dataset.name
    )
    result = transfer_matrix([[(whole[0], seen)], [(whole[1], seen)]], "accuracy")
    (trained_on_it,), (other,) = result.cells
    assert trained_on_it.own and trained_on_it.seen > 6 and not other.own and other.seen == 0
    assert isinstance(trained_on_it, Cell) and not trained_on_it.best and not other.best


def finished(app: AppTest) -> AppTest:
    """Press the button that predicts what is missing, and wait for the matrix."""
    for button in [button for button in app.button if button.label.startswith("Predict ")]:
        button.click().run()
    for _ in range(300):
        if not jobs.under_way():
            break
        time.sleep(0.1)
    app.run()  # the matrix is a job of its own
    for job in jobs.under_way():
        job.wait(30)
    app.run()
    assert not app.exception
    return app


def test_the_page_computes_and_shows_the_matrix(
    app: AppTest, two: tuple[Checkpoint, Checkpoint, FaceDataset], folders: Path
) -> None:
    home, away, dataset = two
    cache_answers(dataset, home)
    cache_answers(dataset, away, shift=1)
    write_faces(folders, "second")
    (folders / "data" / "second" / "test" / "happy" / "broken.png").write_bytes(b"no image")
    finished(open_page(app, "compare", section=SECTION, networks="home,away", sets="small,second"))
    assert not app.error, words(app)
    text = words(app)
    assert "50.0 [25.4, 74.6]" in text and "own data" in text
    assert re.search(r"second: 1 of \d+ \w+ were left out", text)
    assert len(app.get("plotly_chart")) == 1
    assert "The same 7 classes" in text
    assert [button.proto.label for button in app.get("download_button")] == ["CSV", "LaTeX", "CSV"]
    assert "Where one network fails over these data sets" in [head.value for head in app.header]
    app.selectbox(key="evidence.cut by set").set_value("data set").run()
    app.selectbox(key="compare.slices of").set_value("away").run()
    slices = next(html.proto.body for html in app.get("html") if "Worst slices" in html.proto.body)
    assert ">second<" in slices and ">small<" in slices and "few images" in slices and not app.error
    assert app.query_params["sets"] in ("small,second", ["small,second"])
    app.multiselect(key="compare.sets").set_value(["small"]).run()
    finished(app)
    assert app.query_params["sets"] in ("small", ["small"])
    app.multiselect(key="compare.networks").set_value([]).run()
    assert any("Choose one network or more" in info.value for info in app.info)


def test_a_label_map_is_chosen_told_and_kept(
    app: AppTest, two: tuple[Checkpoint, Checkpoint, FaceDataset], folders: Path
) -> None:
    finished(open_page(app, "compare", section=SECTION, networks="home", sets="small"))
    app.selectbox(key="compare.counts as small sad").set_value("disgust").run()
    finished(app)
    app.selectbox(key="compare.counts as small neutral").set_value("left out").run()
    finished(app)
    assert not app.error, words(app)
    assert app.query_params["map of small"] in ("sad=disgust,neutral=", ["sad=disgust,neutral="])
    text = words(app)
    assert "Label map of small: sad as disgust, neutral left out" in text and "--map sad=disgust,neutral=" in text
    app.selectbox(key="compare.counts as small sad").set_value("sad").run()
    app.selectbox(key="compare.counts as small neutral").set_value("neutral").run()
    finished(app)
    assert "map of small" not in app.query_params and "Label map of" not in words(app)


def test_a_label_map_comes_from_the_address(
    app: AppTest, two: tuple[Checkpoint, Checkpoint, FaceDataset], folders: Path
) -> None:
    finished(open_page(app, "compare", section=SECTION, networks="home", sets="small", **{"map of small": "sad="}))
    assert "Label map of small: sad left out" in words(app)
    open_page(app, "compare", section=SECTION, networks="home", sets="small", **{"map of small": "no such thing"})
    finished(app)
    assert not app.error and "Label map of" not in words(app)


def test_opening_the_section_starts_nothing(app: AppTest, two: tuple[Checkpoint, Checkpoint, FaceDataset]) -> None:
    open_page(app, "compare", section=SECTION, networks="home", sets="small")
    app.run()
    assert not jobs._jobs and not jobs.under_way() and not app.get("progress")
    (button,) = [b for b in app.button if b.label.startswith("Predict ")]
    assert button.label == "Predict 12 images"
    finished(app)
    assert not app.error and "own data" in words(app)


def test_without_a_network(app: AppTest) -> None:
    open_page(app, "compare", section=SECTION)
    assert any("This matrix needs a trained network; there is none yet" in info.value for info in app.info)
