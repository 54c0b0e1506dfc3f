"""Moments just at a limit, faces that just match, and frames at the ends of a reading."""

import threading
from collections import deque
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from fer_models.errors import UserError
from fer_models.faces.face import Face
from fer_models.video import live, track
from fer_models.video.annotate import draw_person, lay_heatmap
from fer_models.video.encoded import EncodedVideo, _count, _turns
from fer_models.video.live import LiveReader
from fer_models.video.opening import _TS_MARK, _TS_PACKET, _container
from fer_models.video.timeline import GAP, Stretch, people_by_class, shares, smooth, stretches


def face(left: float, top: float, width: float, height: float) -> Face:
    return Face((left, top, left + width, top + height), 1.0)


def test_a_gap_begins_beyond_its_length() -> None:
    values = np.array([[0.0], [1.0]])
    for seconds, apart in ((GAP, False), (GAP + 0.001, True)):
        smoothed = smooth(values, np.array([0, seconds]), "exponential", width=1.0)
        assert bool(smoothed[1, 0] == 1) is apart
    assert smooth(values[:1], np.zeros(1)).tolist() == [[0]]


def test_a_heatmap_stays_inside_its_turned_square() -> None:
    canvas = np.full((40, 40, 3), 200, np.uint8)
    lay_heatmap(canvas, [(20, 2), (38, 20), (20, 38), (2, 20)], np.ones((4, 4)))
    assert (canvas[3, 3] == 200).all() and (canvas[36, 36] == 200).all() and (canvas[20, 20] != 200).any()


def test_an_exponential_forgets_by_e_over_its_width() -> None:
    smoothed = smooth(np.array([[1.0], [0.0], [0.0]]), np.array([0, 0.2, 0.3]), "exponential", width=0.1)
    np.testing.assert_allclose(smoothed[:, 0], np.exp([0, -2, -3]), rtol=1e-5)


def test_a_stretch_as_long_as_the_shortest_stays() -> None:
    seconds = np.arange(8) * 0.25
    lead = np.array([0, 0, 0, 1, 1, 0, 0, 0])
    probabilities = np.eye(2)[lead]
    found = stretches(probabilities, seconds, ("a", "b"), shortest=0.5)
    assert [(part.name, part.start, part.end) for part in found] == [
        ("a", 0.0, 0.625),
        ("b", 0.625, 1.125),
        ("a", 1.125, 1.75),
    ]
    assert [(part.first, part.last) for part in found] == [(0, 2), (3, 4), (5, 7)]
    assert [part.name for part in stretches(probabilities, seconds, ("a", "b"), shortest=0.501)] == ["a"]
    begins = stretches(np.eye(2)[[0, 0, 1, 1, 1]], np.arange(5) * 0.25, ("a", "b"), shortest=0.375)
    assert [part.name for part in begins] == ["a", "b"], "the first one is just long enough"
    begins = stretches(np.eye(2)[[0, 0, 1, 1, 1]], np.arange(5) * 0.25, ("a", "b"), shortest=0.376)
    assert [(part.name, part.start, part.end) for part in begins] == [("b", 0, 1)]


def test_shares_of_no_time_are_those_of_the_first() -> None:
    moment = Stretch("a", 1.0, 1.0, 1.0, 0.5, 0, 0, 0)
    assert shares([moment]) == {"a": 1.0} and shares([]) == {}
    longer = Stretch("b", 1.0, 4.0, 1.0, 0.5, 0, 0, 0)
    assert shares([longer, Stretch("a", 4.0, 5.0, 4.0, 0.5, 0, 0, 0)]) == {"b": 0.75, "a": 0.25}


def test_a_person_is_seen_until_the_gap_is_over() -> None:
    readings = [(np.array([1.0]), np.array([[0.2, 0.8]]))]
    moments = np.array([0.9, 1.0, 1.5, 1.51])
    assert people_by_class(readings, moments, gap=0.5)[:, 1].tolist() == [0, 1, 1, 0]
    assert people_by_class([], moments).shape == (4, 0)


