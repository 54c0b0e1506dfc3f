"""Video: the sample is read without a click, moments are chosen, jobs are cancelled, bad uploads get a sentence."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from app_driver import ROOT, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.classifier import Classifier
from fer_models.video.annotate import encode_webm
from fer_models.video.drawn import DrawnVideo
from fer_models.video.reading import ReadingOptions, read_expressions
from workbench.app import jobs as background_jobs
from workbench.features.video.model import reading as reading_model
from workbench.features.video.moment import clicked_reading
from workbench.widgets.timeline_figure import Series, timeline

_SHORT = DrawnVideo(expressions=("neutral", "happy", "angry"), hold=0.8, fps=10)


@pytest.fixture
def trained(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The network that knows drawn faces, and a short drawn video as the sample."""
    clip = reading_model.clip(encode_webm(_SHORT.frames(), _SHORT.fps), "drawn.webm")
    monkeypatch.setattr(reading_model, "sample", lambda: clip)
    target = folders / "checkpoints" / "drawn"
    shutil.copytree(ROOT / "checkpoints" / "fcsdnet-synthetic", target)
    return target


def until(app: AppTest, text: str) -> str:
    until_then = time.monotonic() + 240
    while time.monotonic() < until_then:
        if text in words(app):
            return words(app)
        time.sleep(0.1)
        app.run(timeout=120)
    raise AssertionError(words(app))


def test_without_a_network_it_says_what_to_do(app: AppTest) -> None:
    assert "train one first" in words(open_page(app, "video"))


def test_the_sample_is_read_and_its_moments_are_shown(app: AppTest, trained: Path) -> None:
    open_page(app, "video")
    text = until(app, "The whole video")
    assert not app.error
    assert "The class is “angry”" in text or "The class is “happy”" in text, "the surest peak comes first"
    assert "neutral 3" in text and "24 frames read" in text
    labels = [button.label for button in app.button]
    assert [label.split()[0] for label in labels if label.endswith(" s")] == ["neutral", "happy", "angry"]
    assert {"Frame, PNG", "Heatmap, PNG"} < {button.label for button in app.get("download_button")}
    happy = next(button for button in app.button if button.label.startswith("happy"))
    happy.click()
    app.run()
    assert "The class is “happy”" in words(app)
    moment = next(slider for slider in app.slider if slider.label == "Moment, s")
    moment.set_value(0.3).run()
    assert "The class is “neutral”" in words(app)


