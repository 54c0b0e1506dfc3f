"""A video file decoded by PyAV from memory, a frame at a time."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_models.errors import UserError
from fer_models.video.opening import FRAMES_A_SECOND, LONGEST, MAX_HEIGHT, MAX_WIDTH, Frame, Video, VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer


class EncodedVideo(Video):
    """A video that PyAV decodes from memory; use :func:`open_video`."""

    def __init__(self, data: bytes, kind: str, name: str):
        self._data, self._kind, self._name = data, kind, name
        self.notes = []
        with self._open() as container:
            stream = self._stream(container)
            width, height = stream.codec_context.width, stream.codec_context.height
            # Films in portrait are as large as those in landscape.
            if max(width, height) > MAX_WIDTH or min(width, height) > MAX_HEIGHT:
                raise UserError(
                    f"{name!r} has {width} x {height} pixels, more than the {MAX_WIDTH} x {MAX_HEIGHT} allowed; "
                    "save it smaller first."
                )
            fps = float(stream.average_rate or stream.guessed_rate or FRAMES_A_SECOND)
            first = list(itertools.islice(self._decode(container, stream), 2))
            if not first:
                raise UserError(
                    f"{name!r} holds no frame that can be decoded: it is empty, cut off or damaged; export it again."
                )
            if len(first) < 2:
                raise UserError(f"{name!r} has only one frame; save it as an image and look at it on the Explain page.")
            height_width = _upright(first[0])
            self.info = VideoInfo(
                name=name,
                width=height_width[1],
                height=height_width[0],
                fps=fps if 0.1 <= fps <= 1000 else FRAMES_A_SECOND,
                frames=_count(stream, container, fps),
                kind=f"{kind}, {stream.codec_context.name}",
            )
        if max(width, height) > LONGEST:
            self.notes.append(
                f"The video has {self.info.width} x {self.info.height} pixels; it is read at "
                f"{LONGEST} pixels along its longest side."
            )

    def frames(self, every: int = 1, longest: int = LONGEST) -> Iterator[Frame]:
        with self._open() as container:
            stream = self._stream(container)
            last, index = -1.0, -1
            for index, frame in enumerate(self._decode(container, stream)):
                # Missing times and times that go back are replaced by the frame rate.
                time = self._time(frame, stream)
                last = time if time is not None and time > last else last + 1 / self.info.fps
                if index % every == 0:
                    yield Frame(index, max(0.0, last), _pixels(frame, longest))
        self._note_if_short(index + 1)

    def frame(self, index: int, seconds: float, longest: int = LONGEST) -> Frame:
        half = 0.5 / self.info.fps
        with self._open() as container:
            stream = self._stream(container)
            if stream.time_base is not None and seconds > 2:
                start = stream.start_time or 0
                container.seek(start + int((seconds - half) / stream.time_base), stream=stream)
            for frame in self._decode(container, stream):
                time = self._time(frame, stream)
                if time is not None and time >= seconds - half:
                    return Frame(index, seconds, _pixels(frame, longest))
        # The file has no times: count from the beginning.
        for frame_by_count in self.frames(longest=longest):
            if frame_by_count.index >= index:
                return frame_by_count
        raise UserError(f"{self._name!r} has no frame {index}; choose an earlier moment.")

    def _open(self) -> InputContainer:
        av = pyav()
        try:
            container: InputContainer = av.open(
                io.BytesIO(self._data), "r", format=self._kind, metadata_errors="ignore"
            )
            return container
        except av.error.FFmpegError:
            raise UserError(
                f"{self._name!r} is damaged or cut off: its beginning cannot be read; export or download it again."
            ) from None

    def _stream(self, container: InputContainer) -> Any:
        streams = [s for s in container.streams.video if "attached_pic" not in _disposition(s)]
        if not streams:
            # A stream whose codec is not in this build has no decoder, and PyAV does not list it as video.
            unknown = [s for s in container.streams if s.type not in ("audio", "video", "subtitle", "attachment")]
            if unknown and not container.streams.audio:
                raise UserError(self._no_codec(""))
            raise UserError(
                f"{self._name!r} holds sound but no images; choose a video."
                if container.streams.audio
                else f"{self._name!r} holds no images: it is empty, or cut off; export it again."
            )
        stream = streams[0]
        if stream.codec_context is None:
            raise UserError(self._no_codec(""))
        stream.thread_type, stream.codec_context.thread_count = "AUTO", 2
        stream.codec_context.options = {"max_pixels": str(MAX_WIDTH * MAX_HEIGHT)}
        return stream

    def _decode(self, container: InputContainer, stream: Any) -> Iterator[Any]:
        """Frames until the end or until the data is damaged beyond repair; single damaged packets are skipped."""
        av = pyav()
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except (StopIteration, av.error.FFmpegError):
                return
            try:
                yield from packet.decode()
            except av.error.DecoderNotFoundError:
                raise UserError(self._no_codec(stream.codec_context.name)) from None
            except av.error.FFmpegError:
                continue

    def _no_codec(self, codec: str) -> str:
        return (
            f"{self._name!r} is coded in {codec or 'a way'} that cannot be decoded here; "
            "save it as mp4 (H.264) or webm (VP8, VP9)."
        )

    def _time(self, frame: Any, stream: Any) -> float | None:
        if frame.pts is None or stream.time_base is None:
            return None
        return float((frame.pts - (stream.start_time or 0)) * stream.time_base)

    def _note_if_short(self, read: int) -> None:
        expected = self.info.frames
        # Headers round; a few missing frames are no loss.
        if expected is not None and read < 0.95 * expected - 2:
            note = (
                f"The file is cut off or damaged: {read / self.info.fps:.1f} of {expected / self.info.fps:.1f} s could "
                "be read."
            )
            if note not in self.notes:
                self.notes.append(note)


def pyav() -> Any:
    """PyAV, imported on first use.

    Raises:
        UserError: If it is not installed.
    """
    try:
        import av
    except ImportError:
        raise UserError("Videos need the package PyAV; install it with: pip install av") from None
    return av


def _disposition(stream: Any) -> str:
    return str(getattr(stream, "disposition", "")).lower()


def _count(stream: Any, container: Any, fps: float) -> int | None:
    if stream.frames:
        return int(stream.frames)
    if stream.duration and stream.time_base:
        return round(float(stream.duration * stream.time_base) * fps)
    return round(container.duration / 1e6 * fps) if container.duration else None


def _turns(frame: Any) -> int:
    """Quarter turns anticlockwise that make the frame upright, from the camera's rotation tag."""
    return round((getattr(frame, "rotation", 0) or 0) / 90) % 4


def _upright(frame: Any) -> tuple[int, int]:
    return (frame.width, frame.height) if _turns(frame) % 2 else (frame.height, frame.width)


def _pixels(frame: Any, longest: int) -> np.ndarray:
    """uint8 RGB (H, W, 3), reduced during conversion, so that a 4K frame is never held in full."""
    scale = min(1.0, longest / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale)) for side in (frame.width, frame.height))
    image: np.ndarray = frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
    turns = _turns(frame)
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