def test_boxes_overlap_by_their_common_part() -> None:
    assert track.overlap((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert track.overlap((0, 0, 2, 4), (0, 0, 4, 2)) == pytest.approx(4 / 12)
    for beside in ((2, 0, 4, 2), (0, 2, 2, 4), (3, 0, 5, 2), (0, 3, 2, 5), (3, 3, 4, 4)):
        assert track.overlap((0, 0, 2, 2), beside) == 0


def score(other: Face, alike: float) -> float | None:
    patch = np.ones((2, 2), np.float32)
    one = SimpleNamespace(face=face(10, 10, 20, 20), patch=patch)
    return track._match_score(one, other, alike * patch)  # type: ignore[arg-type]


def test_a_face_matches_by_overlap_or_by_likeness_beside_it() -> None:
    assert score(face(10, 10, 20, 20), 0.9) == pytest.approx(1.9)
    assert score(face(30, 10, 20, 20), 1.0) == pytest.approx(1.0), "a width away"
    assert score(face(30.1, 10, 20, 20), 1.0) is None
    assert score(face(30, 10, 20, 20), track._ALIKE - 0.01) is None
    assert score(face(10, 10, 20, 20), track._UNLIKE) is None and score(face(10, 10, 20, 20), track._UNLIKE + 0.01)
    side = 20 * track._GROWTH
    assert score(face(10, 10, side, side), 1.0) is not None and score(face(10, 10, side * 1.01, side), 1.0) is None
    assert score(face(10, 10, 400 / side, 20 / track._GROWTH * 0.99), 1.0) is None
    far = 20 * (1 - track._OVERLAP) / (1 + track._OVERLAP)  # where two such boxes overlap just enough
    assert score(face(10 + far - 0.01, 10, 20, 20), 0.1) is not None
    assert score(face(10 + far + 0.01, 10, 20, 20), 0.1) is None


def test_a_part_of_an_image_repeats_its_edge() -> None:
    grey = np.arange(20, dtype=np.uint8).reshape(4, 5)
    np.testing.assert_array_equal(track._window(grey, 0, 0, 5, 4), grey)
    np.testing.assert_array_equal(track._window(grey, 1, 2, 3, 2), grey[2:4, 1:4])
    padded = np.pad(grey, 2, mode="edge")
    for left, top in ((-2, -1), (-1, 0), (0, -1), (1, 0), (0, 1), (2, 2)):
        np.testing.assert_array_equal(
            track._window(grey, left, top, 5, 4), padded[top + 2 : top + 6, left + 2 : left + 7]
        )
    assert track._cut(grey, (1.0, 1.0, 1.4, 1.2)).shape == (2, 2), "at least two pixels"
    assert track._cut(grey, (1.0, 0.0, 4.0, 2.0)).tolist() == grey[:2, 1:4].tolist()


def test_appearance_has_mean_zero_and_variance_one() -> None:
    grey = np.random.default_rng(0).integers(0, 255, (30, 30), np.uint8)
    patch = track._patch(grey, (2, 2, 26, 26))
    assert patch.shape == (24, 24) and abs(patch.mean()) < 1e-5 and patch.std() == pytest.approx(1, rel=1e-4)
    np.testing.assert_allclose(patch, (grey[2:26, 2:26] - grey[2:26, 2:26].mean()) / grey[2:26, 2:26].std(), rtol=1e-3)
    even = np.zeros((24, 24), np.uint8)
    even[:12] = 2  # a deviation of one grey level is none
    assert not track._patch(even, (0, 0, 24, 24)).any()


@pytest.mark.parametrize("side", [20, 64, 70])
@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (0, -1), (4, 2), (-4, 2)])
def test_a_template_is_found_where_it_moved(side: int, shift: tuple[int, int]) -> None:
    """Landmarks move along; from 64 pixels on every second pixel is looked at."""
    across, down = shift
    rng = np.random.default_rng(1)
    grey = cv2.GaussianBlur(rng.integers(0, 255, (160, 160), np.uint8), (0, 0), 3)
    box = (40.0, 40.0, 40.0 + side, 40.0 + side)
    points = np.full((5, 2), 50, np.float32)
    one = SimpleNamespace(face=Face(box, 1.0, points), template=track._cut(grey, box), detected=True)
    moved = np.roll(grey, (down, across), (0, 1))
    assert track._search(one, moved) and not one.detected  # type: ignore[arg-type]
    seen = np.array(one.face.box) - box
    assert (seen[:2] == seen[2:]).all()
    np.testing.assert_array_equal(one.face.landmarks, points + seen[:2].astype(np.float32))
    np.testing.assert_allclose(seen[:2], shift, atol=1 if side >= 64 and (across % 2 or down % 2) else 0)


