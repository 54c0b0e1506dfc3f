"""Datasets: the first answer needs no click, every section draws, and every bad input gives one sentence."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from app_driver import open_page, words
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.data import open_dataset
from workbench.app import datasets, jobs
from workbench.app.jobs import Job


@pytest.fixture
def small(folders: Path) -> Path:
    """A set of sixteen faces in the data folder; one test picture is a copy of a training picture."""
    rng = np.random.default_rng(3)
    root = folders / "data" / "small"
    for part, count in (("train", 4), ("val", 2), ("test", 2)):
        for name in ("happy", "sad"):
            (root / part / name).mkdir(parents=True)
            for number in range(count):
                Image.fromarray(rng.integers(0, 255, (48, 48), dtype=np.uint8)).save(
                    root / part / name / f"{number}.png"
                )
    (root / "test" / "sad" / "0.png").write_bytes((root / "train" / "happy" / "0.png").read_bytes())
    open_dataset("small")
    return root


def open_datasets(app: AppTest, **query: str) -> AppTest:
    return open_page(app, "datasets", **query)


def until(app: AppTest, text: str) -> None:
    for _ in range(100):
        if text in words(app):
            return
        time.sleep(0.1)
        app.run()
        assert not app.exception
    raise AssertionError(f"{text!r} never came; on the page: {words(app)}")


def test_the_first_answer_stands_without_a_click(app: AppTest, small: Path) -> None:
    open_datasets(app, data="small")
    assert not app.error
    assert "16 images" in words(app)
    assert "1 of 8 held-out images (12.5 %) are byte for byte in training too" in words(app)
    assert len(app.get("plotly_chart")) == 2  # class balance, difference of two mean faces


def test_a_set_that_is_read_for_the_first_time_shows_how_far_it_is(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = Job("read", "Reading Built-in faces", "long", len, "running", 0.4, "drawing faces: 800 of 2,000")
    monkeypatch.setattr(jobs, "start", lambda *_, **__: drawing)
    open_datasets(app)
    assert not app.error
    assert app.selectbox(key="shared.data").value == "synthetic"
    assert "drawing faces: 800 of 2,000" in str(app.get("progress")[0].proto)
    assert "JAFFE" in words(app)


@pytest.mark.parametrize(("section", "charts"), [("Pixels", 3), ("Preparation", 1), ("All sets", 0), ("Faces", 0)])
def test_every_section_draws(app: AppTest, small: Path, section: str, charts: int) -> None:
    open_datasets(app, data="small", section=section)
    assert not app.error and not app.exception
    assert len(app.get("plotly_chart")) == charts


def test_the_gallery_is_filtered_and_shows_one_face(app: AppTest, small: Path) -> None:
    files = open_dataset("small").columns["file"].tolist()
    open_datasets(app, data="small", section="Faces", row=str(files.index("test/happy/1.png")))
    assert "16 images" in words(app) and "test/happy/1.png" in words(app)
    app.multiselect(key="datasets.filter classes small").set_value(["sad"]).run()
    assert "8 images" in words(app)
    app.selectbox(key="datasets.filter copies").set_value("leaks").run()
    assert "1 image" in words(app)
    app.multiselect(key="datasets.filter classes small").set_value(["happy"]).run()
    assert "No image matches the filter" in words(app)


def test_a_network_names_doubtful_labels(app: AppTest, small: Path, checkpoint: Checkpoint) -> None:
    open_datasets(app, data="small", section="Faces")
    app.selectbox(key="datasets.doubt small").set_value("fresh").run()
    app.button(key="ask doubt").click().run()
    until(app, "Confident learning")
    assert "of 8 labels" in words(app)  # validation and test: the network may have trained on the rest
    assert "8 images" in words(app)


def test_strength_and_recipe_change_the_preview(app: AppTest, small: Path, checkpoint: Checkpoint) -> None:
    open_datasets(app, data="small", section="Preparation")
    assert "rotation 10 (degrees);" in words(app)
    app.slider(key="datasets.strength").set_value(200).run()
    assert "rotation 20 (degrees);" in words(app)
    app.slider(key="datasets.strength").set_value(0).run()
    assert "nothing is changed" in words(app)
    assert "(1, 1, 48, 48) float32" in words(app)
    app.selectbox(key="datasets.prepared for").set_value("fresh").run()
    assert not app.exception and not app.error


def test_the_audit_runs_and_is_told(app: AppTest, small: Path) -> None:
    open_datasets(app, data="small", section="Audit")
    app.button(key="audit").click().run()
    until(app, "What a nearest neighbour on raw pixels gets right")
    assert "this split leaks" in words(app)
    assert "1 of 8 held-out images" in words(app)
    saved = [label for label in labels(app) if not label.startswith("Contact sheet")]
    assert len(saved) == (3 if "Clean split, JSON" in saved else 2)
    assert "Report, JSON" in labels(app)


def labels(app: AppTest) -> list[str]:
    return [button.proto.label for button in app.get("download_button")]


def test_a_damaged_set_is_one_sentence_with_a_way_out(app: AppTest, folders: Path) -> None:
    root = folders / "data" / "broken"
    for name in ("happy", "sad"):
        (root / name).mkdir(parents=True)
        (root / name / "0.png").write_bytes(b"no image")
    entry = datasets.find("broken")
    assert entry is not None
    datasets.read(entry).wait(30)
    open_datasets(app, data="broken")
    assert len(app.error) == 1 and "none of the images can be read" in app.error[0].value
    assert any(button.label == "Try again" for button in app.button)
    assert "JAFFE" in words(app)  # the table of all sets is still drawn


def test_a_set_without_labels_says_what_it_is_good_for(app: AppTest, folders: Path) -> None:
    lines = "\n".join(" ".join(["7"] * 2304) for _ in range(3))
    (folders / "data" / "test.csv").write_text(f"pixels\n{lines}\n")
    open_dataset("test")
    open_datasets(app, data="test")
    assert not app.error and any("No image of this set has a label" in info.value for info in app.info)


def test_an_unknown_set_in_the_address_is_said(app: AppTest, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "default_name", lambda: "small")
    open_datasets(app, data="gone", section="All sets", row="99999", protocol="none")
    assert any("'gone'" in info.value for info in app.info)
    assert not app.exception


def test_a_bad_path_is_said_beside_the_form(app: AppTest, small: Path) -> None:
    open_datasets(app, data="small", section="All sets")
    app.text_input(key="add path 0").set_value("/nowhere/at/all")
    next(button for button in app.button if button.label == "Add").click().run()
    assert any("There is no file or folder" in error.value for error in app.error)


def test_a_folder_is_added_chosen_and_removed(
    app: AppTest, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "default_name", lambda: "small")
    folder = shutil.copytree(small, tmp_path / "own")
    open_datasets(app, data="small", section="Overview")
    app.text_input(key="add path 0").set_value(str(folder))
    app.text_input(key="add name 0").set_value("mine")
    next(button for button in app.button if button.label == "Add").click().run()
    assert app.selectbox(key="shared.data").value == "mine"
    until(app, "16 images")
    next(button for button in app.button if button.label == "Remove from the list").click().run()
    assert "mine" not in app.selectbox(key="shared.data").options and folder.is_dir()
