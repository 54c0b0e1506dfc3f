"""The live reader: it follows a drawn face, forgets after a minute, and never waits for its detector."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import own_loop
import pytest

from fer_models import load_checkpoint
from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.faces.face import Face
from fer_models.video import live
from fer_models.video.drawn import DrawnVideo
from fer_models.video.live import LiveReader, read_still
from workbench.face.figures import people_over_time, shares_sentence
from workbench.features.webcam.model import camera as camera_model

_DRAWN = DrawnVideo(expressions=("happy", "angry"), hold=1.5, fps=10, width=640, height=480)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_checkpoint(Path(__file__).resolve().parents[3] / "checkpoints" / "fcsdnet-synthetic")


@pytest.fixture
def reader(classifier: Classifier) -> Iterator[LiveReader]:
    made = LiveReader(classifier)
    yield made
    made.close()


def play(reader: LiveReader, frames: range, start: float = 0.0) -> np.ndarray:
    """Frames at the drawn video's pace on a clock of their own; the detector is waited for."""
    drawn = np.zeros(0)
    for index in frames:
        drawn = reader.read(_DRAWN.frame(index), start + index / _DRAWN.fps)
        if reader._search is not None:
            reader._search.result()
    return drawn


def test_it_follows_the_expression_of_a_face(reader: LiveReader) -> None:
    drawn = play(reader, range(_DRAWN.count))
    history = reader.history(now=3.0)
    names = [history.classes[k] for k in history.smoothed.argmax(1)]
    assert len(names) >= _DRAWN.count - 2 and set(names) == {"happy", "angry"}
    change = history.seconds[names.index("angry")] + 3.0
    assert 1.5 - 0.1 <= change <= 1.5 + 0.5, "smoothing lags by some tenths of a second and no more"
    assert reader.rate() == pytest.approx(10, abs=0.5) and reader.milliseconds() > 0
    assert np.abs(drawn.astype(int) - _DRAWN.frame(_DRAWN.count - 1)).max() > 100, "a box is drawn"


def test_everybody_in_view_is_counted_by_class(classifier: Classifier) -> None:
    reader, frame = LiveReader(classifier), np.zeros((100, 200, 3), np.uint8)
    faces = [(1, Face((10, 10, 60, 60), 1.0)), (2, Face((110, 10, 170, 70), 1.0))]
    for now in (1.0, 2.0):
        reader._classify(frame.copy(), frame, faces[: int(now)], classifier, "none", now=now)
    seconds, counts = reader.people(now=2.0)
    assert seconds.tolist() == [-1.0, 0.0] and counts.sum(1).tolist() == [1, 2]
    assert shares_sentence(counts[-1], reader.classes).endswith("%")
    figure = people_over_time(seconds, counts, reader.classes)
    assert np.sum([trace.y for trace in figure.data], axis=0).tolist() == [1, 2]
    reader._classify(frame.copy(), frame, faces, classifier, "none", now=62.5)
    assert len(reader.people(now=62.5)[0]) == 1, "only a minute is kept"
    reader.close()


def test_only_a_minute_is_kept(reader: LiveReader) -> None:
    play(reader, range(5))
    play(reader, range(5), start=70.0)
    assert reader.history(now=70.5).seconds.min() > -live.MINUTE


def test_another_network_goes_on_with_the_next_frame(reader: LiveReader) -> None:
    play(reader, range(4))
    other = load_checkpoint(Path(__file__).resolve().parents[3] / "checkpoints" / "mini-xception-fer2013")
    reader.set(other, "heatmap")
    assert len(reader.history(now=0.4).seconds) == 0
    play(reader, range(4, 6))
    assert len(reader.history(now=0.6).seconds) == 2, "the face is still followed"


