"""Heatmaps of a split: the services, the page with its jobs, and the leaderboard."""

import functools
import re
import threading
import time

import numpy as np
import pytest
import torch
from app_driver import open_page, words

from fer_models import create_model
from fer_models.checkpoint import save_checkpoint
from fer_models.data import open_dataset
from fer_models.data.synthetic import SyntheticOptions, generate
from fer_models.explain.benchmark.run import Leaderboard, Row, benchmark
from fer_models.explain.sets.batch import SetSettings
from fer_models.explain.sets.table import region_shares
from fer_models.faces.image import encode_png
from fer_models.folders import cache_folder
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from workbench import cache
from workbench.app import jobs
from workbench.features.heatmaps.figures import region_bars
from workbench.features.heatmaps.model import leaderboard, split
from workbench.features.heatmaps.model.leaderboard import Question
from workbench.features.heatmaps.model.split import Plan
from workbench.widgets.files import file_names

DATA = "synthetic:count=60,size=48,seed=3,identities=6"


def light_checkpoint(folder, seed=0):
    torch.manual_seed(seed)
    return save_checkpoint(folder, create_model("mini_xception", 7, 1), FER7, Preprocess(48, 1))


@pytest.fixture
def checkpoint(folders):
    return light_checkpoint(folders / "checkpoints" / "fresh")


@pytest.fixture
def small(folders):
    """A data set of 14 pictures in folders by class."""
    drawn = generate(SyntheticOptions(count=14, size=48, seed=2))
    for i, (image, label) in enumerate(zip(drawn.images, drawn.labels, strict=True)):
        folder = folders / "data" / "small" / drawn.classes[label]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{i}.png").write_bytes(encode_png(image[:, :, 0]))
    return "small"


def plan_of(checkpoint, count=10):
    data = open_dataset(DATA)
    return Plan({"fresh": checkpoint}, data, split.drawn(data, "train", count), SetSettings())


def finished(job):
    for _ in range(2400):
        if not job.active:
            return job
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def settled(app):
    """Run the page until no job is at work and it shows what they found."""
    for _ in range(480):
        if not jobs.under_way():
            break
        time.sleep(0.25)
    app.run()
    assert not app.exception, app.exception
    return app


def test_the_same_pictures_are_drawn_again():
    data = open_dataset(DATA)
    first = split.drawn(data, "train", 10)
    assert (first == split.drawn(data, "train", 10)).all()
    assert (np.diff(first) > 0).all()
    assert (split.drawn(data, "train", 0) == data.split_index("train")).all()
    assert (split.drawn(data, "train", 9999) == data.split_index("train")).all()


def test_an_answer_is_kept_on_disk(checkpoint):
    plan = plan_of(checkpoint)
    assert split.read(plan, "fresh") is None
    first = finished(split.start(plan, "fresh", cache.classifier(checkpoint))).result
    jobs.forget(plan.key("fresh"))
    again = split.read(plan, "fresh")
    np.testing.assert_array_equal(again.predictions, first.predictions)
    tiles = split.mean_tiles(first, plan.dataset, "label", 0.5, 96)
    assert len(tiles) == np.unique(first.labels).size
    assert tiles[0].picture.shape == (96, 96, 3)
    assert "n = " in tiles[0].words
    assert split.table_csv(first, plan.dataset).startswith(b"row,")
    assert "10 images · LayerCAM · layer" in split.facts(first)
    rows = split.agreement_rows({"fresh": first})
    assert all(row[1] == "fresh" and "[" in row[2] for row in rows)
    figure = region_bars({"a<b": region_shares(first), "c": region_shares(first)})
    assert [trace.name for trace in figure.data] == ["a&lt;b", "c", "share of the image"]


def test_a_job_can_be_cancelled_and_begun_again(checkpoint, monkeypatch):
    plan, go = plan_of(checkpoint), threading.Event()
    explained_set = split.explained_set

    def held(*arguments):
        assert go.wait(30)
        return explained_set(*arguments)

    monkeypatch.setattr(split, "explained_set", held)
    job = split.start(plan, "fresh", cache.classifier(checkpoint))
    job.cancel()
    go.set()
    assert finished(job).state == "cancelled"
    assert split.read(plan, "fresh") is None
    assert finished(jobs.restart(job)).state == "done"