def test_another_smoothing_reads_nothing_again(app: AppTest, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_page(app, "video")
    until(app, "The whole video")

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(reading_model, "read_expressions", never)
    app.selectbox(key="video.smoothing").set_value("none").run()
    assert "The whole video" in words(app) and not app.error


def test_a_larger_smallest_face_leaves_nobody_and_reads_anew(app: AppTest, trained: Path) -> None:
    open_page(app, "video")
    until(app, "The whole video")
    app.slider(key="face.smallest face video").set_value(240).run()
    until(app, "No face was found")
    assert "The whole video" not in words(app) and not app.error


def test_the_marked_video_is_made_on_demand(app: AppTest, trained: Path) -> None:
    open_page(app, "video")
    until(app, "The whole video")
    next(button for button in app.button if button.label == "Make the video with boxes").click().run()
    for _ in range(200):
        jobs = [job for key, job in background_jobs._jobs.items() if "marked" in str(key)]
        if jobs and not jobs[0].active:
            break
        time.sleep(0.1)
    assert jobs[0].state == "done", jobs[0].problem
    assert reading_model.clip(jobs[0].result, "marked.webm").info.frames == _SHORT.count


def test_an_upload_does_not_wait_for_the_sample(app: AppTest, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample, read = reading_model.sample(), read_expressions

    def slow(video: Any, *arguments: Any, progress: Any, **options: Any) -> Any:
        while video is sample.video:
            progress(0.1, "frame 1")
            time.sleep(0.02)
        return read(video, *arguments, progress=progress, **options)

    monkeypatch.setattr(reading_model, "read_expressions", slow)
    open_page(app, "video")
    (job,) = [job for key, job in background_jobs._jobs.items() if key[0] == "video"]
    own = DrawnVideo(expressions=("sad", "happy"), hold=0.4, fps=10)
    app.file_uploader[0].upload("own.webm", encode_webm(own.frames(), own.fps), "video/webm").run()
    _wait(job)
    assert job.state == "cancelled", "nobody looks at it any more"
    until(app, "The whole video")
    assert not app.error and not app.exception


def test_a_short_video_does_not_wait_for_a_faster_network(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    optimised: list[str] = []
    monkeypatch.setattr(Classifier, "optimise", lambda self: optimised.append(self.checkpoint.name))
    clip, classifier = reading_model.sample(), _classifier(trained)
    for repaid, expected in ((reading_model.REPAID, 0), (0, 1)):
        monkeypatch.setattr(reading_model, "REPAID", repaid)
        job = reading_model.start(clip, classifier, ReadingOptions(every=30 + expected))
        _wait(job)
        assert job.state == "done" and len(optimised) == expected


def test_a_job_can_be_cancelled_and_begun_again(trained: Path) -> None:
    classifier = _classifier(trained)
    clip, options = reading_model.sample(), ReadingOptions()
    with clip.lock:  # It waits for the video.
        job = reading_model.start(clip, classifier, options)
        job.cancel()
    _wait(job)
    assert job.state == "cancelled"
    assert reading_model.start(clip, classifier, options) is job, "a cancelled job does not begin by itself"
    job = background_jobs.restart(job)
    _wait(job)
    assert job.state == "done" and len(job.result.persons) == 1


def test_a_bad_video_gets_its_sentence(app: AppTest, trained: Path) -> None:
    open_page(app, "video")
    until(app, "The whole video")
    app.file_uploader[0].upload("broken.mp4", b"\0\0\0\x18ftypisom and no more", "video/mp4").run()
    assert "damaged or cut off" in app.error[0].value
    app.run()
    assert "damaged or cut off" in app.error[0].value, "said again at every drawing"


def test_a_moment_shows_the_frame_and_the_heatmap(trained: Path) -> None:
    classifier = _classifier(trained)
    clip = reading_model.sample()
    reading = read_expressions(clip.video, classifier)
    (person,) = reading.persons
    seen = reading_model.moment(clip, classifier, reading, person, reading_model.nearest(person, 1.2))
    assert seen.ranked[0][0] == seen.alone[0] == "happy" and seen.frame == 12
    assert seen.crop.shape == (48, 48, 1) and seen.heat is not None
    changed = np.abs(seen.picture.astype(int) - _SHORT.frame(12).astype(int)).mean(2) > 60
    box = person.faces[12].box
    assert changed.any() and not changed[: int(box[1]) - 40].any(), "the box is drawn around the face alone"


def test_a_click_tells_its_reading() -> None:
    event = {"selection": {"points": [{"customdata": [17], "x": 1.7}]}}
    assert clicked_reading(event) == 17
    assert clicked_reading({"selection": {"points": []}}) is None and clicked_reading({}) is None


def test_the_timeline_is_stacked_marked_and_thinned() -> None:
    seconds = np.concatenate([np.arange(3000) / 10, 400 + np.arange(100) / 10])
    smoothed = np.tile([0.7, 0.3], (3100, 1))
    series = Series(seconds, smoothed, smoothed[:, 0] - 0.1, smoothed[:, 0] + 0.1, ("happy", "sad"))
    figure = timeline(series, [(5.0, 0.7, "happy"), (9.0, 0.6, "sad"), (300.0, 0.7, "happy")], now=5.0)
    stacked = [trace for trace in figure.data if trace.stackgroup]
    assert [trace.name for trace in stacked] == ["happy", "sad"] and len(stacked[0].x) < 1600
    sums = np.array(stacked[0].y) + np.array(stacked[1].y)
    assert set(np.unique(sums.round(1))) == {0.0, 100.0}, "nobody is seen in the gap"
    clickable = next(trace for trace in figure.data if trace.name == "moment")
    assert len(clickable.x) == 5 * 300 and list(clickable.customdata[-1]) == [3099]
    peaks = next(trace for trace in figure.data if trace.name == "peak")
    assert peaks.x == (5.0, 9.0, 300.0) and peaks.text == ("happy", "", "happy"), "close names would overlap"


def _classifier(folder: Path) -> Classifier:
    from fer_models import load_checkpoint

    return load_checkpoint(folder)


def _wait(job: background_jobs.Job) -> None:
    for _ in range(600):
        if not job.active:
            return
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def _people() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from workbench.features.video import moment

    seen = {1: 5, 2: 9, 3: 7}
    reading = SimpleNamespace(persons=[SimpleNamespace(number=n, frames=range(count)) for n, count in seen.items()])
    st.write(f"chosen {moment.choose(reading).number}")  # type: ignore[arg-type]


def test_people_stand_in_order_and_the_one_seen_longest_is_chosen() -> None:
    app = AppTest.from_function(_people).run()
    (choice,) = app.get("button_group")
    assert [option.content for option in choice.proto.options] == ["1", "2", "3"]
    assert app.markdown[0].value == "chosen 2"