def test_a_frame_never_waits_for_the_detector(reader: LiveReader, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def slow(*_: Any) -> list[Any]:
        gate.wait(10)
        return []

    monkeypatch.setattr(live, "detect_faces", slow)
    start = time.monotonic()
    for index in range(5):
        reader.read(_DRAWN.frame(index), index / 10)
    assert time.monotonic() - start < 5
    gate.set()


@pytest.mark.parametrize("layer", ["heatmap", "attention"])
def test_a_layer_is_laid_over_the_face_alone(classifier: Classifier, layer: Any) -> None:
    picture = _DRAWN.frame(2)
    bare, faces = camera_model.still(classifier, picture, "none")
    laid = read_still(classifier, picture, faces, layer)
    left, top, right, bottom = (int(edge) for edge in faces[0].box)
    changed = np.abs(laid.astype(int) - bare).mean(2)
    assert changed[top + 20 : bottom - 20, left + 20 : right - 20].mean() > 10
    assert changed[:, : left - 40].max() == 0


def frames_of(*levels: int) -> list[Any]:
    av: Any = pytest.importorskip("av")
    return [av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="rgb24") for level in levels]


def test_the_stream_reads_the_latest_frame_only(classifier: Classifier) -> None:
    (out,) = own_loop.run(camera_model.Camera(classifier, "none").latest(frames_of(10, 200)))
    assert out.to_ndarray(format="rgb24").mean() == pytest.approx(200, abs=2)


def test_a_frame_that_cannot_be_read_does_not_end_the_stream(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = camera_model.Camera(classifier, "none")

    def fail(image: np.ndarray) -> np.ndarray:
        raise ZeroDivisionError if image.mean() < 100 else UserError("YuNet's file is damaged.")

    monkeypatch.setattr(camera.reader, "read", fail)
    for level, words in ((10, "log of the app"), (200, "YuNet's file is damaged.")):
        frames = frames_of(level)
        assert own_loop.run(camera.latest(frames)) == frames, "the bare image passes"
        assert words in camera.problem
    monkeypatch.setattr(camera.reader, "read", lambda image: image)
    own_loop.run(camera.latest(frames_of(10)))
    assert camera.problem == ""


def test_a_reading_that_takes_too_long_lets_pictures_pass(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera, go_on = camera_model.Camera(classifier, "none"), threading.Event()
    monkeypatch.setattr(camera_model, "_LONGEST", 0.05)
    calls: list[int] = []

    def slow(image: np.ndarray) -> np.ndarray:
        calls.append(int(image.mean()))
        go_on.wait(30)
        return image

    monkeypatch.setattr(camera.reader, "read", slow)
    for level in (20, 60):
        frames = frames_of(level)
        assert own_loop.run(camera.latest(frames)) == frames
    assert len(calls) == 1 and "too busy" in camera.problem
    go_on.set()
    assert camera._reading is not None
    camera._reading.result()
    (out,) = own_loop.run(camera.latest(frames_of(100)))
    assert out.to_ndarray(format="rgb24").mean() == pytest.approx(20, abs=2) and camera.problem == ""


def test_a_connection_outlives_minutes_without_an_answer() -> None:
    ice: Any = pytest.importorskip("aioice.ice")
    camera_model.tolerate_slow_answers()
    assert ice.CONSENT_FAILURES * ice.CONSENT_INTERVAL >= 120


def test_a_timeline_gets_eight_readings_a_second_at_most(classifier: Classifier) -> None:
    seconds = np.arange(-60, 0, 1 / 30)
    values = np.tile([0.4, 0.6], (len(seconds), 1))
    thin = camera_model.thinned(live.History(seconds, values, values, ("happy", "sad")))
    assert 470 <= len(thin.seconds) <= 490 and thin.seconds[-1] == seconds[-1]


def test_a_network_without_attention_over_places_is_told(classifier: Classifier) -> None:
    assert camera_model.has_attention(classifier)
    assert not camera_model.has_attention(
        load_checkpoint(Path(__file__).resolve().parents[3] / "checkpoints" / "mini-xception-fer2013")
    )
