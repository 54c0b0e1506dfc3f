"""Face lab: sliders, presets and files move the face in the address; every tab answers; bad addresses are told."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from app_driver import damaged_checkpoint, make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.lab import FaceParameters, from_words, moved_masks, scores, to_json, to_words
from workbench.app.wording import percent
from workbench.features.lab import answers, change, fairness, figures, moved
from workbench.features.lab.model.strip import strip


@pytest.fixture(autouse=True)
def no_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdicts have tests of their own and take seconds."""
    monkeypatch.setattr(answers, "show_verdicts", lambda *arguments: None)
    monkeypatch.setattr(fairness, "PEOPLE", 4)


def face_of(app: AppTest) -> FaceParameters:
    line = app.query_params["face"]
    return from_words(unquote(line if isinstance(line, str) else line[0]))


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "lab")
    assert any("No trained network yet" in info.value for info in app.info)
    assert not app.error


@pytest.mark.parametrize("choice", [{"checkpoint": "flipped"}, {"networks": "flipped,whole"}])
def test_a_damaged_network_of_the_address_is_named(app: AppTest, folders: Path, choice: dict[str, str]) -> None:
    damaged_checkpoint(folders / "checkpoints" / "flipped")
    for seed, name in enumerate(("whole", "yet another")):
        make_checkpoint(folders / "checkpoints" / name, seed=seed)
    open_page(app, "lab", **choice)
    open_page(app, "lab", **choice)
    (warning,) = (box.value for box in app.warning if "flipped" in box.value)
    assert "SHA-256 differs" in warning and "Shown instead: whole." in warning and not app.error
    app.multiselect(key="lab.networks").set_value(["yet another"]).run()
    assert not app.warning, "another one was chosen"


def test_networks_of_the_address_that_are_not_here_are_named(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "lab", networks=f"gone,{checkpoint.name}")
    assert [box.value for box in app.info if "'gone'" in box.value] and not app.error


def test_sliders_presets_and_traits_move_the_face(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "lab")
    assert not app.error, words(app)

    def slider(label: str) -> object:
        return next(each for each in app.slider if each.label.startswith(label))

    def is_answered() -> None:
        shares = scores([Classifier(checkpoint)], [face_of(app)])[0][0]
        best = checkpoint.classes[int(shares.argmax())]
        assert not app.exception and not app.error, words(app)
        assert f"“{best}”**, {percent(float(shares.max()))}" in words(app)

    slider("AU04").set_value(0.5).run()  # type: ignore[attr-defined]
    assert face_of(app).moved == {"AU04": 0.5, "AU06": 0.9, "AU12": 0.9}
    is_answered()
    slider("Intensity").set_value(0.45).run()  # type: ignore[attr-defined]
    assert face_of(app).moved == {"AU04": 0.25, "AU06": 0.45, "AU12": 0.45}
    app.get("button_group")[0].set_value("sad").run()
    assert face_of(app).moved == {"AU01": 0.45, "AU04": 0.45, "AU15": 0.45}
    is_answered()
    app.selectbox(key="lab.mixed").set_value("fear").run()
    assert face_of(app).moved["AU05"] > 0.4  # fear and surprise have it both
    app.button(key="lab random").click().run()
    is_answered()


def test_the_address_restores_person_and_scene(app: AppTest, checkpoint: Checkpoint) -> None:
    face = FaceParameters(units={"R12": 0.7}, identity=82, skin=6.5, glasses="round", yaw=-20, noise=5)
    open_page(app, "lab", face=to_words(face), sliders="Person")
    assert not app.error, words(app)
    assert app.number_input[0].value == 82 and app.select_slider[0].value == 6.5
    app.selectbox(key="lab.trait beard").set_value("full").run()
    assert to_json(face_of(app)) == to_json(face) | {"beard": "full"}
    app.select_slider[0].set_value("own").run()
    assert face_of(app).skin is None
    app.get("button_group")[1].set_value("Scene").run()
    assert next(each.value for each in app.slider if each.label.startswith("Yaw")) == -20


def test_a_bad_address_is_told(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "lab", face="AU99=1")
    assert any("cannot be drawn" in warning.value for warning in app.warning)
    assert not app.error and "“" in words(app)


@pytest.mark.parametrize(
    ("tab", "button", "said"),
    [
        ("moved", "", "Share of the heatmap on the pixels that the unit changes"),
        ("curves", "", "Dotted: where the answer changes"),
        ("interaction", "", "The winning class of fresh in each cell"),
        ("change", "lab change find", ""),
        ("fairness", "lab fairness people", "n = 4 people a row"),
        ("save", "", "draws the same face again"),
    ],
)
def test_every_tab_answers(app: AppTest, checkpoint: Checkpoint, tab: str, button: str, said: str) -> None:
    open_page(app, "lab", tab=tab)
    if button:
        app.button(key=button).click().run()
    assert not app.error and not app.exception, words(app)
    assert said in words(app)


def test_a_search_that_finds_nothing_says_what_was_tried(
    app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change, "minimal_change", lambda *arguments: None)
    open_page(app, "lab", tab="change")
    app.button(key="lab change find").click().run()
    (said,) = [info.value for info in app.info if "action units" in info.value]
    assert said.startswith("No set of up to 3 action units") and "not every larger set was tried" in said


def test_a_saved_face_loads_again(app: AppTest, checkpoint: Checkpoint) -> None:
    face = FaceParameters(units={"AU15": 1 / 3}, identity=5, age=0.4)
    open_page(app, "lab", tab="save")
    app.file_uploader[0].upload(
        "face.json", json.dumps({"parameters": to_json(face)}).encode(), "application/json"
    ).run()
    assert not app.error and to_json(face_of(app)) == to_json(face)
    app.file_uploader[0].upload("other.json", b'{"units": {"AU12": 3}}', "application/json").run()
    assert any("AU12 must be a number from 0 to 1" in error.value for error in app.error)
    assert to_json(face_of(app)) == to_json(face)


def test_figures_and_strip_are_made_of_what_the_library_says(checkpoint: Checkpoint) -> None:
    from fer_models.lab import interaction_map, response_curves, trait_shift

    classifier, face = Classifier(checkpoint), from_words("6=0.9,12=0.9")
    drawn = figures.curves(["a", "b"], response_curves([classifier] * 2, face, "12", steps=3), 0.9)
    assert len(drawn.data) == 14 and sum(bool(line.showlegend) for line in drawn.data) == 7
    grid = interaction_map(classifier, face, "6", "12", cells=3)
    cells = figures.interaction(grid)
    assert sum(int((part.text != "").sum()) for part in cells.data) == 9
    shift = trait_shift(classifier, face, "skin", people=3)
    assert len(figures.shifts([shift], ["skin"]).data[0].x) == 3
    assert strip([classifier], face).startswith(b"\x89PNG")
    assert moved._outlined(face, moved_masks(face, moved._SIDE)["AU12"]).shape == (192, 192, 3)
