"""Studies: the form, what a plan costs, the states of a study, its tables and its figures."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from app_driver import open_page, words
from evidence_maker import NAME, write_faces
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint, write_figures
from fer_models.data import make_split, open_dataset
from fer_models.data.splits import part_name
from fer_models.errors import UserError
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.training.recipe import Recipe, load_preset
from fer_models.training.runs.run import list_runs
from fer_models.training.study import start
from fer_models.training.study.study import Study, create_study, find_study, list_studies
from workbench.features.studies import figures
from workbench.features.studies.model import plots, studies, tables
from workbench.widgets.files import file_names

SMALL = Recipe(data=NAME, network="mini_xception", epochs=2, protocol="folds-5")
ATTENTION = tuple({"options.attention": value} for value in ("none", "fusion"))


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies make their runs, no process is started."""
    monkeypatch.setattr(start, "_spawn", lambda *_: 0)


def finish(study: Study, count: int = 99) -> None:
    """Let the first runs of a study be trained: each finishes with an accuracy of its own."""
    start.start_study(study)
    for number in range(count):
        fresh = find_study(study.id)
        active = [(t, r) for t in fresh.trials if (r := fresh.run_of(t)) and r.status().active]
        if not active:
            return
        trial, run = active[0]
        value = 0.6 + 0.01 * number + (0.2 if trial.settings == ATTENTION[1] else 0)
        torch.manual_seed(number)
        dataset = open_dataset(run.recipe.data)
        split = make_split(dataset, run.recipe.protocol, fold=run.recipe.fold, seed=run.recipe.seed)
        names = [
            part_name(dataset, split, index, role) for index, role in ((split.val, "validation"), (split.test, "test"))
        ]
        rows = [
            {
                "metric": metric,
                "value": value,
                "low": value,
                "high": value,
                "n": len(split.test),
                "data": NAME,
                "split": name,
                "selection": names[0],
                "averaging": "none",
            }
            for name in names
            for metric in ("accuracy", "macro_f1", "balanced_accuracy")
        ]
        save_checkpoint(
            run.folder / "checkpoints" / "best",
            create_model("mini_xception", 7, 1),
            FER7,
            Preprocess(48, 1),
            provenance={"recipe": run.recipe.to_dict(), "data": NAME, "validation": names[0]},
        )
        write_figures(run.folder / "checkpoints" / "best", rows)
        for epoch in (1, 2):
            line = {f"{part}_{q}": value * epoch / 2 for part in ("train", "val") for q in ("loss", "accuracy")}
            run.append_metrics({"epoch": epoch, "seconds": 30.0, "images_per_second": 100.0, **line})
        run.write_status(state="finished", epoch=2, epochs=2, best_epoch=2, images_per_second=100.0)
        start.advance(study)


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [b for b in app.button if b.label == label]
    return button.click().run()


def test_what_a_plan_trains() -> None:
    quick = load_preset("quick")
    assert studies.plan(quick, "nothing", folds="5", held_out="subject", seeds=3).runs == 15
    sides = studies.plan(quick, "sides", folds="2/5", held_out="subject")
    assert [s["protocol"] for s in sides.settings] == ["folds-5", "folds-5-subject"] and sides.runs == 4
    with_gates = quick.with_settings(["network=fcsdnet"])
    assert [s["options.attention"] for s in studies.plan(with_gates, "attention").settings] == [
        "none",
        "cam",
        "sam",
        "fusion",
    ]
    on_off = studies.plan(quick, "augmentation")
    assert on_off.settings[1] == {"augmentation": {}} and on_off.settings[0]["augmentation"]["rotation"] == 10
    search = studies.plan(quick, "search", lines="lr = log:1e-4..1e-2\nema = 0, 0.9", draws=7)
    assert search.runs == 7
    for lines in ("", "lr", "lr = 1..2", "colour = red"):
        with pytest.raises(UserError):
            studies.plan(quick, "search", lines=lines)
    assert "depth" not in studies.kinds("mini_xception")
    # the default comes first
    assert studies.variations("mini_xception", "attention")[0] == {"options.attention": "none"}
    assert len(studies.variations("ldcnn", "depth")) == 4


