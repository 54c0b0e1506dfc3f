"""What is drawn on frames, and what a live reader keeps, by hand."""

from __future__ import annotations

import threading
from collections import deque
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fer_models.video import annotate, drawn, live
from fer_models.video.annotate import draw_face, draw_person
from fer_models.video.drawn import DrawnVideo
from fer_models.video.live import LiveReader
from fer_models.video.timeline import GAP


def test_a_drawn_head_sways_about_the_middle_at_the_bottom(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[tuple[str, float], ...]] = []

    def face(seed: int, subject: int, units: Any) -> tuple[np.ndarray, tuple[int, int, int]]:
        asked.append(units)
        return np.full((224, 224, 3), 9, np.uint8), (1, 2, 3)

    monkeypatch.setattr(drawn, "draw_expression", face)
    video = DrawnVideo(("happy", "sad"), hold=2.0, fps=10.0, width=400, height=300)
    for index in (0, 15, 35):
        frame = video.frame(index)
        rows, columns = np.nonzero((frame == 9).all(2))
        left = round(88 + 24 * np.sin(0.09 * index))
        assert (rows.min(), rows.max(), columns.min(), columns.max()) == (76, 299, left, left + 223)
        assert (frame[0, 0] == (1, 2, 3)).all()
    assert asked[0] == (("AU06", 0.95), ("AU12", 0.95)) and {name for name, _ in asked[2]} == {"AU01", "AU04", "AU15"}
    assert len(list(video.frames())) == 40


def test_a_box_is_as_thick_as_the_picture_is_large_and_its_text_has_a_ground() -> None:
    widths = []
    for side in (320, 640, 1280):
        canvas = np.full((side, side, 3), 200, np.uint8)
        half = side // 2
        corners = [(half - 100, half - 80), (half + 100, half - 80), (half + 100, half + 80), (half - 100, half + 80)]
        draw_face(canvas, corners, "happy", "happy 90 %")
        changed = (canvas[half] != 200).any(1)
        assert changed[: half - 50].sum() == changed[half + 50 :].sum() and not changed[half - 50 : half + 50].any()
        widths.append(int(changed[: half - 50].sum()))
        assert np.abs(canvas[half, half - 100].astype(int) - annotate._rgb("happy")).max() < 40
        dark = (canvas == (20, 24, 27)).all(2)
        above = np.nonzero(dark[: half - 84].any(1))[0]
        across = np.nonzero(dark[above[len(above) // 2]])[0]
        assert across.min() == half - 100 - 2 and above.max() < half - 80 and len(above) > 8 * max(side / 640, 0.7)
    assert widths == [7, 9, 11]  # the dark line: twice the coloured one and a pixel, and its soft edges
    edge = np.full((60, 80, 3), 200, np.uint8)
    draw_face(edge, [(-5, -5), (30, -5), (30, 30), (-5, 30)], "sad", "sad 5 %")
    assert (edge[0] != 200).any() and (edge[:, :2] != 200).any()


def test_a_person_is_drawn_between_the_frames_that_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[list[tuple[float, float]], str, str]] = []
    monkeypatch.setattr(annotate, "draw_face", lambda canvas, corners, name, text: said.append((corners, name, text)))
    boxes = [SimpleNamespace(box=(10.0, 20.0, 30.0, 40.0)), SimpleNamespace(box=(20.0, 40.0, 50.0, 80.0))]
    person = SimpleNamespace(
        number=2, frames=np.array([10, 14]), faces=boxes, smoothed=np.array([[0.9, 0.1], [0.25, 0.75]])
    )
    reading = SimpleNamespace(
        classes=("happy", "sad"), persons=[1, 2], options=SimpleNamespace(every=4), info=SimpleNamespace(fps=10.0)
    )

    def drawn_at(index: int, factor: float = 1.0) -> Any:
        said.clear()
        draw_person(None, person, reading, index, factor)  # type: ignore[arg-type]
        return said[0] if said else None

    assert drawn_at(9) is None and drawn_at(19) is None
    assert drawn_at(10) == ([(10, 20), (30, 20), (30, 40), (10, 40)], "happy", "2: happy 90 %")
    assert drawn_at(11, 2.0)[0][0] == (25, 50) and drawn_at(12)[1:] == ("happy", "2: happy 90 %")
    assert drawn_at(13)[1:] == ("sad", "2: sad 75 %") and drawn_at(13)[0][2] == (45, 70)
    assert drawn_at(14)[0][0] == drawn_at(18)[0][0] == (20, 40)
    reading.persons = [2]
    assert drawn_at(10)[2] == "happy 90 %"
    person.frames = np.array([10, 10 + int(GAP * 10)])
    assert drawn_at(10) is not None
    person.frames = np.array([10, 11 + int(GAP * 10)])
    assert drawn_at(11) is None


def reader(**kept: Any) -> LiveReader:
    made = LiveReader.__new__(LiveReader)
    made._guard = threading.RLock()
    made._classifier = SimpleNamespace(classes=("happy", "sad"))  # type: ignore[assignment]
    made._smoothed, made._readings, made._people = {}, deque(), deque()
    for name, value in kept.items():
        setattr(made, name, value)
    return made


def test_a_live_answer_forgets_by_the_time_that_passed() -> None:
    before, now = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    made = reader(_smoothed={1: (5.0, before)})
    share = np.exp(-0.5 / live.SMOOTHING_SECONDS)
    np.testing.assert_allclose(made._smooth(1, now, 5.5), [share, 1 - share], rtol=1e-5)
    np.testing.assert_allclose(made._smooth(1, now, 5.0), before)
    assert made._smooth(1, now, 5.0 + GAP) is not now and made._smooth(1, now, 5.01 + GAP) is now
    assert made._smooth(2, now, 5.5) is now and made._smooth(1, (three := np.ones(3)), 5.5) is three


def test_a_history_counts_back_from_now() -> None:
    a, b = np.array([0.7, 0.3]), np.array([0.4, 0.6])
    made = reader(_readings=deque([(10.0, a, b), (12.0, b, a)]), _people=deque([(10.0, [1, 0]), (12.0, [0, 2])]))
    times, counts = made.people(13.0)
    assert times.tolist() == [-3, -1] and counts.tolist() == [[1, 0], [0, 2]]
    assert made.history(13.0).seconds.tolist() == [-3, -1]
    assert reader().people(1.0)[1].shape == (0, 2) and len(reader().history(1.0).seconds) == 0
