"""One face through training as a film: face, heatmap, own attention and class scores, epoch by epoch."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw

from fer_models.explain.overlay import overlay
from fer_models.fonts import font
from fer_models.labels import colour
from fer_models.training.watch.history import Watched

Kind = Literal["mp4", "gif"]
#: Seconds of an epoch and of the last one.
SECONDS, LAST_SECONDS = 0.5, 2.0
_SIDE, _GAP, _HEAD, _BARS = 192, 12, 44, 240
_INK, _PAPER, _FAINT = (28, 34, 38), (255, 255, 255), (224, 230, 233)
_FRAMES_A_SECOND = 10


def frames(watched: Watched, face: int, image: np.ndarray) -> list[np.ndarray]:
    """A picture an epoch, uint8 RGB (H, W, 3) of even height and width.

    Args:
        watched: The history.
        face: Which of its faces.
        image: That face, uint8 (S, S, C).
    """
    large = _enlarged(image)
    return [_frame(watched, at, face, large) for at in range(len(watched.epochs))]


def film(watched: Watched, face: int, image: np.ndarray, kind: Kind = "mp4") -> bytes:
    """The frames as a film, half a second an epoch.

    Args:
        watched: The history.
        face: Which of its faces.
        image: That face, uint8 (S, S, C).
        kind: ``"mp4"`` (H.264) or ``"gif"``.
    """
    pictures = frames(watched, face, image)
    return _gif(pictures) if kind == "gif" else _mp4(pictures)


def _frame(watched: Watched, at: int, face: int, large: np.ndarray) -> np.ndarray:
    panels = [("face", large)]
    heat = watched.heat[at, face].astype(np.float32)
    if heat.size:
        panels.append(("heatmap", overlay(large, _nearest(heat))))
    if watched.modules:
        values = watched.attention[at, -1, face].astype(np.float32)
        low, high = float(values.min()), float(values.max())
        shares = (values - low) / (high - low) if high > low else np.zeros_like(values)
        panels.append(("own attention", overlay(large, _nearest(shares))))
    width = len(panels) * (_SIDE + _GAP) + _GAP + _BARS
    canvas = Image.new("RGB", (width + width % 2, _HEAD + _SIDE + 28), _PAPER)
    draw = ImageDraw.Draw(canvas)
    true = watched.classes[int(watched.faces.targets[face])]
    draw.text((_GAP, 12), f"Epoch {int(watched.epochs[at])} · a face labelled {true}", _INK, font(18))
    for number, (title, picture) in enumerate(panels):
        left = _GAP + number * (_SIDE + _GAP)
        canvas.paste(Image.fromarray(picture), (left, _HEAD))
        draw.text((left, _HEAD + _SIDE + 6), title, _INK, font(13))
    _scores(draw, watched, at, face, _GAP + len(panels) * (_SIDE + _GAP))
    return np.asarray(canvas)


def _scores(draw: ImageDraw.ImageDraw, watched: Watched, at: int, face: int, left: int) -> None:
    height = _SIDE / len(watched.classes)
    for number, name in enumerate(watched.classes):
        top, share = _HEAD + number * height, float(watched.scores[at, face, number])
        bar = (left + 76, top + 4, left + 186, top + height - 4)
        draw.rectangle(bar, _FAINT)
        draw.rectangle((bar[0], bar[1], bar[0] + share * (bar[2] - bar[0]), bar[3]), colour(name))
        middle = top + height / 2
        draw.text((left, middle), name[:11], _INK, font(13), anchor="lm")
        draw.text((left + 194, middle), f"{100 * share:.0f} %", _INK, font(13), anchor="lm")


def _enlarged(image: np.ndarray) -> np.ndarray:
    """uint8 RGB (side, side, 3), pixels repeated."""
    rgb = np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).resize((_SIDE, _SIDE), Image.Resampling.NEAREST))


def _nearest(values: np.ndarray) -> np.ndarray:
    rows, columns = (np.arange(_SIDE) * n // _SIDE for n in values.shape)
    return np.asarray(values[rows[:, None], columns])


def _gif(pictures: list[np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    times = [round(1000 * SECONDS)] * len(rest) + [round(1000 * LAST_SECONDS)]
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=times, loop=0)
    return buffer.getvalue()


def _mp4(pictures: list[np.ndarray]) -> bytes:
    import av  # late: a run trains without it

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("h264", rate=_FRAMES_A_SECOND)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, _FRAMES_A_SECOND)
        for number, picture in enumerate(pictures):
            last = number == len(pictures) - 1
            for _ in range(round(_FRAMES_A_SECOND * (LAST_SECONDS if last else SECONDS))):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return buffer.getvalue()
