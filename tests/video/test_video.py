"""Videos from memory: what is read of a drawn one, and a sentence for each bad one."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fer_models import load_checkpoint
from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.faces.image import encode_png
from fer_models.video import opening
from fer_models.video.annotate import annotate_video, encode_webm
from fer_models.video.drawn import DrawnVideo
from fer_models.video.opening import open_video, read_video
from fer_models.video.reading import ReadingOptions, VideoReading, read_expressions

av: Any = pytest.importorskip("av")
_ROOT = Path(__file__).resolve().parents[2]
_DRAWN = DrawnVideo(expressions=("neutral", "happy", "surprise", "angry"), hold=1.2, fps=10)


@pytest.fixture(scope="module")
def drawn() -> bytes:
    """A webm of a built-in face."""
    return encode_webm(_DRAWN.frames(), _DRAWN.fps)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return load_checkpoint(_ROOT / "checkpoints" / "fcsdnet-synthetic")


@pytest.fixture(scope="module")
def reading(drawn: bytes, classifier: Classifier) -> VideoReading:
    return read_expressions(open_video(drawn, "drawn.webm"), classifier, embeddings=True)


def grey(count: int, width: int = 64, height: int = 48) -> Iterator[np.ndarray]:
    """Frames whose level tells their number."""
    for index in range(count):
        yield np.full((height, width, 3), 20 + 6 * index, np.uint8)


def coded(kind: str, codec: str, frames: Iterator[np.ndarray], fps: int = 10, **options: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        stream = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream(codec, rate=Fraction(fps), options=options)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
                stream.codec_context.thread_count = 1
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def test_changes_of_the_expression_are_found_within_two_frames(reading: VideoReading) -> None:
    (person,) = reading.persons
    assert [part.name for part in person.stretches] == list(_DRAWN.expressions)
    starts = [part.start for part in person.stretches[1:]]
    assert np.abs(np.array(starts) - _DRAWN.changes).max() <= 2 / _DRAWN.fps
    assert reading.frames_read == _DRAWN.count and reading.info.frames == _DRAWN.count
    for part, start, end in zip(person.stretches, [0, *_DRAWN.changes], [*_DRAWN.changes, 99], strict=True):
        assert start <= part.peak <= end and part.probability > 0.5


def test_a_reading_keeps_raw_and_smoothed_probabilities_and_a_band(reading: VideoReading) -> None:
    (person,) = reading.persons
    count = len(person.frames)
    assert person.raw.shape == person.smoothed.shape == (count, 7) and person.raw.dtype == np.float32
    assert np.allclose(person.raw.sum(1), 1, atol=1e-4) and np.allclose(person.smoothed.sum(1), 1, atol=1e-4)
    assert np.all(person.low <= person.high) and person.embeddings is not None and len(person.embeddings) == count
    assert 0.2 < person.detected.mean() < 0.5, "detected in every third frame, followed between"
    assert np.abs(np.diff(person.smoothed, axis=0)).sum() < np.abs(np.diff(person.raw, axis=0)).sum()


def test_every_third_frame_is_read_and_only_it(drawn: bytes, classifier: Classifier) -> None:
    reading = read_expressions(open_video(drawn), classifier, ReadingOptions(every=3, detect_every=2))
    (person,) = reading.persons
    assert set(person.frames % 3) == {0} and reading.frames_read == _DRAWN.count / 3
    assert [part.name for part in person.stretches] == list(_DRAWN.expressions)


def test_an_annotated_video_can_be_played_and_shows_the_box(drawn: bytes, reading: VideoReading) -> None:
    marked = open_video(annotate_video(open_video(drawn), reading), "marked.webm")
    assert marked.info.frames == _DRAWN.count and marked.info.kind.endswith("vp8")
    index = 18
    left, top, right, _ = reading.persons[0].faces[index].box
    frame = marked.frame(index, index / _DRAWN.fps).image.astype(int)
    plain = _DRAWN.frame(index).astype(int)
    change = np.abs(frame - plain).mean(2)
    edge = change[int(top) - 1 : int(top) + 2, int(left) : int(right)].mean()
    assert edge > 5 * change[300:, :60].mean()


@pytest.mark.parametrize(
    ("kind", "codec"), [("mp4", "libx264"), ("mov", "mjpeg"), ("avi", "mjpeg"), ("matroska", "libvpx")]
)
def test_every_named_kind_is_decoded_from_memory(kind: str, codec: str) -> None:
    video = open_video(coded(kind, codec, grey(12)), f"x.{kind}")
    frames = list(video.frames())
    assert [f.index for f in frames] == list(range(12)) and video.info.fps == 10
    assert np.allclose([f.seconds for f in frames], np.arange(12) / 10, atol=2e-3)
    assert np.allclose([f.image.mean() for f in frames], 20 + 6 * np.arange(12), atol=4)
    assert video.frame(7, 0.7).image.mean() == pytest.approx(62, abs=4)


@pytest.mark.parametrize(("kind", "codec", "ending"), [("mpegts", "mpeg2video", "ts"), ("asf", "wmv2", "wmv")])
def test_films_of_television_and_windows_are_read(kind: str, codec: str, ending: str) -> None:
    frames = list(open_video(coded(kind, codec, grey(12), fps=25), f"x.{ending}").frames())
    assert len(frames) >= 11 and frames[0].image.shape == (48, 64, 3)


def test_an_animation_is_read() -> None:
    buffer = io.BytesIO()
    first, *rest = [Image.fromarray(frame) for frame in grey(6)]
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=100)
    assert len(list(open_video(buffer.getvalue(), "x.gif").frames())) == 6


def test_only_regular_files_of_a_bounded_size_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "endless.mp4").symlink_to("/dev/zero")
    for name, words in (("pipe.mp4", "named pipe"), ("endless.mp4", "device")):
        with pytest.raises(UserError, match=words):
            read_video(tmp_path / name)
    monkeypatch.setattr(opening, "LARGEST", 1000)
    (tmp_path / "large.mp4").write_bytes(bytes(1001))
    with pytest.raises(UserError, match="larger than"):
        read_video(tmp_path / "large.mp4")


def test_a_moment_far_in_is_found_by_seeking() -> None:
    video = open_video(coded("mp4", "libx264", grey(35), fps=5, g="5"))
    assert video.frame(30, 6.0).image.mean() == pytest.approx(200, abs=4)
    assert video.frame(34, 6.8).image.mean() == pytest.approx(224, abs=4)


def test_four_k_is_read_reduced_and_more_is_refused() -> None:
    video = open_video(coded("avi", "mjpeg", grey(2, 3840, 2160)), "large.avi")
    assert next(video.frames()).image.shape == (720, 1280, 3)
    assert video.info.width == 3840 and "3840 x 2160 pixels" in video.notes[0]
    with pytest.raises(UserError, match="4112 x 64 pixels, more than the 4096 x 2304 allowed"):
        open_video(coded("avi", "mjpeg", grey(2, 4112, 64)), "larger.avi")


def test_a_folder_and_a_zip_of_pictures_are_videos(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for index, frame in enumerate(grey(12)):
            (tmp_path / f"frame{index}.png").write_bytes(encode_png(frame))
            archive.writestr(f"frames/frame{index}.png", encode_png(frame))
    for video in (read_video(tmp_path), open_video(buffer.getvalue(), "frames.zip")):
        frames = list(video.frames(every=2))
        assert [round(f.image.mean()) for f in frames] == [20 + 12 * i for i in range(6)], (
            "frame 10 comes after frame 9"
        )
        assert frames[1].seconds == pytest.approx(2 / 25) and "25 frames a second" in video.notes[0]


def sound_only() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        for start in range(0, 16000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"not a video at all", "not a video that can be read here"),
        (lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a video that can be read here"),
        (lambda: coded("webm", "libvpx", grey(1)), "only one frame"),
        (sound_only, "holds sound but no images"),
        (lambda: coded("matroska", "libvpx", grey(5)).replace(b"V_VP8", b"V_XY8"), "cannot be decoded here"),
        (lambda: coded("mp4", "libx264", grey(30))[:400], "damaged or cut off|cut off or damaged|cut off"),
        (lambda: coded("webm", "libvpx", grey(30))[:60], "cut off"),
        (lambda: b"PK\x03\x04 and no more", "damaged or cut off"),
    ],
    ids=["empty", "text", "play list", "one frame", "sound", "no codec", "mp4 cut", "webm cut", "zip cut"],
)
def test_each_bad_video_gets_a_sentence(make: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as problem:
        open_video(make(), "clip")
    assert "clip" in str(problem.value) and str(problem.value).endswith(".")


def test_a_file_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    noisy = (np.random.default_rng(i).integers(0, 255, (48, 64, 3)).astype(np.uint8) for i in range(60))
    whole = coded("avi", "mjpeg", noisy)
    video = open_video(whole[: len(whole) // 2], "cut.avi")
    read = len(list(video.frames()))
    assert 20 <= read <= 40
    assert any("cut off or damaged" in note and "of 6.0 s" in note for note in video.notes)


def test_a_video_without_faces_says_so(classifier: Classifier) -> None:
    reading = read_expressions(open_video(coded("avi", "mjpeg", grey(6))), classifier)
    assert reading.persons == [] and "No face was found" in reading.notes[-1]
    with pytest.raises(UserError, match="score must be a number from 0 to 1"):
        ReadingOptions(score=2)


def test_work_ends_when_the_progress_raises(drawn: bytes, classifier: Classifier) -> None:
    steps: list[float] = []

    def stop(share: float, message: str) -> None:
        steps.append(share)
        if message == "5 frames read":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        read_expressions(open_video(drawn), classifier, progress=stop)
    assert len(steps) == 5 and steps[-1] == pytest.approx(4 / _DRAWN.count)
