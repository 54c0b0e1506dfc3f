"""Home: what is here, also when something of it is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.errors import UserError
from fer_models.training.recipe import Recipe
from fer_models.training.runs.run import create_run
from workbench import navigation
from workbench.app import inventory


def test_without_anything_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "home")
    assert any("No trained network yet" in info.value for info in app.info)
    assert "Train a network" in [button.label for button in app.button]
    assert not app.error


def test_it_leads_to_every_page_with_its_question(app: AppTest) -> None:
    open_page(app, "home")
    labels = [link.proto.label for link in app.get("page_link")]
    for page in (page for page in navigation.PAGES if page.key != navigation.FIRST):
        assert f"**{page.title}**" in labels
        assert page.question in words(app)


def test_a_trained_network_stands_with_its_honest_figure(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "home")
    text = words(app)
    for part in ("FCSDNet · fresh", "65.4 %", "[63.8, 67.0]", "3,589", "PublicTest"):
        assert part in text
    assert "Built-in faces" in text
    assert "core" in text


def test_a_damaged_checkpoint_is_named_and_hides_nothing(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    broken = make_checkpoint(folders / "checkpoints" / "torn", seed=1)
    (broken.path / "weights.safetensors").unlink()
    open_page(app, "home")
    assert any("torn has no weights.safetensors" in warning.value for warning in app.warning)
    assert "FCSDNet · fresh" in words(app)


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
    assert any("Something unforeseen stopped the list of runs" in text for text in errors)
    assert not any("secret detail" in text for text in errors)
    assert "FCSDNet · fresh" in words(app)


def test_a_run_under_way_is_listed_and_a_damaged_one_is_no_obstacle(app: AppTest) -> None:
    create_run(Recipe(epochs=3))
    torn = create_run(Recipe(epochs=3))
    (torn.folder / "recipe.json").write_text("{", encoding="utf-8")
    open_page(app, "home")
    labels = [link.proto.label for link in app.get("page_link")]
    assert "FCSDNet on synthetic" in labels and "queued" in words(app)
    assert "cannot be read" in words(app)