def test_a_frame_is_turned_until_that_was_in_vain_often_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a follower looks again in every frame, every second one without a track, or as it is told."""
    asked: list[tuple[int, ...]] = []
    found: list[Face] = []

    def find(
        image: np.ndarray, detector: str, least: float, score: float | None, angles: tuple[int, ...]
    ) -> list[Face]:
        asked.append(angles)
        return found

    monkeypatch.setattr(track, "find_faces", find)
    follower = track.Follower(detect_every=3)
    for _ in range(2 * track._MOST_TURNS + 4):
        follower.step(np.zeros((40, 40, 3), np.uint8))
    assert [bool(angles) for angles in asked] == [True] * track._MOST_TURNS + [False] * 2
    asked.clear()
    found.append(Face((5.0, 5.0, 35.0, 35.0), 1.0, angle=90.0))
    turned = track.Follower(detect_every=1)
    for _ in range(track._MOST_TURNS + 3):
        turned.step(np.zeros((40, 40, 3), np.uint8))
    assert len(asked) == track._MOST_TURNS + 3 and all(asked), "a face that lies is not in vain"


def test_a_heatmap_is_laid_from_two_pixels_on() -> None:
    for side, drawn in ((1, False), (2, True)):
        canvas = np.zeros((8, 8, 3), np.uint8)
        lay_heatmap(canvas, [(2, 2), (2 + side, 2), (2 + side, 2 + side), (2, 2 + side)], np.ones((4, 4)))
        assert canvas.any() == drawn


def drawn(index: int, frames: tuple[int, ...] = (10, 14, 40), fps: float = 10.0, every: int = 2) -> list[int] | None:
    """Columns of the box that is drawn in a frame."""
    person = SimpleNamespace(
        number=1,
        frames=np.array(frames),
        faces=[face(20 + 10 * k, 60, 40, 40) for k in range(len(frames))],
        smoothed=np.eye(2)[[0, 1, 0][: len(frames)]],
    )
    reading = SimpleNamespace(
        persons=[person], options=SimpleNamespace(every=every), info=SimpleNamespace(fps=fps), classes=("happy", "sad")
    )
    canvas = np.zeros((120, 120, 3), np.uint8)
    draw_person(canvas, person, reading, index, 1.0)  # type: ignore[arg-type]
    columns = np.flatnonzero(canvas[95:].any((0, 2)))
    return [int(columns[0]), int(columns[-1])] if len(columns) else None


def test_a_person_is_drawn_from_the_first_reading_to_the_last() -> None:
    assert drawn(9) is None and drawn(43) is None
    first, middle, second = drawn(10), drawn(12), drawn(14)
    assert first and middle and second
    assert second[0] - first[0] == pytest.approx(10, abs=1) and middle[0] - first[0] == pytest.approx(5, abs=1)
    assert drawn(42) == drawn(40) != second, "until the next reading would have come"
    assert drawn(20) is None, "not over a gap"
    assert drawn(20, frames=(10, 10 + round(GAP * 10)), every=1) is not None, "a gap begins beyond its length"


def test_kinds_of_files_are_known_by_their_first_bytes() -> None:
    packets = (bytes([_TS_MARK]) + bytes(_TS_PACKET - 1)) * 5
    assert _container(packets) == "mpegts" and _container(packets[: 4 * _TS_PACKET + 1]) == "mpegts"
    assert _container(packets[: 4 * _TS_PACKET]) is None
    assert _container(packets[:_TS_PACKET] + bytes(5 * _TS_PACKET)) is None
    assert _container(b"RIFF0000AVI 0000") == "avi" and _container(b"RIFF0000WAVE0000") is None
    assert _container(b"0000000 AVI 0000") is None and _container(b"0000ftyp") == "mp4"


def test_frames_are_counted_from_what_a_file_says() -> None:
    container = SimpleNamespace(duration=3_000_000)
    assert _count(SimpleNamespace(frames=7), container, 10.0) == 7
    assert _count(SimpleNamespace(frames=0, duration=20, time_base=0.1), container, 10.0) == 20
    assert _count(SimpleNamespace(frames=0, duration=None, time_base=0.1), container, 10.0) == 30
    assert _count(SimpleNamespace(frames=0, duration=20, time_base=None), container, 10.0) == 30
    assert _count(SimpleNamespace(frames=0, duration=0, time_base=0.1), SimpleNamespace(duration=None), 10.0) is None
    assert [_turns(SimpleNamespace(rotation=r)) for r in (0, 90, -90, 180, 44, 46, None)] == [0, 1, 3, 2, 0, 1, 0]
    assert _turns(SimpleNamespace()) == 0


def test_a_time_of_a_frame_is_from_the_start_of_its_stream() -> None:
    video = EncodedVideo.__new__(EncodedVideo)
    stream = SimpleNamespace(start_time=20, time_base=0.1)
    assert video._time(SimpleNamespace(pts=50), stream) == pytest.approx(3)
    assert video._time(SimpleNamespace(pts=50), SimpleNamespace(start_time=None, time_base=0.1)) == pytest.approx(5)
    assert video._time(SimpleNamespace(pts=None), stream) is None
    assert video._time(SimpleNamespace(pts=5), SimpleNamespace(start_time=0, time_base=None)) is None


def test_a_few_frames_less_than_the_header_says_are_no_loss() -> None:
    video = EncodedVideo.__new__(EncodedVideo)
    video.info, video.notes = SimpleNamespace(frames=100, fps=10.0), []  # type: ignore[assignment]
    video._note_if_short(93)
    assert video.notes == []
    video._note_if_short(92)
    video._note_if_short(92)
    assert video.notes == ["The file is cut off or damaged: 9.2 of 10.0 s could be read."]
    video.info, video.notes = SimpleNamespace(frames=None, fps=10.0), []  # type: ignore[assignment]
    video._note_if_short(1)
    assert video.notes == []


def test_a_rate_counts_the_steps_between_frames() -> None:
    reader = LiveReader.__new__(LiveReader)
    reader._guard, reader._ends = threading.Lock(), deque([1.0])
    assert reader.rate() == 0
    reader._ends = deque([1.0, 1.5])
    assert reader.rate() == pytest.approx(2)
    reader._ends = deque([1.0, 1.25, 1.5, 1.5])
    assert reader.rate() == pytest.approx(6)


def test_scores_of_the_webcam_forget_by_their_width_and_over_a_gap() -> None:
    reader = LiveReader.__new__(LiveReader)
    reader._guard = threading.Lock()
    reader._smoothed = {1: (0.0, np.array([1.0, 0.0]))}
    raw = np.array([0.0, 1.0])
    kept = np.exp(-live.GAP / live.SMOOTHING_SECONDS)
    np.testing.assert_allclose(reader._smooth(1, raw, live.GAP), [kept, 1 - kept], rtol=1e-5)
    np.testing.assert_array_equal(reader._smooth(1, raw, live.GAP + 0.01), raw)
    np.testing.assert_array_equal(reader._smooth(2, raw, 0.1), raw)
    assert reader._smooth(1, np.zeros(3), 0.1).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ((), "holds no images"),
        (("subtitle", "attachment"), "holds no images"),
        (("audio",), "holds sound but no images"),
        (("audio", "data"), "holds sound but no images"),
        (("data",), "cannot be decoded here"),
    ],
)
def test_a_file_without_a_stream_of_images_is_named_by_what_it_holds(kinds: tuple[str, ...], said: str) -> None:
    class Streams(list):
        video: tuple[()] = ()

        @property
        def audio(self) -> list[SimpleNamespace]:
            return [stream for stream in self if stream.type == "audio"]

    video = EncodedVideo.__new__(EncodedVideo)
    video._name = "a.mp4"
    with pytest.raises(UserError, match=said):
        video._stream(SimpleNamespace(streams=Streams(SimpleNamespace(type=kind) for kind in kinds)))  # type: ignore