def row(method, values, reference=False):
    return Row(
        "fresh", method, method, reference, 0.01, {"insertion": np.array(values), "deletion": 1 - np.array(values)}
    )


def test_the_leaderboard_says_which_methods_beat_the_references():
    rows = (row("good", [0.8, 0.9] * 4), row("poor", [0.2] * 8), row("random map", [0.3, 0.4] * 4, True))
    board = Leaderboard("x", 8, ("insertion", "deletion"), rows, ())
    sentence = leaderboard.sentence(board, "fresh")
    assert sentence.startswith("On fresh, good beat all three")
    assert "poor did no better than a random map" in sentence
    heads, cells, bold = leaderboard.rows(board, "fresh")
    assert heads == ["Method", "Insertion, high", "Deletion, low", "Time per image"]
    assert cells[2][0] == "random map (reference)"
    assert bold == {(0, 1), (0, 2)}


def test_a_leaderboard_is_kept_on_disk(checkpoint, monkeypatch):
    question = Question({"fresh": checkpoint}, open_dataset(DATA), ("saliency",), 2)
    assert leaderboard.read(question) is None
    monkeypatch.setattr(leaderboard, "benchmark", functools.partial(benchmark, metrics=("sparseness",)))
    job = finished(leaderboard.start(question, lambda: {"fresh": cache.classifier(checkpoint)}))
    assert job.state == "done", job.problem
    jobs.forget(question.key)
    assert leaderboard.read(question).rows[0].method == "saliency"
    (file,) = cache_folder().rglob("leaderboard-*.json")
    file.write_text('{"data": "faces", "n": 1, "rows": [], "metrics": ["gone"], "notes": []}')
    assert leaderboard.read(question) is None  # to be measured again, as if there were none
    other = Question({"fresh": checkpoint}, question.dataset, ("saliency", "grad_cam"), 2)
    assert other.key != question.key


def test_the_page_shows_means_regions_and_downloads(app, checkpoint, small):
    open_page(app, "heatmaps", data=small, split="all")
    settled(app)
    text = words(app)
    assert "14 images" in text
    assert "The background holds" in text
    assert "Regions come from one template" in text
    assert {box.label for box in app.selectbox} >= {"Network", "Split", "Method", "Explained", "Layer", "Images"}
    assert not app.error
    names = set(app.session_state[file_names.GIVEN.slot])
    assert any(name.endswith("layer_cam-predicted-14-by-label.png") for name in names)
    app.selectbox(key="heatmaps.explained").set_value("happy").run()
    settled(app)
    other = set(app.session_state[file_names.GIVEN.slot])
    assert any(name.endswith("layer_cam-happy-14.csv") for name in other) and not any("predicted" in n for n in other)


def test_the_row_of_mean_heatmaps_can_be_saved_under_its_settings(app, checkpoint, small):
    open_page(app, "heatmaps", data=small, split="all", checkpoint="fresh")
    settled(app)
    (row,) = [element.proto.body for element in app.get("html") if "Mean heatmaps of fresh" in element.proto.body]
    assert "data-grid" in row and row.count("<img") > 1
    assert re.search(r'data-name="[^"]*fresh-[a-z_]+-predicted-\d+-by-label"', row)


def test_two_networks_stand_side_by_side(app, checkpoint, folders, small):
    light_checkpoint(folders / "checkpoints" / "other", seed=1)
    open_page(app, "heatmaps", data=small, split="all", others="other", checkpoint="fresh")
    settled(app)
    text = words(app)
    assert "fresh: The background" in text
    assert "other: The background" in text


def test_without_a_network_the_page_says_what_to_do(app):
    open_page(app, "heatmaps")
    assert "train one first" in words(app)


def test_the_methods_section_begins_when_asked(app, checkpoint, small):
    where = {"checkpoint": "fresh", "data": small, "heatmap-source": small}
    open_page(app, "heatmaps", part="Which method can be believed", **where)
    assert "three reference maps" in words(app)
    assert "Measure" in {button.label for button in app.button}