def test_the_cost_comes_from_earlier_runs_of_the_network(folders: Path) -> None:
    dataset = write_faces(folders)
    plan = studies.plan(SMALL, "nothing", folds="5")
    assert studies.seconds(plan) is None and "time unknown" in studies.words(plan)
    finish(create_study(SMALL), 1)
    pictures = len(make_split(dataset, "folds-5").train)
    assert studies.seconds(plan) == pytest.approx(5 * (pictures * 2 / 100 + 15))
    assert studies.words(plan).startswith("5 runs (5 folds) of 2 epochs · about")


def test_without_studies_the_form_is_open(app: AppTest) -> None:
    open_page(app, "studies")
    assert "No study yet" in words(app) and not app.error
    assert {"Start the study", "Random and subject-safe folds side by side"} <= {b.label for b in app.button}
    assert all(widget.label for kind in (app.selectbox, app.number_input, app.button) for widget in kind)


def test_a_study_is_started_from_the_form(app: AppTest, folders: Path) -> None:
    write_faces(folders)
    open_page(app, "studies", data=NAME, folds="2/5")
    press(app, "Start the study")
    assert not app.error and not app.exception
    (study,) = list_studies()
    assert study.recipe["protocol"] == "folds-5" and [t.fold for t in study.trials] == [0, 1]
    assert app.query_params["study"] in (study.id, [study.id])
    text = words(app)
    assert "0 of 2 runs finished" in text and "Fold 1" in text
    press(app, "Cancel")
    assert find_study(study.id).cancelled
    assert "2 cancelled" in words(app)
    press(app, "Resume")
    assert "2 waiting" in words(app) and len(list_runs()) == 2


def test_random_and_subject_safe_in_one_click(app: AppTest) -> None:
    open_page(app, "studies", data="synthetic:count=140,size=48,identities=12", folds="2/5")
    press(app, "Random and subject-safe folds side by side")
    assert not app.error
    (study,) = list_studies()
    assert {t.settings["protocol"] for t in study.trials} == {"folds-5", "folds-5-subject"} and len(study.trials) == 4


def test_without_subjects_it_cannot_be_pressed_and_says_why(app: AppTest, folders: Path) -> None:
    write_faces(folders)
    open_page(app, "studies", data=NAME)
    (button,) = [b for b in app.button if b.label.startswith("Random and")]
    assert button.disabled
    app.query_params["held_out"] = "subject"
    app.run()
    press(app, "Start the study")
    assert "does not say which images show the same person" in app.error[0].value and not list_studies()


def test_the_tables_fill(app: AppTest, folders: Path) -> None:
    write_faces(folders)
    recipe = Recipe.from_dict({**SMALL.to_dict(), "network": "fcsdnet"})
    study = create_study(recipe, settings=ATTENTION, folds=range(5))
    finish(study)
    open_page(app, "studies", study=study.id)
    assert not app.error
    text = words(app)
    assert "10 of 10 runs finished" in text and "attention none" in text and "larger than chance" in text
    results = studies.progress(study.id).results
    folds = tables.folds(study, results, "accuracy")
    assert folds.columns == ("Setting", "Fold 1", "Fold 2", "Fold 3", "Fold 4", "Fold 5", "Average", "SD")
    assert folds.rows[0][1:7] == ("60.00", "62.00", "64.00", "66.00", "68.00", "64.00")
    assert r"R\#1 & R\#2" in tables.latex(folds, "as the papers print it")
    apart = tables.measured_on(results, "accuracy")
    assert apart.endswith("the best epoch was chosen on validation images.")
    on_validation = [
        dataclasses.replace(r, measured_on=r.checkpoint.provenance["validation"]) for r in results if r.checkpoint
    ]
    assert "which also chose each run's best epoch" in tables.measured_on(on_validation, "accuracy")
    settings = tables.ablation(study, results, "accuracy")
    assert settings.rows[0][0] == "fusion" and settings.rows[1][-1].startswith("-21.0 points")
    assert not any(row[-1].endswith(".") for row in settings.rows), "a cell is no sentence"
    names = set(app.session_state[file_names.GIVEN.slot])
    assert {
        f"studies-{study.id}-{kind}-accuracy.{end}" for kind in ("folds", "settings") for end in ("csv", "tex")
    } < names
    tex = tables.latex(settings, "100 % & more_")
    assert tex.count(r"\\") == 3 and r"100 \% \& more\_" in tex and r"$\pm$" in tex
    lines = list(csv.DictReader(io.StringIO(tables.runs_csv(study, results))))
    assert len(lines) == 10 and float(lines[1]["accuracy"]) == pytest.approx(0.81)
    assert {line["options.attention"] for line in lines} == {"none", "fusion"}


