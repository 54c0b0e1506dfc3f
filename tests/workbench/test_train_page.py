"""Train: the form, the start of a run, and every state that a run can be in."""

from __future__ import annotations

import dataclasses
import json
import os
import time

import pytest
from app_driver import make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.errors import UserError
from fer_models.training import launch
from fer_models.training.process import start_ticks
from fer_models.training.recipe import Recipe, load_preset
from fer_models.training.run import Run, create_run, list_runs

ROWS = [
    {"epoch": n, "train_loss": 2 - n / 10, "val_loss": 2.1 - n / 10, "train_accuracy": n / 10, "val_accuracy": n / 9,
     "lr": 1e-3, "seconds": 2.0, "images_per_second": 500.0}
    for n in (1, 2)
]  # fmt: skip


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are made, no process is started."""
    monkeypatch.setattr(launch, "start", lambda run: 0)


def make_run(state: str, *, rows: int = 2, **status: object) -> Run:
    run = create_run(Recipe(epochs=4))
    with (run.folder / "metrics.jsonl").open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in ROWS[:rows])
    (run.folder / "log.txt").write_text("epoch 1/4 loss 1.9\n")
    run.write_status(state=state, epoch=rows, epochs=4, best_epoch=2, best_value=0.2222, **status)
    return run


def alive() -> dict[str, object]:
    """The status of a run whose worker is this very process."""
    return {"pid": os.getpid(), "pid_started": start_ticks(os.getpid())}


def button(app: AppTest, label: str) -> object:
    (found,) = [b for b in app.button if b.label == label]
    return found


def labels(app: AppTest) -> set[str]:
    kinds = (app.selectbox, app.number_input, app.text_input, app.checkbox)
    return {widget.label for kind in kinds for widget in kind}


def test_without_runs_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "train")
    assert any("No run yet" in info.value for info in app.info)
    assert not app.error


def test_the_form_is_the_recipe(app: AppTest) -> None:
    open_page(app, "train")
    elsewhere = {"data", "network", "options", "loss_options", "augmentation"}
    for field in dataclasses.fields(Recipe):
        if field.name not in elsewhere:
            assert field.metadata["label"] in labels(app), field.name
    assert {"Data set", "Network", "Recipe", "Rotation, degrees", "Fusion weight", "Label smoothing"} <= labels(app)


def test_every_control_has_a_label(app: AppTest) -> None:
    make_run("running", **alive())
    open_page(app, "train")
    assert "" not in labels(app)
    assert all(b.label for b in app.button)


def test_pressing_train_starts_the_recipe_that_is_shown(app: AppTest, no_worker: None) -> None:
    open_page(app, "train")
    number = next(n for n in app.number_input if n.label == "Epochs")
    number.set_value(3).run()
    option = next(s for s in app.selectbox if s.label == "Attention")
    option.set_value("sam").run()
    button(app, "Train").click().run()
    assert not app.exception and not app.error
    (run,) = list_runs()
    expected = dataclasses.replace(load_preset("quick"), epochs=3, options={"attention": "sam"})
    assert run.recipe == expected
    assert app.query_params["run"] in (run.id, [run.id])
    assert "Queued: the worker starts" in words(app)


def test_a_preset_brings_its_own_values(app: AppTest, no_worker: None) -> None:
    open_page(app, "train", recipe="fcsdnet-fer2013")
    preset = load_preset("fcsdnet-fer2013")
    assert next(n for n in app.number_input if n.label == "Epochs").value == preset.epochs
    button(app, "Train").click().run()
    (run,) = list_runs()
    assert run.recipe == dataclasses.replace(preset, data="synthetic")  # FER2013 is not at hand here


def test_an_impossible_recipe_is_one_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(recipe: Recipe) -> Run:
        raise UserError("No run can be made in the runs folder (No space left on device); set FER_RUNS to another.")

    monkeypatch.setattr(launch, "launch", refuse)
    open_page(app, "train")
    button(app, "Train").click().run()
    (error,) = app.error
    assert "No space left on device" in error.value


def test_a_wrong_list_of_numbers_is_named(app: AppTest, no_worker: None) -> None:
    open_page(app, "train")
    next(t for t in app.text_input if t.label == "Growth").set_value("32, many").run()
    button(app, "Train").click().run()
    (error,) = app.error
    assert "growth" in error.value.lower() and not list_runs()


def test_a_running_run_shows_where_it_is(app: AppTest) -> None:
    run = make_run("running", step_fraction=0.5, images_per_second=512.4, seconds_left=83.0, **alive())
    open_page(app, "train", run=run.id)
    text = words(app)
    assert "Running: epoch 3 of 4" in text
    (bar,) = app.get("progress")
    assert bar.proto.value == 62
    for part in ("512 images/s", "1 min 23 s left", "best so far: epoch 2, validation accuracy 22.2 %"):
        assert part in bar.proto.text
    assert len(app.get("plotly_chart")) == 2
    assert app.code[0].value.startswith("epoch 1/4")


def test_cancel_asks_the_worker(app: AppTest) -> None:
    run = make_run("running", **alive())
    open_page(app, "train", run=run.id)
    button(app, "Cancel").click().run()
    assert run.cancelled
    assert "Cancelling in epoch 3 of 4" in words(app)
    assert button(app, "Cancelling").disabled  # type: ignore[attr-defined]


def test_a_lost_run_can_be_resumed(app: AppTest, no_worker: None) -> None:
    run = make_run("running", pid=os.getpid(), pid_started=1)  # the id is in use again, by a process that began later
    open_page(app, "train", run=run.id)
    assert "Lost after 2 of 4 epochs" in words(app)
    assert any("killed, or the machine restarted" in warning.value for warning in app.warning)
    button(app, "Resume").click().run()
    assert not app.exception and not app.error
    assert run.status().state == "queued"


def test_a_failed_run_says_why(app: AppTest) -> None:
    run = make_run("failed", message="The disk is full; make room, then resume the run.")
    open_page(app, "train", run=run.id)
    assert any("The disk is full" in warning.value for warning in app.warning)
    assert button(app, "Resume")


def test_a_finished_run_leads_to_explain(app: AppTest) -> None:
    run = make_run("finished", rows=2)
    make_checkpoint(run.folder / "checkpoints" / "best")
    open_page(app, "train", run=run.id)
    (link,) = [link for link in app.get("page_link") if link.proto.label == "Open in Explain"]
    assert f"checkpoint={run.id}" in str(link.proto)
    assert not [b for b in app.button if b.label in ("Resume", "Cancel")]
    open_page(app, "explain", checkpoint=run.id)
    assert not app.error
    assert app.selectbox(key="widget checkpoint").value == run.id


def test_a_run_that_is_not_here_is_said(app: AppTest) -> None:
    make_run("finished")
    open_page(app, "train", run="../../etc")
    assert any("is not on this computer" in info.value for info in app.info)
    assert "Finished after 2 epochs" in words(app)


def test_a_damaged_run_is_one_sentence(app: AppTest) -> None:
    run = make_run("finished")
    (run.folder / "recipe.json").write_text("{", encoding="utf-8")
    open_page(app, "train", run=run.id)
    (error,) = app.error
    assert "not a readable JSON recipe" in error.value


def test_a_choice_outlives_a_visit_to_another_page(app: AppTest) -> None:
    for _ in range(2):
        make_run("finished")
        time.sleep(0.01)
    older = list_runs()[-1].id
    open_page(app, "train", run=older)
    app.switch_page("../pages/home.py").run()
    app.switch_page("../pages/train.py").run()
    assert app.selectbox(key="widget run").value == older


def test_a_link_from_the_audit_trains_without_leaks(app: AppTest, no_worker: None) -> None:
    open_page(app, "train", data="synthetic", protocol="folds-5-subject", exclude_leaks="1")
    assert "are left out" in words(app)
    button(app, "Train").click().run()
    recipe = list_runs()[0].recipe
    assert (recipe.exclude_leaks, recipe.protocol, recipe.data) == (True, "folds-5-subject", "synthetic")
