"""Train: the form, the start of a run, and every state that a run can be in."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import time

import numpy as np
import pytest
from app_driver import make_checkpoint, open_page, words
from history_maker import write_history
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer_models.architectures import ARCHITECTURES
from fer_models.data import add_dataset, open_dataset
from fer_models.errors import UserError
from fer_models.progress import Progress
from fer_models.settings import setting_fields
from fer_models.system import start_ticks
from fer_models.training import probe
from fer_models.training.devices import slot_count
from fer_models.training.recipe import Recipe, load_preset
from fer_models.training.rows import read_rows
from fer_models.training.runs import launch
from fer_models.training.runs.queue import waiting_runs
from fer_models.training.runs.run import Run, create_run, list_runs
from workbench.app import jobs, marks, runs
from workbench.app.wording import duration

ROWS = [
    {
        "epoch": n,
        "train_loss": 2 - n / 10,
        "val_loss": 2.1 - n / 10,
        "train_accuracy": n / 10,
        "val_accuracy": n / 9,
        "lr": 1e-3,
        "seconds": 2.0,
        "images_per_second": 500.0,
    }
    for n in (1, 2)
]


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are made, no process is started."""
    monkeypatch.setattr(launch, "start", lambda run, *processes: 0)


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
    (match,) = [b for b in app.button if b.label == label]
    return match


def open_settings(app: AppTest, runs_started: int = 0) -> None:
    """Open the recipe's settings, which are drawn from then on."""
    app.session_state[f"settings {runs_started}"] = True
    app.run()
    assert not app.exception and not app.error


def show_part(app: AppTest, name: str) -> None:
    """Choose what is shown of the run."""
    app.segmented_control(key="train.of the run").set_value(name).run()
    assert not app.exception and not app.error


def labels(app: AppTest) -> set[str]:
    kinds = (app.selectbox, app.number_input, app.text_input, app.checkbox)
    return {widget.label for kind in kinds for widget in kind}


def test_without_runs_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "train")
    assert any("No run yet" in info.value for info in app.info)
    assert not app.error


def test_the_form_is_the_recipe(app: AppTest) -> None:
    open_page(app, "train", recipe="fcsdnet-fer2013")
    open_settings(app)
    elsewhere = {"data", "network", "options", "loss_options", "augmentation"}
    for name, field in setting_fields(Recipe).items():
        if name not in elsewhere:
            assert field.label in labels(app), name
    assert {"Data set", "Network", "Recipe", "Rotation, degrees", "Fusion weight", "Label smoothing"} <= labels(app)


def test_every_control_has_a_label(app: AppTest) -> None:
    make_run("running", **alive())
    open_page(app, "train")
    open_settings(app)
    assert "" not in labels(app)
    assert all(b.label for b in app.button)


def test_pressing_train_starts_the_recipe_that_is_shown(app: AppTest, no_worker: None) -> None:
    open_page(app, "train")
    open_settings(app)
    app.selectbox(key="shared.network of quick").set_value("fcsdnet").run()
    number = next(n for n in app.number_input if n.label == "Epochs")
    number.set_value(3).run()
    option = next(s for s in app.selectbox if s.label == "Attention")
    option.set_value("sam").run()
    button(app, "Train").click().run()
    assert not app.exception and not app.error
    (run,) = list_runs()
    expected = dataclasses.replace(load_preset("quick"), network="fcsdnet", epochs=3, options={"attention": "sam"})
    assert run.recipe == expected
    assert app.query_params["run"] in (run.id, [run.id])
    assert "Queued: starting the worker" in words(app)


def whole(recipe: Recipe) -> Recipe:
    """With the network's default options written out."""
    options = ARCHITECTURES[recipe.network].Options(**recipe.options)
    return dataclasses.replace(recipe, options=dataclasses.asdict(options))


@pytest.mark.parametrize("preset", ["quick", "fcsdnet-paper", "sldcnn-ferplus", "multibranch-he", "vgg-ferplus"])
def test_settings_that_were_never_opened_change_nothing(app: AppTest, no_worker: None, preset: str) -> None:
    open_page(app, "train", recipe=preset)
    assert "Epochs" not in labels(app)
    button(app, "Train").click().run()
    open_settings(app, 1)
    assert "Epochs" in labels(app)
    button(app, "Train").click().run()
    later, first = list_runs()
    assert whole(first.recipe) == whole(later.recipe)


