"""Networks on the same faces: what is bold, what the pairs say, what is drawn, and the empty states."""

from __future__ import annotations

import csv
import dataclasses
import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from app_driver import make_checkpoint, open_page, words
from evidence_maker import answers, cache_answers, write_faces
from streamlit.testing.v1 import AppTest

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, save_checkpoint
from fer_models.data import open_dataset
from fer_models.errors import UserError
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import Evaluation
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from workbench.app import jobs
from workbench.features.compare.model import same_faces

SECTION = "On the same faces"


def made(right: np.ndarray, seed: int = 0) -> Evaluation:
    """Answers to 600 pictures, right where asked, else the next class."""
    n = len(right)
    targets = np.arange(n) % 7
    logits = np.random.default_rng(seed).normal(0, 0.1, (n, 7)).astype(np.float32)
    logits[np.arange(n), np.where(right, targets, (targets + 1) % 7)] += 3
    rows = np.arange(n)
    return Evaluation(
        FER7, targets, logits.argmax(1), logits, softmax(logits), None, rows, rows, "made_up", "x", "test", "valid"
    )


@pytest.fixture(scope="module")
def three() -> same_faces.Standing:
    """Two networks that are right equally often, 80 %, on other pictures, and one that is right in half of them."""
    random, rows = np.random.default_rng(3), np.arange(600)
    right = [rows % 5 != 0, rows % 5 != 1, random.random(600) < 0.5]
    return same_faces.standing(("a_1", "b", "c"), [made(each, i) for i, each in enumerate(right)])


def test_the_best_is_marked_only_beyond_chance(three: same_faces.Standing) -> None:
    assert "accuracy" not in three.best, "two are equally right"
    right = [made(np.arange(600) % 5 != 0), made(np.arange(600) % 2 == 0)]
    two = same_faces.standing(("good", "bad"), right)
    assert two.best["accuracy"] == two.best["macro_f1"] == two.best["log_loss"] == 0
    assert same_faces.marked(two) >= {(0, 0), (0, same_faces.FIGURES.index("log_loss"))}


def test_the_pairs_in_words(three: same_faces.Standing) -> None:
    assert [(pair.a, pair.b) for pair in three.pairs] == [(0, 1), (0, 2), (1, 2)]
    first, second, _ = same_faces.sentences(three)
    assert first.startswith("**No proven winner: a_1 +0.0 points [") and "p = 1, corrected for 3 pairs.**" in first
    assert "a_1 alone gets 120 images right, b alone 120 (McNemar's exact test)" in first
    assert "Both give the same answer to 60.0 % of the 600 images." in first
    assert second.startswith("**a_1 is more accurate: a_1 +") and "p < 0.001, corrected for 3 pairs.**" in second


def test_all_metrics_turn_the_table(three: same_faces.Standing) -> None:
    heads, rows, bold = same_faces.oriented(three)
    assert heads[0] == "Network" and [row[0] for row in rows] == ["a_1", "b", "c"]
    right = [made(np.arange(600) % 5 != 0), made(np.arange(600) % 2 == 0)]
    every = same_faces.standing(("good", "bad"), right, figures=same_faces.ALL_FIGURES)
    heads, rows, bold = same_faces.oriented(every)
    assert heads == ["Figure", "good", "bad"] and len(rows) == len(same_faces.ALL_FIGURES) > 15
    accuracy = [row[0] for row in rows].index("Accuracy, %")
    assert (accuracy, 1) in bold and (accuracy, 2) not in bold
    assert every.best["false_acceptance_share"] == 0, "lower is better there"
    assert r"\textbf{80.0 [" in same_faces.latex(every)


