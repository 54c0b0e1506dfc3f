"""Lists of runs: a study's folds are one entry that unfolds; names, hiding and deleting on the pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_driver import FIGURE, make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.training.recipe import Recipe
from fer_models.training.runs.labels import hide, label_of, set_title
from fer_models.training.runs.run import Run, create_run, list_runs
from fer_models.training.study.study import Study, create_study
from workbench.app import fit, inventory, run_entries


def finished(**recipe: int) -> Run:
    """A finished run with a checkpoint of fresh weights."""
    run = create_run(Recipe(epochs=2, **recipe))
    run.write_status(state="finished", epoch=2, epochs=2)
    figure = FIGURE | {"data": "synthetic", "split": "test", "value": 0.5, "low": 0.4 + recipe.get("fold", 0) / 100}
    make_checkpoint(run.folder / "checkpoints" / "best", metrics=[figure], provenance={"data": "synthetic"})
    return run


@pytest.fixture
def study(folders: Path) -> Study:
    """Three folds of one recipe, all finished."""
    study = create_study(Recipe(epochs=2, protocol="random_5"), folds=(0, 1, 2))
    for trial in study.trials:
        trial.run = finished(fold=trial.fold).id
    study.save()
    return study


def runs_shown(app: AppTest) -> list[str]:
    return list(next(box.options for box in app.selectbox if box.label == "Run"))


def test_folds_are_one_entry_that_unfolds_on_train(app: AppTest, study: Study) -> None:
    alone = finished()
    assert [len(entry.runs) for entry in run_entries.entries()] == [1, 3]
    open_page(app, "train", run=str(study.trials[1].run))
    shown = runs_shown(app)
    assert len(shown) == 2 and "FCSDNet on Built-in faces over 3 folds: 3 runs" in shown
    of_study = next(box for box in app.selectbox if box.label == "Run of this study")
    assert of_study.value == study.trials[1].run
    assert [text.partition(" · ")[0] for text in of_study.options] == ["fold 1", "fold 2", "fold 3"]
    of_study.set_value(str(study.trials[2].run)).run()
    assert str(study.trials[2].run) in str(app.query_params["run"])
    next(box for box in app.selectbox if box.label == "Run").set_value(alone.id).run()
    assert not any(box.label == "Run of this study" for box in app.selectbox)


def test_folds_are_one_entry_in_lists_of_networks(app: AppTest, study: Study) -> None:
    usable = inventory.usable(inventory.trained_networks())
    assert len(usable) == 3
    names = [str(trial.run) for trial in study.trials]
    assert [network.name for network in fit.ordered(usable, "synthetic")] == [names[2]]
    assert {n.name for n in fit.ordered(usable, "synthetic", {names[0]})} == {names[0], names[2]}
    open_page(app, "group", checkpoint=names[0])
    (box,) = [box for box in app.selectbox if box.label == "Network"]
    assert box.value == names[0] and len(box.options) == 2
    app.switch_page("../pages/home.py").run()
    assert "FCSDNet on Built-in faces over 3 folds: 3 networks" in [expander.label for expander in app.expander]
    labels = [link.proto.label for link in app.get("page_link")]
    assert [label for label in labels if "over 3 folds" in label] == [
        f"FCSDNet on Built-in faces over 3 folds, fold {number}" for number in (1, 2, 3)
    ]


def test_a_setting_is_named_once_in_lists_of_networks(folders: Path) -> None:
    recipe = Recipe(epochs=2, protocol="random_5")
    settings = [{"options.attention": name} for name in ("none", "cam")]
    study = create_study(recipe, settings=settings, folds=(0, 1))
    for trial in study.trials:
        trial.run = finished(fold=trial.fold).id
    study.save()
    titles = {network.title for network in inventory.trained_networks()}
    assert "FCSDNet on Built-in faces over 2 settings, 2 folds, attention cam, fold 2" in titles


def test_a_name_stands_everywhere_and_hidden_runs_nowhere(app: AppTest) -> None:
    kept, away = finished(), finished()
    set_title(kept, "slow learner")
    hide(away)
    assert [n.title for n in inventory.trained_networks()] == ["FCSDNet · slow learner"]
    open_page(app, "train")
    assert [text.partition(" · ")[0] for text in runs_shown(app)] == ["slow learner"]
    next(toggle for toggle in app.toggle if toggle.label == "Show hidden (1)").set_value(True).run()
    assert len(runs_shown(app)) == 2 and runs_shown(app)[0].endswith("hidden")
    open_page(app, "train", run=away.id)  # a link to a hidden run still opens it
    assert next(box.value for box in app.selectbox if box.label == "Run") == away.id


@pytest.mark.parametrize("page", ["train", "home"])
def test_a_run_is_renamed_hidden_and_deleted_with_a_question(app: AppTest, page: str) -> None:
    run = finished()

    def press(label: str) -> None:
        next(button for button in app.button if button.label == label).click()
        app.run()
        assert not app.error and not app.exception

    open_page(app, page)
    next(field for field in app.text_input if field.label == "Name").set_value("first try")
    press("Rename")
    assert label_of(run).title == "first try"
    press("Delete")
    assert "This cannot be undone" in words(app)
    press("Keep")
    assert "This cannot be undone" not in words(app)
    press("Delete")
    press("Delete for good")
    assert list_runs() == []
    other = finished()
    app.run()
    press("Hide from lists")
    assert label_of(other).hidden
