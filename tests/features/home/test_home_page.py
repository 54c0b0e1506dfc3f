"""Home: an answer at once, the ways into the app, and what is here, also when something of it is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import FIGURE, make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models import labels
from fer_models.checkpoint import Checkpoint
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import create_run
from workbench.app import inventory
from workbench.features.home.doors import DOORS


def links(app: AppTest) -> dict[str, str]:
    """Label and address of every link of the page."""
    return {link.proto.label: f"{link.proto.page}?{link.proto.query_string}" for link in app.get("page_link")}


def test_without_anything_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "home")
    assert any("No trained network yet" in info.value for info in app.info)
    assert "Train a network" in [button.label for button in app.button]
    assert links(app)["Add a network"].startswith("add")
    assert not app.error


def test_the_first_answer_stands_without_a_click(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "home")
    text = words(app)
    assert "**The class is “" in text and "Read by fresh, trained on FER2013." in text
    assert "other images" not in text
    shown = " ".join(html.proto.body for html in app.get("html"))
    assert 'aria-label="Probabilities: ' in shown
    captions = " ".join(
        image.caption for element in (app.get("imgs") or app.get("image")) for image in element.proto.imgs
    )
    assert "Photograph, astronaut Eileen Collins. One face found." in captions
    assert "bright places hold evidence (LayerCAM)" in captions
    badges = ("Can be believed", "Doubtful", "Not to be believed")
    assert any(badge in text for badge in badges)
    assert not app.error


def test_a_face_is_read_by_the_best_network_for_it(app: AppTest, folders: Path) -> None:
    base = folders / "checkpoints"
    make_checkpoint(base / "people", metrics=[FIGURE])
    make_checkpoint(base / "drawings", seed=1, metrics=[FIGURE | {"value": 0.5, "low": 0.4, "data": "synthetic"}])
    open_page(app, "home", sample="drawn-sad", checkpoint="people")
    assert "Read by drawings, trained on Built-in faces." in words(app)
    captions = " ".join(
        image.caption for element in (app.get("imgs") or app.get("image")) for image in element.proto.imgs
    )
    assert "Drawn face, sad." in captions
    assert links(app)["Open in Explain"].endswith("explain?checkpoint=drawings")


def test_every_sample_can_be_clicked(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "home")
    tiles = str([component.proto for component in app.get("bidi_component")])
    for title in ("Photograph, astronaut Eileen Collins", *(f"Drawn face, {emotion}" for emotion in labels.FER7)):
        assert title in tiles


def test_the_doors_lead_to_their_pages(app: AppTest) -> None:
    open_page(app, "home")
    for door in DOORS:
        assert links(app)[f"**{door.title}**"].startswith(door.page)
        assert door.text in words(app)


def test_networks_stand_in_groups_and_every_name_is_a_link(app: AppTest, folders: Path) -> None:
    base = folders / "checkpoints"
    for number, value in enumerate((0.61, 0.62, 0.63, 0.64, 0.65, 0.66)):
        make_checkpoint(base / f"net{number}", metrics=[FIGURE | {"value": value, "low": value - 0.02}])
    make_checkpoint(base / "drawn", metrics=[FIGURE | {"value": 0.92, "data": "synthetic", "split": "test"}])
    app.session_state["home rest FER2013"] = True  # unfolded
    open_page(app, "home")
    text = words(app)
    assert text.index("**Trained on FER2013**") < text.index("**Trained on Built-in faces**")
    assert [expander.label for expander in app.expander] == ["2 more trained on FER2013"]
    names = [label for label in links(app) if label.startswith("FCSDNet · ")]
    assert names == [f"FCSDNet · {name}" for name in ("net5", "net4", "net3", "net2", "net1", "net0", "drawn")]
    assert links(app)["FCSDNet · drawn"].endswith("explain?checkpoint=drawn")
    assert "66.0 % [64.0, 67.0] · n = 3,589 · FER2013, PublicTest" in text
    assert links(app)["Built-in faces"].endswith("datasets?data=synthetic")
    assert "core" in text


def test_a_damaged_checkpoint_is_named_and_hides_nothing(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    broken = make_checkpoint(folders / "checkpoints" / "torn", seed=1)
    (broken.path / "weights.safetensors").unlink()
    open_page(app, "home")
    assert any("torn has no weights.safetensors" in warning.value for warning in app.warning)
    assert "FCSDNet · fresh" in links(app)


def test_an_error_in_one_list_leaves_the_others(
    app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise UserError("The list of data sets is damaged; remove datasets.json.")

    def unforeseen() -> None:
        raise KeyError("secret detail")

    monkeypatch.setattr(inventory, "data_sets", broken)
    monkeypatch.setattr("workbench.app.runs.runs", unforeseen)
    open_page(app, "home")
    errors = [error.value for error in app.error]
    assert any("remove datasets.json" in text for text in errors)
    assert any("An unexpected error stopped the list of runs" in text for text in errors)
    assert not any("secret detail" in text for text in errors)
    assert "FCSDNet · fresh" in links(app)


def test_a_run_under_way_is_shown_with_its_progress_and_a_damaged_one_is_no_obstacle(app: AppTest) -> None:
    run = create_run(Recipe(epochs=4))
    torn = create_run(Recipe(epochs=3))
    (torn.folder / "recipe.json").write_text("{", encoding="utf-8")
    open_page(app, "home")
    assert links(app)["FCSDNet on Built-in faces"].endswith(f"train?run={run.id}")
    assert f"{torn.id} · cannot be read" in links(app)
    (bar,) = app.get("progress")
    assert bar.proto.text.startswith("Queued")


def test_without_a_run_nothing_is_said_of_runs(app: AppTest) -> None:
    open_page(app, "home")
    assert "Runs under way" not in words(app)


def test_an_upload_that_cannot_be_read_is_one_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(**_: object) -> None:
        raise UserError("'notes.txt' is not an image.")

    monkeypatch.setattr("workbench.face.image_input.show_tiles", unreadable)
    open_page(app, "home")
    assert [error.value for error in app.error] == ["'notes.txt' is not an image."]