def test_changed_settings_count_when_they_are_closed(app: AppTest, no_worker: None) -> None:
    open_page(app, "train")
    open_settings(app)
    next(n for n in app.number_input if n.label == "Epochs").set_value(3).run()
    app.session_state["settings 0"] = False
    button(app, "Train").click().run()
    button(app, "Train").click().run()  # another run closes them too
    assert [run.recipe.epochs for run in list_runs()] == [3, 3]


def test_a_preset_brings_its_own_values(app: AppTest, no_worker: None) -> None:
    open_page(app, "train", recipe="fcsdnet-fer2013")
    open_settings(app)
    preset = load_preset("fcsdnet-fer2013")
    assert next(n for n in app.number_input if n.label == "Epochs").value == preset.epochs
    button(app, "Train").click().run()
    (run,) = list_runs()
    assert run.recipe == dataclasses.replace(preset, data="synthetic")  # FER2013 is not on this computer


def test_an_impossible_recipe_is_one_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(recipe: Recipe) -> Run:
        raise UserError(
            "No run can be created in the runs folder (No space left on device); set FER_RUNS to another folder."
        )

    monkeypatch.setattr(launch, "launch", refuse)
    open_page(app, "train")
    button(app, "Train").click().run()
    (error,) = app.error
    assert "No space left on device" in error.value


def test_a_wrong_list_of_numbers_is_named(app: AppTest, no_worker: None) -> None:
    open_page(app, "train")
    open_settings(app)
    app.selectbox(key="shared.network of quick").set_value("fcsdnet").run()
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
    assert len(app.get("plotly_chart")) == 3  # loss, accuracy, learning rate
    show_part(app, "Log")
    log, command = (code.value for code in app.code if code.language != "python")
    assert log.startswith("epoch 1/4") and command.startswith("tensorboard --logdir ")


def test_a_run_that_measures_an_epoch_says_so(app: AppTest) -> None:
    run = make_run("running", step_fraction=1.0, images_per_second=512.4, seconds_left=83.0, **alive())
    open_page(app, "train", run=run.id)
    (bar,) = app.get("progress")
    assert "measuring this epoch on the validation part" in bar.proto.text and "images/s" not in bar.proto.text


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
    run = make_run("failed", message="The disk is full; free some space, then resume the run.")
    open_page(app, "train", run=run.id)
    assert any("The disk is full" in warning.value for warning in app.warning)
    assert button(app, "Resume")


def test_a_damaged_state_leaves_two_ways_on(app: AppTest, no_worker: None) -> None:
    run = make_run("failed", message="The saved state of the run is damaged and was set aside.")
    make_checkpoint(run.folder / "checkpoints" / "best")
    (run.folder / "resume.damaged").touch()
    open_page(app, "train", run=run.id)
    assert button(app, "Start again")
    button(app, "Continue from epoch 2, the best").click().run()
    assert not app.exception and run.status().state == "queued" and run.status().from_best


def test_a_finished_run_leads_to_explain(app: AppTest) -> None:
    run = make_run("finished", rows=2)
    make_checkpoint(run.folder / "checkpoints" / "best")
    open_page(app, "train", run=run.id)
    (link,) = [link for link in app.get("page_link") if link.proto.label == "Open in Explain"]
    assert f"checkpoint={run.id}" in str(link.proto)
    assert not [b for b in app.button if b.label in ("Resume", "Cancel")]
    open_page(app, "explain", checkpoint=run.id)
    assert not app.error
    assert app.selectbox(key="shared.checkpoint").value == run.id


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
    assert app.selectbox(key="train.run").value == older


def test_a_link_from_the_audit_trains_without_leaks(app: AppTest, no_worker: None) -> None:
    open_page(app, "train", data="synthetic", protocol="folds-5-subject", exclude_leaks="1")
    assert "are left out" in words(app)
    button(app, "Train").click().run()
    recipe = list_runs()[0].recipe
    assert (recipe.exclude_leaks, recipe.protocol, recipe.data) == (True, "folds-5-subject", "synthetic")


CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def with_classes(run: Run, epochs: int) -> None:
    """Write epochs whose matrix has ``epoch`` more right answers of the first class in each."""
    rows = []
    for n in range(1, epochs + 1):
        matrix = [[10 if i == j else 0 for j in range(7)] for i in range(7)]
        matrix[0] = [n, 10 - n, 0, 0, 0, 0, 0]
        recall = [n / 10, *[1.0] * 6]
        rows.append(ROWS[0] | {"epoch": n, "val_recall": recall, "val_confusion": matrix, "val_macro_recall": 0.9})
    (run.folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_the_scrubber_shows_the_matrix_of_any_epoch(app: AppTest) -> None:
    run = make_run("running", **alive())
    make_checkpoint(run.folder / "checkpoints" / "best")
    with_classes(run, 3)
    open_page(app, "train", run=run.id)
    show_part(app, "Classes")
    assert "Epoch 3: 70 validation images" in words(app)
    (slider,) = app.select_slider
    slider.set_value(2).run()
    assert "Epoch 2: 70 validation images" in words(app)
    assert "best epoch so far" in words(app)
    matrix = json.loads(app.get("plotly_chart")[-1].proto.spec)
    assert "20.0" in json.dumps(matrix)  # two of ten angry faces are found after epoch 2
    recall = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [trace["name"] for trace in recall["data"]] == list(CLASSES)


def test_a_run_is_compared_with_the_others(app: AppTest) -> None:
    make_run("finished")
    time.sleep(0.01)
    run = make_run("running", **alive())
    open_page(app, "train", run=run.id)
    show_part(app, "Compare")
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(figure["data"]) == 2
    assert figure["data"][0]["line"]["width"] > figure["data"][1]["line"]["width"]
    next(s for s in app.selectbox if s.label == "Quantity").set_value("learning rate").run()
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["yaxis"]["title"]["text"] == "learning rate"


def test_waiting_runs_can_be_moved_and_removed(app: AppTest) -> None:
    first, second = (make_run("queued", rows=0, created=1e9 + n, **alive()) for n in (1, 2))
    open_page(app, "train")
    assert "2 waiting" in words(app)
    app.button(key=f"queue {second.id} Earlier").click().run()
    assert [run.id for run in waiting_runs()] == [second.id, first.id]
    assert app.button(key=f"queue {second.id} Earlier").disabled
    app.number_input(key="queue side by side").set_value(3).run()
    assert not app.exception and slot_count() == 3
    app.button(key=f"queue {first.id} remove").click().run()
    assert first.cancelled and not second.cancelled


def test_marked_pictures_can_be_left_out(app: AppTest, no_worker: None) -> None:
    dataset = open_dataset("synthetic")
    for position, mark in ((3, "label wrong"), (5, "not a face"), (8, "label wrong")):
        marks.put(dataset, position, [mark])
    open_page(app, "train")
    open_settings(app)
    box = next(m for m in app.multiselect if m.label == "Leave out images that were marked as")
    assert list(box.options) == ["label wrong (2)", "not a face (1)"]
    box.set_value(["label wrong"]).run()
    button(app, "Train").click().run()
    (run,) = list_runs()
    assert read_rows(run.recipe.exclude) == {int(dataset.rows[3]), int(dataset.rows[8])}


def test_the_time_is_estimated_from_ten_steps(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = []

    def measure(recipe: Recipe, _progress: Progress) -> probe.Speed:
        recipes.append(recipe)
        speed = probe.Speed(0.5, 20.0, 1280, "a pocket calculator")
        file = probe.speed_file(recipe)
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(dataclasses.asdict(speed)))
        return speed

    monkeypatch.setattr(probe, "measure_speed", measure)
    open_page(app, "train")
    open_settings(app)
    button(app, "Estimate the time").click().run()
    for _ in range(100):
        if "About" in words(app):
            break
        time.sleep(0.05)
        app.run()
    epochs = load_preset("quick").epochs
    seconds = epochs * (10 * 0.5 + 20)
    assert f"About {duration(seconds)}: {epochs} epochs of 10 steps at 500 ms" in words(app)
    assert len(recipes) == 1
    next(n for n in app.number_input if n.label == "Epochs").set_value(3).run()
    assert f"About {duration(75)}" in words(app)  # another number of epochs needs no new measurement


@pytest.mark.parametrize("change", ["settings", "train"])
def test_an_estimate_is_stopped_when_nobody_waits_for_it(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, no_worker: None, change: str
) -> None:
    ended = threading.Event()

    def measure(recipe: Recipe, progress: Progress) -> probe.Speed:
        try:
            for _ in range(600):
                progress(0.0, "ten steps")
                time.sleep(0.02)
        finally:
            ended.set()
        raise AssertionError("it was not stopped")

    monkeypatch.setattr(probe, "measure_speed", measure)
    open_page(app, "train")
    open_settings(app)
    button(app, "Estimate the time").click().run()
    assert "Timing 10 training steps" in app.get("progress")[0].proto.text
    if change == "train":
        button(app, "Train").click().run()
    else:
        next(n for n in app.number_input if n.label == "Batch").set_value(32).run()
    assert ended.wait(5) and not jobs.under_way()
    app.run()  # without the tray's bar
    assert not any("Timing" in bar.proto.text for bar in app.get("progress"))


def test_eight_faces_are_scrubbed_through_the_training(app: AppTest) -> None:
    run = make_run("running", **alive())
    open_page(app, "train", run=run.id)
    assert "After the first epoch, 8 faces appear here" in words(app)
    write_history(run.folder)
    app.run()
    assert "After epoch 2: 8 of 8 right" in words(app)
    (faces,) = [block.proto.body for block in app.get("html") if "listitem" in block.proto.body]
    assert faces.count('role="listitem"') == 8 and "happy 40 %" in faces
    app.select_slider[0].set_value(1).run()
    assert "After epoch 1: 1 of 8 right" in words(app)


def test_the_loss_is_drawn_before_the_first_epoch_ends(app: AppTest) -> None:
    run = make_run("running", rows=0, **alive())
    (run.folder / "steps.jsonl").write_text('{"epoch": 0.1, "loss": 2.0}\n{"epoch": 0.2, "loss": 1.9}\n')
    open_page(app, "train", run=run.id)
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    (line,) = [trace for trace in figure["data"] if trace["name"] == "within epochs"]
    assert line["y"] == [2.0, 1.9]


def test_a_finished_run_leads_to_its_errors_its_map_and_the_shipped_network(app: AppTest, checkpoint) -> None:
    provenance = {"data": "synthetic", "recipe": Recipe(epochs=4).to_dict()}
    make_checkpoint(checkpoint.path, metrics=[], provenance=provenance)
    run = make_run("finished")
    make_checkpoint(run.folder / "checkpoints" / "best", provenance=provenance)
    open_page(app, "train", run=run.id)
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert f"checkpoint={run.id}" in links["Its confusion matrix"]
    assert f"epochs+run={run.id}" in links["Its map of faces, by epoch"].replace("%20", "+")
    assert f"{run.id}%2Cfresh" in links["Compare with fresh"] or f"{run.id},fresh" in links["Compare with fresh"]


def test_the_list_says_of_a_run_under_way_nothing_that_changes_every_second() -> None:
    run = make_run("running", **alive())
    assert "best" not in runs.label(run) and "epochs" not in runs.label(run)
    run.write_status(state="finished")
    assert "best validation accuracy 22.2 %" in runs.label(run)


def test_a_measurement_that_fails_says_why(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(recipe: Recipe, _progress: Progress) -> probe.Speed:
        raise UserError("The training part has 0 labelled images.")

    monkeypatch.setattr(probe, "measure_speed", measure)
    open_page(app, "train")
    button(app, "Estimate the time").click().run()
    for _ in range(100):
        if app.warning:
            break
        time.sleep(0.05)
        app.run()
    assert "0 labelled images" in app.warning[0].value
    assert button(app, "Estimate the time")


def test_sets_are_joined_on_the_page(app: AppTest, no_worker: None, tmp_path) -> None:
    for name in ("happy", "smug"):
        for number in range(3):
            file = tmp_path / "lab" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((48, 48), 40 * number, np.uint8)).save(file)
    add_dataset("lab", tmp_path / "lab")
    open_page(app, "train", data="synthetic")
    open_settings(app)
    (joined,) = [m for m in app.multiselect if m.label == "Also train on"]
    joined.set_value(["lab"]).run()
    assert not app.exception and not app.error
    button(app, "Train").click().run()
    (run,) = list_runs()
    assert run.recipe.data == "synthetic + lab"


def test_a_paper_recipe_on_a_set_without_parts_gets_a_test_part(app: AppTest, tmp_path) -> None:
    for name in ("happy", "sad"):
        for number in range(5):
            file = tmp_path / "lab" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((48, 48), 40 * number, np.uint8)).save(file)
    add_dataset("lab", tmp_path / "lab")
    open_dataset("lab")
    start = runs.recipe("fcsdnet-paper", {"data": "lab"})
    assert start.protocol == "official" and runs.with_a_test_part("fcsdnet-paper", start).protocol == "folds-5"
    whole = runs.recipe("fcsdnet-paper", {"data": "synthetic"})
    assert runs.with_a_test_part("fcsdnet-paper", whole) == whole
    seven = runs.recipe("sldcnn-paper", {"data": "lab"})
    assert runs.with_a_test_part("sldcnn-paper", seven).protocol == "7-2-1"
