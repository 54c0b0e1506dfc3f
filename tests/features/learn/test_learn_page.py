"""Learn: every step can be opened, one face is kept, and the class's answers go onto the sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import FIGURE, damaged_checkpoint, make_checkpoint, open_page, words
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, save_checkpoint, write_figures
from fer_models.data import open_dataset
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from workbench.face.model import samples
from workbench.features.learn.model import material
from workbench.features.learn.steps import STEPS

_FEW = "synthetic:count=210,identities=10,size=48"


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which a tenth of the built-in faces lies drawn."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_CACHE", str(folder))
        open_dataset(_FEW)
    return folder


@pytest.fixture(autouse=True)
def few_faces(monkeypatch: pytest.MonkeyPatch, cache_folder: Path) -> None:
    """Everything is computed, and quickly."""
    monkeypatch.setenv("FER_CACHE", str(cache_folder))
    monkeypatch.setattr(material, "NAME", _FEW)


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception and not app.error, words(app)


def conclusion(app: AppTest) -> str:
    folds = [fold for fold in app.expander if fold.label == "What we can conclude"]
    return "\n".join(text.value for fold in folds for text in fold.markdown)


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "learn")
    assert any("A lesson needs a trained network" in info.value for info in app.info)
    assert not app.error


def test_a_damaged_network_of_the_address_is_named(app: AppTest, folders: Path) -> None:
    damaged_checkpoint(folders / "checkpoints" / "flipped")
    make_checkpoint(folders / "checkpoints" / "whole", seed=1)
    open_page(app, "learn", step="layers", checkpoint="flipped")
    open_page(app, "learn", step="layers", checkpoint="flipped")
    (warning,) = (box.value for box in app.warning if "flipped" in box.value)
    assert "SHA-256 differs" in warning and "Shown instead: whole." in warning and not app.error
    open_page(app, "learn", step="layers", checkpoint="whole")
    assert not app.warning


def test_a_drawn_face_is_read_by_the_network_that_learned_from_drawings(app: AppTest, folders: Path) -> None:
    for name, data in (("photographs", "fer2013"), ("drawings", "synthetic")):
        make_checkpoint(folders / "checkpoints" / name, provenance={"data": data})
    open_page(app, "learn", step="layers", sample="drawn-sad")
    links = [link.proto for link in app.get("page_link")]
    assert any("checkpoint=drawings" in str(link) for link in links), links


def test_the_network_of_the_address_reads_the_face(app: AppTest, folders: Path) -> None:
    """Learn took its own default network, whatever the address said."""
    for name, data in (("photographs", "fer2013"), ("drawings", "synthetic")):
        make_checkpoint(folders / "checkpoints" / name, provenance={"data": data})

    def reads(**address: str) -> tuple[str, bool]:
        open_page(app, "learn", step="layers", **address)
        assert not app.error and not app.warning and not app.info, words(app)
        links = " ".join(str(link.proto) for link in app.get("page_link"))
        (name,) = [name for name in ("photographs", "drawings") if f"checkpoint={name}" in links]
        return name, f"{name} was trained on" in words(app)

    assert reads(sample="drawn-sad", checkpoint="photographs") == ("photographs", True)
    assert reads(sample="astronaut", checkpoint="drawings") == ("drawings", True)
    assert reads(sample="astronaut", checkpoint="photographs") == ("photographs", False)


def test_without_attention_in_the_network_of_the_address_the_lesson_offers_its_own(app: AppTest, folders: Path) -> None:
    plain = create_model("vgg_fer", 7, 1)
    save_checkpoint(folders / "checkpoints" / "plain", plain, FER7, Preprocess(48, 1))
    make_checkpoint(folders / "checkpoints" / "gated", metrics=[FIGURE])
    open_page(app, "learn", step="attention", checkpoint="plain")
    (info,) = (box.value for box in app.info)
    assert info == "plain has no attention over places."
    press(app, "Use the lesson's own network")
    assert not app.info and any("checkpoint=gated" in str(link.proto) for link in app.get("page_link"))


def test_the_network_of_the_lesson_has_attention(app: AppTest, folders: Path) -> None:
    plain = create_model("vgg_fer", 7, 1)
    save_checkpoint(folders / "checkpoints" / "plain", plain, FER7, Preprocess(48, 1))
    write_figures(folders / "checkpoints" / "plain", [FIGURE | {"value": 0.9, "low": 0.88}])
    make_checkpoint(folders / "checkpoints" / "gated", metrics=[FIGURE])
    open_page(app, "learn", step="attention")
    assert not app.info and not app.error, words(app)
    assert any("checkpoint=gated" in str(link.proto) for link in app.get("page_link"))


def test_next_leads_through_all_steps_with_one_face(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "learn", sample="drawn-sad")
    for number, step in enumerate(STEPS.values(), 1):
        for _ in range(40):
            if conclusion(app) or step.key in ("where", "plates"):
                break
            app.run()  # a job is at work
        assert not app.exception and not app.error, words(app)
        assert number == 1 or app.query_params["step"] in (step.key, [step.key])
        assert f"{number}. {step.title}" in words(app) and step.question in words(app)
        if number < len(STEPS):
            press(app, "Next")
        assert app.session_state["chosen face.sample"] == "drawn-sad"
    assert next(button for button in app.button if button.label == "Next").disabled
    press(app, "Back")
    assert app.query_params["step"] in (list(STEPS)[-2], [list(STEPS)[-2]])


def test_the_quiz_answers_after_the_vote_only(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "learn", step="where")
    assert not conclusion(app) and "shuffled weights" not in words(app)
    (vote,) = [group for group in app.segmented_control if group.label == "The fake is"]
    vote.set_value("A").run()
    assert not app.exception and "is the fake" in "".join(box.value for box in [*app.success, *app.error])
    assert "shuffled" in conclusion(app)
    next(button for button in app.button if button.label == "New round").click().run()
    assert not conclusion(app) and not app.error and not app.success


def test_another_class_changes_the_heatmap_and_not_the_attention(app: AppTest, checkpoint: Checkpoint) -> None:
    def pictures() -> list[str]:
        return [block.proto.body for block in app.get("html") if "<img" in block.proto.body]

    open_page(app, "learn", step="attention")
    heat, attention = pictures()
    names = app.selectbox[0].options
    other = next(name for name in names if name != app.selectbox[0].value)
    app.selectbox[0].set_value(other).run()
    assert pictures()[1] == attention and pictures()[0] != heat


def test_a_plate_keeps_its_secret_until_the_class_has_its_words(
    app: AppTest, checkpoint: Checkpoint, folders: Path
) -> None:
    plate = folders / "data" / "darwin" / "plate-3.jpg"
    plate.parent.mkdir()
    Image.fromarray(samples.picture("drawn-happy")).save(plate)
    open_page(app, "learn", step="plates")
    assert "laughter" not in words(app) and not conclusion(app)
    next(box for box in app.text_input if box.label == "Our words").input("joy").run()
    next(toggle for toggle in app.toggle if toggle.label == "Show what the others say").set_value(True).run()
    assert not app.exception and not app.error, words(app)
    assert "The book says: laughter and smiling." in conclusion(app)
    _, facts, _ = app.session_state["chosen learn.parts"]["plates"]
    assert facts[0] == "Our words: joy." and facts[1].startswith("Face 1: the network says ")


def test_without_plates_the_own_face_stands_in(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "learn", step="plates")
    assert "Get Darwin's plates" in [button.label for button in app.button]
    next(toggle for toggle in app.toggle if toggle.label == "Show what the others say").set_value(True).run()
    assert "It can only choose among its classes" in conclusion(app) and not app.error


def test_presenter_mode_is_in_the_address(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "learn", step="layers", view="presenter")
    assert "Learn" not in [title.value for title in app.title]
    assert any("20.8px" in block.proto.body for block in app.get("html"))
    press(app, "Leave presenter")
    assert app.query_params["view"] in ("page", ["page"])
    assert "Learn" in [title.value for title in app.title]


def test_the_sheet_holds_what_was_opened(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "learn", step="layers")
    parts = app.session_state["chosen learn.parts"]
    pictures, facts, text = parts["layers"]
    assert len(pictures) == 6 and "2 x 2" in facts[0] and "feature map" in text
    assert "Sheet" in [getattr(button, "label", "") for button in app.get("download_button")]


def test_one_muscle_moves_the_face_and_the_lab_gets_it(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "learn", step="units")
    (slider,) = [each for each in app.slider if "AU12" in each.label]
    slider.set_value(0.6).run()
    assert not app.exception and not app.error and "action unit" in conclusion(app), words(app)
    links = [str(link.proto) for link in app.get("page_link")]
    assert any("AU12" in link and "tab=curves" in link for link in links), links
