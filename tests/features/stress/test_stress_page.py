"""Stress: one face without a click, and the faces of a split in the background, cancelled, kept and shown."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from app_driver import ROOT, make_checkpoint, open_page, words
from evidence_maker import write_faces
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.errors import UserError
from fer_models.progress import Progress
from fer_models.robustness import CORRUPTIONS, FaceGeometry
from fer_models.robustness.stored import read_result, write_result
from fer_models.robustness.stress import Answers, StressResult
from workbench.app import jobs
from workbench.features.stress.model import many_faces, one_face, tables
from workbench.features.stress.model.many_faces import Plan
from workbench.features.stress.model.one_face import FaceTest

FACE = generate_face(SyntheticOptions(count=7, size=48, seed=1), 0).image


def made_up(count: int, kinds: tuple[str, ...] = ("low_light", "mask", "glasses"), seed: int = 0) -> StressResult:
    """Random answers of two networks for so many faces of seven classes."""
    random = np.random.default_rng(seed)
    classes = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    answers = {}
    for net in ("fresh", "other"):
        clean = Answers(random.integers(0, 7, count), np.full(count, 0.5, np.float32), np.ones(count, bool), np.ones(4))
        for kind in kinds:
            answers[net, kind, 0] = clean
            for level in (1, 2, 3, 4, 5):
                predicted = random.integers(0, 7, count)
                like = random.uniform(-1, 1, 4)
                answers[net, kind, level] = Answers(predicted, np.full(count, 0.5, np.float32), predicted > 2, like)
    return StressResult(("fresh", "other"), kinds, (1, 2, 3, 4, 5), classes, random.integers(0, 7, count), answers)


def small_plan(checkpoint: Checkpoint, dataset: FaceDataset, kinds: tuple[str, ...] = ("mask",)) -> Plan:
    return many_faces.plan({"fresh": checkpoint}, dataset, "small", "test", count=5, kinds=kinds)


def wait(plan: Plan) -> None:
    for _ in range(1200):
        job = many_faces.find(plan)
        assert job is not None
        if not job.active:
            return
        time.sleep(0.05)
    raise AssertionError("the test did not end in a minute")


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    open_page(app, "stress")
    assert any("No trained network yet" in info.value for info in app.info)
    assert not app.error


def test_one_face_is_answered_without_a_click(app: AppTest, checkpoint: Checkpoint) -> None:
    open_page(app, "stress")
    assert not app.error, words(app)
    text = words(app)
    assert "cloth mask" in text and "Under every corruption" in text
    assert "it first (strength" in text or "No corruption changes" in text
    app.selectbox(key="stress.kind").set_value("rotation").run()
    assert "Strength: degrees" in words(app) and not app.exception
    app.toggle(key="stress.heatmaps stress").set_value(True).run()
    assert not app.exception and not app.error, words(app)
    assert "LayerCAM for the clean face's class" in words(app)


def test_versions_are_what_the_network_gets(checkpoint: Checkpoint) -> None:
    made = one_face.versions(FACE, "blur", FaceGeometry())
    assert len(made) == 6 and all(image.shape == FACE.shape for image in made)
    assert np.array_equal(made[0], FACE)
    classifier = Classifier(checkpoint)
    test = one_face.face_test(classifier, FACE, FaceGeometry())
    assert set(test.kinds) == set(CORRUPTIONS)
    row = test.kinds.index("blur")
    assert np.allclose(test.probabilities[row], classifier.predict(made).probabilities, atol=1e-5)
    head, rows = one_face.table(test)
    assert len(rows) == 14 * 6 and all(len(line) == len(head) for line in rows)
    assert len(one_face.captions(test, "blur")) == 6
    heatmaps = one_face.heatmaps(classifier, FACE, "shift", FaceGeometry())
    assert heatmaps is not None and len(heatmaps[0]) == 6 and heatmaps[1][0] == pytest.approx(1)


def test_what_breaks_first_in_words() -> None:
    probabilities = np.zeros((3, 6, 2), np.float32)
    probabilities[:, :, 0] = 0.9
    probabilities[:, :, 1] = 0.1
    probabilities[0, 3:] = (0.2, 0.8)
    probabilities[1, 2:] = (0.2, 0.8)
    test = FaceTest(("blur", "jpeg", "mask"), ("happy", "sad"), probabilities)
    assert (test.breaks_at("blur"), test.breaks_at("jpeg"), test.breaks_at("mask")) == (3, 2, None)
    expected = "JPEG breaks it first (strength 2 of 5). Face mask never does."
    assert one_face.sentence(test) == expected
    firm = FaceTest(("blur",), ("happy", "sad"), probabilities[2:])
    assert "No corruption changes" in one_face.sentence(firm)


def test_a_split_is_tested_kept_and_found_again(checkpoint: Checkpoint, folders: Path) -> None:
    plan = small_plan(checkpoint, write_faces(folders))
    assert many_faces.stored_result(plan) is None and plan.questions == 2 * 5 * 6
    many_faces.start(plan, {"fresh": Classifier(checkpoint)})
    wait(plan)
    result = many_faces.stored_result(plan)
    assert result is not None and result.n == 5 and result.targets is not None
    jobs.forget(("stress", plan.key))
    again = many_faces.stored_result(plan)
    assert again is not None and again.networks == ("fresh",)
    assert np.array_equal(again.answers["fresh", "mask", 5].predicted, result.answers["fresh", "mask", 5].predicted)
    made, captions = tables.strip(result, plan, "fresh", "mask", 3)
    assert len(made) == len(captions) == 6
    row = result.answers["fresh", "mask", 5].predicted[3]
    expected = Classifier(checkpoint).predict([made[5]], exact=True).top[0]
    assert expected == row, "the strip shows another image than the test asked about"


def test_a_test_is_cancelled_and_can_begin_again(
    checkpoint: Checkpoint, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = small_plan(checkpoint, write_faces(folders), ("mask", "blur"))
    at_work, go_on = threading.Event(), threading.Event()

    def slow(*_: object, progress: Progress, **__: object) -> StressResult:
        at_work.set()
        assert go_on.wait(30)
        progress(0.5, "half")
        return made_up(5)

    monkeypatch.setattr(many_faces, "stress_split", slow)
    many_faces.start(plan, {})
    assert at_work.wait(30)
    job = many_faces.find(plan)
    assert job is not None
    job.cancel()
    go_on.set()
    wait(plan)
    assert job.state == "cancelled"
    jobs.restart(job)
    wait(plan)
    assert many_faces.stored_result(plan) is not None


def test_a_second_session_leaves_stop_to_the_first(
    app: AppTest, checkpoint: Checkpoint, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_faces(folders)
    at_work, go_on = threading.Event(), threading.Event()

    def slow(*_: object, progress: Progress, **__: object) -> StressResult:
        at_work.set()
        assert go_on.wait(30)
        progress(0.5, "half")
        return made_up(12)

    monkeypatch.setattr(many_faces, "stress_split", slow)
    query = {"test": "Many faces", "data": "small", "split": "test", "preset": "conditions", "checkpoint": "fresh"}
    second = AppTest.from_file(str(ROOT / "workbench" / "Home.py"), default_timeout=60)
    for session in (app, second):
        open_page(session, "stress", **query)
    for session in (app, second):  # the second page was drawn before the first button was pressed
        next(button for button in session.button if button.label == "Test 12 faces").click().run()
    (job,) = jobs.under_way()
    assert at_work.wait(30)
    next(button for button in app.button if button.key == "stress many faces stop").click().run()
    go_on.set()
    assert job.wait(30) and job.state == "cancelled"
    for session in (app, second):
        session.run()
        assert any("Stress test of fresh was stopped." in info.value for info in session.info)


def test_the_split_offers_a_button_then_shows_figures(
    app: AppTest, checkpoint: Checkpoint, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_checkpoint(folders / "checkpoints" / "other", seed=1)
    dataset = write_faces(folders)
    query = {"test": "Many faces", "data": "small", "split": "test", "preset": "conditions", "checkpoint": "fresh"}
    open_page(app, "stress", **query)
    assert not app.error, words(app)
    assert any(
        "12 faces of small, test, 3 corruptions at 5 severities, 1 network: 384 predictions" in info.value
        for info in app.info
    )
    assert "Test 12 faces" in [button.label for button in app.button]
    measured = many_faces.plan(
        {"fresh": checkpoint}, dataset, "small", "test", count=60, kinds=("low_light", "mask", "glasses")
    )
    monkeypatch.setattr(many_faces, "stored_result", lambda plan: made_up(12) if plan.key == measured.key else None)
    app.run()
    assert not app.error and not app.exception, words(app)
    text = words(app)
    for expected in ("n = 12 · small, test", "Mean corruption error", "Normal, low light, covered", "By class"):
        assert expected in text, expected
    app.selectbox(key="stress.figure").set_value("likeness").run()
    assert not app.error and not app.exception
    app.selectbox(key="stress.curve kind").set_value("mask").run()
    assert not app.error and not app.exception


def test_series_of_all_corruptions_is_their_mean() -> None:
    result = made_up(30)
    lines = tables.lines(result)
    mean = tables.series(result, lines, "fresh", tables.ALL, "accuracy")
    single = [tables.series(result, lines, "fresh", kind, "accuracy") for kind in result.kinds]
    for level in range(6):
        assert mean[level].value == pytest.approx(np.mean([series[level].value for series in single]))
        assert mean[level].low <= mean[level].value <= mean[level].high
    assert tables.figure(tables.Estimate(float("nan"), 0, 0)) == "–"
    assert "clean; at strength 3" in tables.headline(result, lines)


def test_stored_answers_come_back_and_damage_is_nothing(tmp_path: Path) -> None:
    result = made_up(6)
    path = tmp_path / "a" / "b.npz"
    write_result(result, path)
    back = read_result(path)
    assert back is not None and back.targets is not None
    assert np.array_equal(back.targets, result.targets) and back.kinds == result.kinds
    assert back.method == result.method
    for key, answers in result.answers.items():
        assert np.array_equal(back.answers[key].predicted, answers.predicted)
        assert np.allclose(back.answers[key].likeness, answers.likeness)
        assert np.array_equal(back.answers[key].mirrored, answers.mirrored)
    path.write_bytes(path.read_bytes()[:200])
    assert read_result(path) is None and read_result(tmp_path / "none.npz") is None


def test_a_split_without_usable_faces_is_refused(checkpoint: Checkpoint, folders: Path) -> None:
    dataset = write_faces(folders)
    with pytest.raises(UserError, match="no split"):
        many_faces.plan({"fresh": checkpoint}, dataset, "small", "nowhere", count=5, kinds=("mask",))
