"""Boxes, classes and heatmaps drawn into images, and images encoded as a video that a browser plays."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from fer_models.colours import coloured
from fer_models.errors import UserError
from fer_models.labels import colour
from fer_models.progress import Progress, silent
from fer_models.video.encoded import pyav
from fer_models.video.opening import Video
from fer_models.video.reading import Person, VideoReading
from fer_models.video.timeline import GAP

#: Longest side of an annotated video, and bits a second for each of its pixels: text stays readable.
_LONGEST = 960
_BITS = 3.0
Corners = Sequence[tuple[float, float]]


def draw_face(canvas: np.ndarray, corners: Corners, name: str, text: str) -> None:
    """Draw a box around a face with a text above it, in place.

    Args:
        canvas: uint8 RGB (H, W, 3).
        corners: four (x, y) in its pixels, clockwise from the top left.
        name: the class, which gives the box its colour.
        text: written above the box, in ASCII.
    """
    scale = max(canvas.shape[:2]) / 640
    thick = max(1, round(1.5 * scale))
    points = np.rint(np.asarray(corners)).astype(np.int32).reshape(-1, 1, 2)
    # The dark line under the coloured one keeps it visible on any image.
    cv2.polylines(canvas, [points], True, (20, 24, 27), 2 * thick + 1, cv2.LINE_AA)
    cv2.polylines(canvas, [points], True, _rgb(name), thick, cv2.LINE_AA)
    size = 0.55 * max(scale, 0.7)
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, thick)
    left = int(np.clip(points[:, 0, 0].min(), 0, max(0, canvas.shape[1] - width - 4)))
    bottom = int(np.clip(points[:, 0, 1].min() - base - 2, height + 4, canvas.shape[0] - base))
    top_left, bottom_right = (left - 2, bottom - height - 4), (left + width + 4, bottom + base)
    cv2.rectangle(canvas, top_left, bottom_right, (20, 24, 27), -1)
    cv2.putText(canvas, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), thick, cv2.LINE_AA)


def lay_heatmap(canvas: np.ndarray, corners: Corners, heatmap: np.ndarray, opacity: float = 0.5) -> None:
    """Lay a heatmap (S, S) in [0, 1] over the square of a face, in place, coloured with inferno.

    Args:
        canvas: uint8 RGB (H, W, 3).
        corners: of the square, clockwise from the top left, in its pixels.
    """
    points = np.asarray(corners, np.float32)
    height, width = canvas.shape[:2]
    x0, y0 = np.clip(np.floor(points.min(0)).astype(int), 0, (width, height))
    x1, y1 = np.clip(np.ceil(points.max(0)).astype(int), 0, (width, height))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    side = heatmap.shape[0]
    source = np.array([[-0.5, -0.5], [side - 0.5, -0.5], [side - 0.5, side - 0.5]], np.float32)
    to_part = cv2.getAffineTransform(source, points[:3] - np.array([x0, y0], np.float32) - 0.5)
    shades = np.rint(np.clip(heatmap, 0, 1) * 255).astype(np.uint8)
    warped = cv2.warpAffine(shades, to_part, (int(x1 - x0), int(y1 - y0)), borderMode=cv2.BORDER_REPLICATE)
    inside = np.zeros(warped.shape, np.uint8)
    cv2.fillConvexPoly(inside, np.rint(points - (x0, y0)).astype(np.int32), 255)
    colours = coloured(warped / 255)
    part = canvas[y0:y1, x0:x1]
    mixed = cv2.addWeighted(part, 1 - opacity, colours, opacity, 0)
    part[inside > 0] = mixed[inside > 0]


def annotate_video(video: Video, reading: VideoReading, progress: Progress = silent) -> bytes:
    """The video with a box, class and probability on each face, as the bytes of a webm (VP8) without sound.

    Between two frames that were read, boxes are interpolated and the class is that of the nearer frame.

    Args:
        progress: called with the fraction done, 0 if the length is unknown, and a message.

    Raises:
        UserError: If the video cannot be decoded.
    """

    def drawn() -> Iterable[np.ndarray]:
        for frame in video.frames(longest=_LONGEST):
            canvas = frame.image.copy()
            for person in reading.persons:
                draw_person(canvas, person, reading, frame.index, canvas.shape[1] / video.info.width)
            total = video.info.frames
            progress(min(1.0, frame.index / total) if total else 0.0, "drawing frames")
            yield canvas

    return encode_webm(drawn(), video.info.fps)


def draw_person(canvas: np.ndarray, person: Person, reading: VideoReading, index: int, factor: float) -> None:
    """Draw one person in frame ``index`` if the reading has them there; ``factor`` is canvas over video pixels."""
    after = int(np.searchsorted(person.frames, index))
    before = max(0, after - (after == len(person.frames) or person.frames[after] > index))
    after = min(after, len(person.frames) - 1)
    first, last = int(person.frames[before]), int(person.frames[after])
    if index < first or index > last + reading.options.every or last - first > GAP * reading.info.fps:
        return
    share = 0.0 if last == first else (index - first) / (last - first)
    box = (1 - share) * np.array(person.faces[before].box) + share * np.array(person.faces[after].box)
    left, top, right, bottom = box * factor
    near = after if share > 0.5 else before
    best = int(person.smoothed[near].argmax())
    name, probability = reading.classes[best], float(person.smoothed[near, best])
    prefix = f"{person.number}: " if len(reading.persons) > 1 else ""
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    draw_face(canvas, corners, name, f"{prefix}{name} {100 * probability:.0f} %")


def encode_webm(frames: Iterable[np.ndarray], fps: float) -> bytes:
    """Encode uint8 RGB pictures (H, W, 3) of one size as webm (VP8), in memory; Chromium and Firefox play it.

    Raises:
        UserError: If there is no frame, or PyAV or its VP8 encoder is missing.
    """
    av = pyav()
    buffer = io.BytesIO()
    stream = None
    with av.open(buffer, "w", format="webm") as container:
        for frame in frames:
            height, width = (side // 2 * 2 for side in frame.shape[:2])
            if stream is None:
                stream = _stream(container, width, height, fps)
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]), format="rgb24")
            for packet in stream.encode(picture):
                container.mux(packet)
        if stream is None:
            raise UserError("A video without frames cannot be written; choose another one.")
        for packet in stream.encode():
            container.mux(packet)
    return buffer.getvalue()


def _stream(container: Any, width: int, height: int, fps: float) -> Any:
    try:
        stream = container.add_stream("libvpx", rate=Fraction(fps).limit_denominator(1001))
    except Exception:  # PyAV raises different kinds of errors from build to build.
        raise UserError("This build of PyAV cannot write webm; install the one from PyPI: pip install av") from None
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.bit_rate = round(_BITS * width * height)
    # Threads of this encoder spin while they wait: on a busy machine two of them take a hundred times as long as one.
    stream.codec_context.thread_count = 1
    stream.options = {"deadline": "realtime", "cpu-used": "8"}
    return stream


def _rgb(name: str) -> tuple[int, int, int]:
    value = int(colour(name)[1:], 16)
    return value >> 16, value >> 8 & 255, value & 255