def test_the_files(three: same_faces.Standing) -> None:
    rows = list(csv.DictReader(io.StringIO(same_faces.csv(three))))
    assert len(rows) == 3 * len(same_faces.FIGURES)
    accuracy = next(row for row in rows if (row["network"], row["metric"]) == ("a_1", "accuracy"))
    assert float(accuracy["value"]) == 0.8 and accuracy["n"] == "600" and accuracy["selected_on"] == "valid"
    assert accuracy["best_beyond_chance"] == "False"
    two = same_faces.standing(("a_1", "b"), [made(np.arange(600) % 5 != 0), made(np.arange(600) % 2 == 0)])
    text = same_faces.latex(two)
    assert r"a\_1 & \textbf{80.0 [" in text and r"made\_up, test, n = 600" in text and r"Accuracy, \%" in text
    assert r"\textbf{50" not in text and text.count(r"\toprule") == 1


def test_faces_that_only_one_gets_right(three: same_faces.Standing) -> None:
    a, b, _ = three.evaluations
    indices = same_faces.only_right(a, b)
    assert sorted(indices) == list(range(1, 600, 5))
    confidence = b.probabilities[indices].max(1)
    assert (np.diff(confidence) <= 0).all()


def test_other_pictures_cannot_be_compared() -> None:
    evaluation = made(np.arange(20) % 2 == 0)
    other = dataclasses.replace(evaluation, data="elsewhere")
    with pytest.raises(UserError, match="needs the same images and classes"):
        same_faces.standing(("a", "b"), [evaluation, other])


def opened(app: AppTest, **query: str) -> AppTest:
    """The section once its comparison is done."""
    open_page(app, "compare", section=SECTION, data="small", **query)
    for _ in range(100):
        if not jobs.under_way():
            break
        time.sleep(0.1)
        app.run()
    app.run()  # the comparison is a job of its own
    for job in jobs.under_way():
        job.wait(30)
    app.run()
    assert not app.exception
    return app


def test_one_network_is_not_enough(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "compare", section=SECTION)
    assert any("needs two trained networks; here is one, fresh" in info.value for info in app.info)
    assert not app.error and not app.dataframe


def test_table_sentences_and_faces(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    write_faces(folders)
    (folders / "data" / "small" / "test" / "happy" / "broken.png").write_bytes(b"no image")
    dataset = open_dataset("small")
    cache_answers(dataset, checkpoint)
    other = make_checkpoint(folders / "checkpoints" / "second", seed=1)
    cache_answers(dataset, other, shift=1)
    opened(app)
    assert not app.error, words(app)
    text = words(app)
    assert "50.0 [25.4, 74.6]" in text
    assert len(app.get("plotly_chart")) >= 1 and "Class by class" in text and "How often they agree" in text
    assert "**12 images" in text and "were left out" in text
    assert "fresh alone gets 6 images right, second alone" in text
    saved = [button.proto.label for button in app.get("download_button")]
    assert saved == ["CSV", "LaTeX", "Contact sheet, PNG", "Contact sheet, PDF"]
    assert "that fresh gets right and second wrong" in text and "fresh says" in text
    app.selectbox(key="compare.right").set_value("second").run()
    assert not app.exception and "that second gets right and fresh wrong" in words(app)
    app.multiselect(key="compare.networks").set_value(["fresh"]).run()
    assert any("Choose two networks" in info.value for info in app.info)
    assert app.query_params["networks"] in ("fresh", ["fresh"])


def test_other_classes_stand_apart(app: AppTest, checkpoint: Checkpoint, folders: Path) -> None:
    dataset = write_faces(folders)
    cache_answers(dataset, checkpoint)
    torch.manual_seed(0)
    fewer = ("happy", "sad")
    folder = folders / "checkpoints" / "two"
    save_checkpoint(folder, create_model("fcsdnet", 2, 1), fewer, Preprocess(48, 1))
    opened(app)
    for _ in range(100):
        if "cannot be in the same table" in words(app):
            break
        time.sleep(0.1)
        app.run()
    assert "two answers with other classes on these images (happy, sad) than fresh" in words(app)
    assert any("Fewer than two of these networks" in info.value for info in app.info)
    assert not app.error and answers(dataset).n == 12
