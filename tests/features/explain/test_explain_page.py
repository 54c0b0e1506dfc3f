"""Explain: the first answer needs no click, and every bad input gives one sentence."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from app_driver import FIGURE, damaged_checkpoint, make_checkpoint, open_page, words
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models import crop
from fer_models.checkpoint import Checkpoint
from fer_models.faces.align import crop_face
from workbench.app import inventory
from workbench.face.model import samples


def png(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value([(name, content, "application/octet-stream")])
    app.run()
    assert not app.exception
    return app


def headings(app: AppTest) -> list[str]:
    return [element.value for element in app.markdown if element.value.startswith("**")]


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "explain")
    assert any("No trained network yet" in info.value for info in app.info)
    assert not app.get("plotly_chart")
    (button,) = app.button
    assert button.label == "Train a network"
    button.click().run()
    assert [title.value for title in app.title] == ["Train"]


def test_the_first_answer_stands_without_a_click(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain")
    assert not app.error
    assert len(app.get("plotly_chart")) == 1
    shown = " ".join(html.proto.body for html in app.get("html"))
    assert 'aria-label="Probabilities: ' in shown and 'aria-label="Relevance: ' in shown
    assert shown.count("over the face") == 2 * 3  # two attention maps for each of three modules
    assert any(text.startswith("**LayerCAM for") for text in headings(app))
    assert any(text.startswith("**The class is") for text in headings(app))
    captions = " ".join(caption.value for caption in app.caption)
    assert "65.4 % [63.8, 67.0] · n = 3,589 · FER2013, PublicTest" in captions
    assert "other images" not in captions, "the default sample is a photograph"
    assert "cells" in captions
    saved = {button.label for button in app.get("download_button")}
    assert {"Heatmap, PNG", "Settings, JSON", "Regions, CSV"} <= saved
    assert "Not to be believed" in words(app)  # the weights are random
    pictures = app.get("imgs") or app.get("image")
    assert len(pictures) == 4  # picture, crop twice, borders of its regions


def test_target_layer_and_sign_change_the_answer(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", target="fear", layer="stage 1 attention")
    assert any(text.startswith("**LayerCAM for fear") for text in headings(app))
    assert any("layer stage 1 attention, 6 x 6 cells" in caption.value for caption in app.caption)
    app.selectbox(key="heatmap.target").set_value("disgust").run()
    assert any(text.startswith("**LayerCAM for disgust") for text in headings(app))
    assert app.query_params["target"] in ("disgust", ["disgust"])
    app.toggle(key="heatmap.signed").set_value(True).run()
    assert not app.exception and not app.error


def test_what_a_method_compares_with_can_be_chosen(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", method="integrated_gradients")
    assert "baseline blurred" in words(app)
    app.selectbox(key="heatmap.variant integrated_gradients baseline").set_value("mean face").run()
    assert "baseline mean face" in words(app) and not app.exception and not app.error
    app.selectbox(key="shared.method").set_value("smooth_grad").run()
    app.selectbox(key="heatmap.variant smooth_grad statistic").set_value("variance").run()
    assert "statistic variance" in words(app) and not app.exception and not app.error


def test_an_unknown_choice_in_the_address_is_said(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain", checkpoint="gone", target="bored", method="magic", layer="nowhere", sample="none")
    assert any("no checkpoint 'gone'" in info.value for info in app.info)
    assert any(text.startswith("**LayerCAM for") for text in headings(app))


def test_an_upload_is_read_and_stays_until_a_sample_is_chosen(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain")
    upload(app, "mine.png", png(samples.picture("drawn-fear")))
    assert "mine.png. One face found." in captions_of_pictures(app)
    app.slider(key="shared.opacity").set_value(20).run()
    assert "mine.png. One face found." in captions_of_pictures(app)
    app.selectbox(key="face.sample").set_value("drawn-sad").run()
    assert "Drawn face, sad. One face found." in captions_of_pictures(app)
    assert "Not measured on this data · fresh was trained on other images: FER2013, not Built-in faces." in words(app)


def test_an_upload_outlives_a_visit_to_another_page(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain")
    upload(app, "mine.png", png(samples.picture("drawn-fear")))
    app.switch_page("../pages/train.py").run()
    app.switch_page("../pages/explain.py").run()
    assert "mine.png. One face found." in captions_of_pictures(app)


def test_no_face_offers_the_whole_picture(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "explain")
    noise = np.random.default_rng(0).integers(0, 255, (80, 100, 3), dtype=np.uint8)
    upload(app, "noise.png", png(noise))
    assert any("No face was found" in warning.value for warning in app.warning)
    assert not app.get("plotly_chart")
    app.button(key="explain whole").click().run()
    assert "noise.png. The whole image is taken." in captions_of_pictures(app)
    assert len(app.get("plotly_chart")) == 1


def test_several_faces_are_chosen_by_number(app: AppTest, checkpoint: Checkpoint) -> None:
    row = [samples.picture(f"drawn-{name}") for name in ("happy", "sad", "fear")]
    open_page(app, "explain")
    upload(app, "three.png", png(np.concatenate(row, axis=1)))
    assert "three.png. 3 faces found, the largest is 1." in captions_of_pictures(app)
    (choice,) = [control for control in app.segmented_control if control.label == "Face"]
    choice.set_value(2).run()
    assert not app.error and len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("text.png", b"this is no image", "is not an image that can be read here"),
        ("empty.jpg", b"", "is empty"),
        ("cut.png", png(np.zeros((64, 64, 3), np.uint8))[:60], "damaged"),
        ("dot.png", png(np.zeros((1, 1, 3), np.uint8)), "at least"),
    ],
)
def test_a_bad_upload_is_one_sentence(
    app: AppTest, checkpoint: Checkpoint, name: str, content: bytes, sentence: str
) -> None:
    open_page(app, "explain")
    upload(app, name, content)
    (error,) = app.error
    assert sentence in error.value and "\n" not in error.value and "Traceback" not in words(app)
    app.selectbox(key="face.sample").set_value("drawn-sad").run()
    assert not app.error and len(app.get("plotly_chart")) == 1


def test_a_row_of_a_data_set(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for emotion in ("happy", "sad"):
            folder = folders / "data" / "small" / split / emotion
            folder.mkdir(parents=True)
            for number in range(2):
                Image.fromarray(rng.integers(0, 255, (48, 48), dtype=np.uint8)).save(folder / f"{number}.png")
    open_page(app, "explain", data="small", sample="row", row="3")
    assert not app.error
    (caption,) = [text for text in captions_of_pictures(app) if "row" in text]
    assert "labelled" in caption and "Cut to the face already" in caption
    app.number_input(key="row").set_value(5).run()
    assert app.query_params["row"] in ("5", ["5"])


def test_damaged_weights_are_one_sentence_and_another_network_answers(app: AppTest, folders: Path) -> None:
    damaged_checkpoint(folders / "checkpoints" / "flipped")
    make_checkpoint(folders / "checkpoints" / "whole", seed=1)
    open_page(app, "explain")
    assert not app.error and app.selectbox(key="shared.checkpoint").value == "whole"
    open_page(app, "explain", checkpoint="flipped")
    (warning,) = (box.value for box in app.warning if "flipped" in box.value)
    assert "SHA-256 differs" in warning and "Shown instead: whole." in warning
    problems = {network.name: network.problem for network in inventory.trained_networks()}
    assert problems["whole"] is None and "SHA-256" in str(problems["flipped"])
    make_checkpoint(folders / "checkpoints" / "flipped", metrics=[FIGURE])
    assert all(network.problem is None for network in inventory.trained_networks()), "it was copied again"


def test_nothing_speaks_for_the_class(app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    from fer_models.explain.attribution import Attribution

    monkeypatch.setattr(Attribution, "has_positive", property(lambda self: np.zeros(len(self.values), bool)))
    open_page(app, "explain")
    assert any("No positive evidence" in info.value for info in app.info)


def captions_of_pictures(app: AppTest) -> list[str]:
    assert "Not to be believed" in words(app)  # the weights are random
    pictures = app.get("imgs") or app.get("image")
    return [image.caption for element in pictures for image in element.proto.imgs]


def test_a_face_is_not_cut_again_when_a_slider_moves(
    app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = []

    def counted(*args: object) -> object:
        cuts.append(args)
        return crop_face(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(crop, "crop_face", counted)
    open_page(app, "explain", sample="drawn-happy")
    assert cuts
    cuts.clear()
    app.slider(key="shared.opacity").set_value(20).run()
    assert not app.exception and cuts == []
