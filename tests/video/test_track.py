"""Following faces: numbers stay with the person, through motion, missed detections and meetings."""

from __future__ import annotations

import numpy as np
import pytest

from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.faces.face import Face
from fer_models.video.track import Follower, Tracker, overlap

_A, _B = (
    generate_face(SyntheticOptions(count=8, size=64, colour=True, seed=seed, difficulty=0.0), 0).image
    for seed in (1, 5)
)


def scene(*faces: tuple[np.ndarray, int, int]) -> np.ndarray:
    """A textured frame of 160 x 320 with faces at (left, top)."""
    frame = np.random.default_rng(0).integers(90, 130, (160, 320, 3)).astype(np.uint8)
    for face, left, top in faces:
        frame[top : top + 64, left : left + 64] = face
    return frame


def at(left: float, top: float, side: float = 64) -> Face:
    return Face((left, top, left + side, top + side), 0.9, None, "haar")


def test_overlap_is_the_intersection_over_the_union() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == 0
    assert overlap((0, 0, 10, 10), (10, 0, 20, 10)) == overlap((0, 0, 10, 10), (0, 10, 10, 20)) == 0
    assert overlap((3, 4, 13, 24), (8, 14, 28, 18)) == pytest.approx(20 / (200 + 80 - 20))
    assert overlap((0, 0, 1, 1), (2, 2, 3, 3)) == 0


def test_a_face_is_followed_without_a_detector() -> None:
    tracker = Tracker()
    tracker.update(scene((_A, 20, 40)), [at(20, 40)])
    for step in range(1, 11):
        (track,) = tracker.follow(scene((_A, 20 + 9 * step, 40 + 2 * step)))
    assert track.number == 1 and not track.detected
    assert track.face.box[0] == pytest.approx(110, abs=3) and track.face.box[1] == pytest.approx(60, abs=3)


def test_numbers_stay_with_the_people_whatever_the_order_of_the_detections() -> None:
    tracker = Tracker()
    tracker.update(scene((_A, 10, 40), (_B, 200, 40)), [at(10, 40), at(200, 40)])
    tracks = tracker.update(scene((_A, 30, 44), (_B, 190, 40)), [at(190, 40), at(30, 44)])
    assert {t.number: round(t.face.box[0]) for t in tracks} == {1: 30, 2: 190}


def test_a_detection_that_misses_a_face_does_not_end_its_track() -> None:
    tracker = Tracker()
    tracker.update(scene((_A, 20, 40)), [at(20, 40)])
    (track,) = tracker.update(scene((_A, 28, 40)), [])
    assert (track.number, track.misses, track.hits) == (1, 1, 1) and round(track.face.box[0]) == 28
    (track,) = tracker.update(scene((_A, 34, 40)), [at(34, 40)])
    assert (track.number, track.misses, track.hits) == (1, 0, 2)


def test_a_face_that_left_ends_and_another_one_gets_the_next_number() -> None:
    tracker = Tracker()
    tracker.update(scene((_A, 20, 40)), [at(20, 40)])
    assert tracker.update(scene(), []) == []
    (track,) = tracker.update(scene((_B, 220, 40)), [at(220, 40)])
    assert track.number == 2


def test_a_still_box_trembles_less_than_its_detections() -> None:
    tracker = Tracker()
    frame = scene((_A, 40, 40))
    sides = []
    for step in range(20):
        (track,) = tracker.update(frame, [at(40, 40, 60 + 8 * (step % 2))])
        sides.append(track.face.width)
    assert np.std(sides[5:]) < 0.5 * np.std([60, 68])


def test_a_detection_moves_the_middle_and_two_fifths_of_the_size() -> None:
    tracker, frame = Tracker(), scene((_A, 20, 40))
    tracker.update(frame, [at(20, 40, 60)])
    (track,) = tracker.update(frame, [Face((24, 40, 104, 110), 0.8, None, "haar")])
    assert track.face.box == pytest.approx((30, 43, 98, 107)) and track.face.score == 0.8


def test_a_face_that_is_missed_too_often_is_given_up() -> None:
    tracker = Tracker()
    tracker.update(scene((_A, 20, 40)), [at(20, 40)])
    alive = [len(tracker.update(scene((_A, 20, 40)), [])) for _ in range(6)]
    assert alive == [1, 1, 1, 1, 0, 0]


def test_another_size_or_place_is_another_face() -> None:
    for box, number in ((at(20, 40, 64 * 1.55), 1), (at(20, 40, 64 * 1.65), 2), (at(20, 40, 64 / 1.65), 2)):
        tracker, frame = Tracker(), scene((_A, 20, 40))
        tracker.update(frame, [at(20, 40)])
        tracks = tracker.update(frame, [box])
        assert max(track.number for track in tracks) == number, box


def test_a_box_at_the_border_is_followed() -> None:
    tracker = Tracker()
    tracker.update(scene((_A, 0, 96)), [at(-20, 90, 84)])
    (track,) = tracker.follow(scene((_A, 4, 96)))
    assert track.face.box[0] == pytest.approx(-16, abs=2)


def test_a_follower_searches_a_reduced_copy_and_answers_in_pixels_of_the_frame() -> None:
    face = generate_face(SyntheticOptions(count=8, size=224, colour=True, seed=0, difficulty=0.1), 0).image
    follower = Follower("haar", detect_every=3, longest=240)
    tracks = []
    for step in range(4):
        frame = np.full((360, 640, 3), 150, np.uint8)
        frame[100:324, 200 + 6 * step : 424 + 6 * step] = face
        (track,) = follower.step(frame)
        tracks.append(track)
    assert [t.detected for t in tracks] == [True, False, False, True]
    assert {t.number for t in tracks} == {1}
    middle = [(t.face.box[0] + t.face.box[2]) / 2 for t in tracks]
    assert middle[0] == pytest.approx(312, abs=25)
    assert middle[2] - middle[0] == pytest.approx(12, abs=5)


def test_a_follower_counts_only_faces_that_are_large_and_sure_enough() -> None:
    face = generate_face(SyntheticOptions(count=8, size=224, colour=True, seed=0, difficulty=0.1), 0).image
    frame = np.full((360, 640, 3), 150, np.uint8)
    frame[100:324, 200:424] = face
    (track,) = Follower("haar", longest=240).step(frame)
    side, score = min(track.face.width, track.face.height), track.face.score
    # The detector's boxes differ a little with what it looks for, so the limits stay well away from this one's side.
    (same,) = Follower("haar", longest=240, smallest=0.7 * side).step(frame)
    assert min(same.face.width, same.face.height) == pytest.approx(side, rel=0.2), "in pixels of the frame"
    assert Follower("haar", longest=240, smallest=1.5 * side).step(frame) == []
    assert Follower("haar", longest=240, score=min(1.0, score + 0.05)).step(frame) == []