def test_curves_settings_and_pooled_confusion(app: AppTest, folders: Path) -> None:
    dataset = write_faces(folders)
    study = create_study(SMALL, folds=range(5))
    finish(study, 3)
    for part, count in (("Curves", 2), ("Settings and figures", 1)):
        open_page(app, "studies", study=study.id, part=part)
        assert not app.error and len(app.get("plotly_chart")) == count, part
    results = studies.progress(study.id).results
    job = plots.pooling(find_study(study.id), {}, 0, results)
    for _ in range(600):
        if not job.active:
            break
        time.sleep(0.05)
    assert job.state == "done", job.problem
    sizes = [len(make_split(dataset, "folds-5", fold=fold).test) for fold in range(3)]
    assert job.result.n == sum(sizes) and job.result.split == "3 of 5 folds pooled"
    open_page(app, "studies", study=study.id, part="Confusion")
    assert not app.error and len(app.get("plotly_chart")) == 1
    assert f"n = {sum(sizes)}" in words(app)
    (link,) = [link for link in app.get("page_link") if "Confusion" in link.proto.label]
    assert "pictures=folds" in str(link.proto)


def test_a_strange_address_and_a_damaged_study(app: AppTest, folders: Path) -> None:
    write_faces(folders)
    study = create_study(SMALL)
    open_page(app, "studies", study="../../etc")
    assert "is not on this computer" in words(app) and "0 of 1 runs finished" in words(app)
    study.file.write_text(json.dumps({"trials": 3}))
    app.run()
    assert not app.exception and "No study yet" in words(app)


def test_figures_draw_a_band_and_every_run() -> None:
    epochs = np.array([1, 2])
    band = figures.Band("none", epochs, np.array([0.2, 0.4]), np.array([0.1, 0.0]), np.array([3, 2]))
    figure = figures.curves([band, band], "accuracy", percent=True)
    area, line = figure.data[:2]
    assert list(area.y) == pytest.approx([30, 40, 40, 10]) and list(line.y) == pytest.approx([20, 40])
    assert figure.data[3].line.dash != line.line.dash
    axes = [
        figures.Axis("attention", [0, 1, 0], ("none", "cam")),
        figures.Axis("lr", [1e-4, 1e-3, 1e-2], log=True),
        figures.Axis("accuracy, %", [50.0, 60.0, 55.0]),
    ]
    first, second, last = figures.parallel(axes).data[0].dimensions
    assert (
        list(first.ticktext) == ["none", "cam"] and list(second.values) == [-4, -3, -2] and last.label == "accuracy, %"
    )


def test_long_names_beside_an_axis_are_cut_and_stay_apart() -> None:
    long = "rotation 10, translation 0.08, scale 0.1, horizontal flip 0.5"
    names = (long, "none", f"{long}, contrast 0.2")
    axes = [figures.Axis("augmentation", [0, 1, 2], names), figures.Axis("accuracy, %", [50.0, 60.0, 55.0])]
    figure = figures.parallel(axes)
    ticks, room = figure.data[0].dimensions[0].ticktext, figure.layout.margin.l
    assert len(set(ticks)) == 3 and ticks[1] == "none" and all(7 * len(tick) < room for tick in ticks) and room < 320


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("lr", "Learning rate"),
        ("augmentation.rotation", "Rotation, degrees"),
        ("options.growth_rate", "Growth rate"),
        ("", "Setting"),
    ],
)
def test_a_field_is_called_as_in_the_form(name: str, title: str) -> None:
    assert tables.field_title(name) == title


def test_a_link_from_a_printed_table_fills_the_form(app: AppTest) -> None:
    changes = "batch_size=16;protocol=7-2-1;options.theta=1.0"
    link = {"change": "search", "lines": "options.depth = 12, 20", "folds": "none", "set": changes}
    open_page(app, "studies", recipe="sldcnn-paper", data="synthetic", **link)
    assert not app.exception and not app.error
    assert app.text_area[0].value == "options.depth = 12, 20"
    captions = " ".join(caption.value for caption in app.caption)
    assert "From the link: batch_size=16, protocol=7-2-1, options.theta=1.0." in captions and "2 runs" in captions
    app.selectbox(key="shared.recipe").set_value("quick").run()
    assert "From the link" not in " ".join(caption.value for caption in app.caption)
