"""A picture with several people: the prediction for each, and the share per expression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from fer_models import labels
from fer_models.classifier import Classifier
from fer_models.crop import crop_for
from fer_models.data.synthetic import SyntheticOptions, generate_face
from fer_models.faces.face import Face
from fer_models.faces.image import resize

#: Most faces read in one picture.
MOST = 100
_DRAWN = SyntheticOptions(count=14, size=176, colour=True, seed=4, difficulty=0.15)


@dataclass(frozen=True)
class Person:
    """One face of a picture.

    Args:
        number: from 1, in reading order. face: as detected. corners: of its crop, clockwise from the top left,
            (x, y) in pixels of the picture. alignment: of the crop, ``"none"`` or ``"eyes"``.
        pixels: the crop, uint8 (S, S, 1 or 3).
        ranked: class names and probabilities, the largest first.
    """

    number: int
    face: Face
    corners: list[tuple[float, float]]
    alignment: str
    pixels: np.ndarray
    ranked: list[tuple[str, float]]

    @property
    def answer(self) -> str:
        """The most probable class."""
        return self.ranked[0][0]


@cache
def drawn() -> np.ndarray:
    """A group of eight drawn faces with several expressions, uint8 RGB (H, W, 3)."""
    # Each class once and a second happy face; easy ones, so that no mouth is hidden.
    faces = {face.emotion: face.image for face in (generate_face(_DRAWN, i) for i in range(7))}
    more = next(f for f in (generate_face(_DRAWN, i) for i in range(7, 14)) if f.emotion == "happy")
    order = ("happy", "neutral", "surprise", "sad", "angry", "fear", "disgust")
    tiles = [faces[name] for name in order] + [more.image]
    side, gap = _DRAWN.size, 24
    canvas = np.full((2 * side + 3 * gap, 4 * side + 5 * gap, 3), (196, 202, 204), np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, 4)
        top, left = gap + row * (side + gap), gap + column * (side + gap)
        canvas[top : top + side, left : left + side] = tile
    return canvas


def read(picture: np.ndarray, faces: Sequence[Face], classifier: Classifier) -> list[Person]:
    """Every face in one batch, in reading order; at most :data:`MOST`, the largest ones.

    Args:
        picture: uint8 RGB (H, W, 3). faces: the largest first.
    """
    ordered = _reading_order(list(faces[:MOST]))
    cuts = [crop_for(picture, face, classifier.checkpoint.preprocess) for face in ordered]
    prediction = classifier.predict([cut.pixels for cut in cuts], batch_size=MOST)
    return [
        Person(i + 1, face, cuts[i].corners, cuts[i].alignment, cuts[i].pixels, prediction.ranked(i))
        for i, face in enumerate(ordered)
    ]


def _reading_order(faces: list[Face]) -> list[Face]:
    """Rows from the top, each from the left; a row holds faces whose centres are within half a face's height."""
    remaining = sorted(faces, key=lambda face: face.box[1] + face.box[3])
    ordered: list[Face] = []
    while remaining:
        first = remaining[0]
        row = [f for f in remaining if abs(f.box[1] + f.box[3] - first.box[1] - first.box[3]) < first.height]
        ordered += sorted(row, key=lambda face: face.box[0])
        remaining = [f for f in remaining if not any(f is other for other in row)]
    return ordered


def shares(people: Sequence[Person], classes: Sequence[str]) -> list[tuple[str, int, float]]:
    """Class, number of people and their share in [0, 1], in the order of ``classes``."""
    counts = [sum(person.answer == name for person in people) for name in classes]
    return [(name, n, n / max(1, len(people))) for name, n in zip(classes, counts, strict=True)]


def annotated(picture: np.ndarray, people: Sequence[Person], longest: int = 1600) -> np.ndarray:
    """A copy, at most ``longest`` pixels a side, with a frame, number, class and confidence at each face."""
    scale = min(1.0, longest / max(picture.shape[:2]))
    if max(picture.shape[:2]) < 640:
        scale = 640 / max(picture.shape[:2])  # so that the labels are readable
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    canvas = resize(picture, (height, width)).copy()
    thick = max(2, round(max(height, width) / 400))
    for person in people:
        points = np.rint(np.asarray(person.corners) * scale).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(canvas, [points], True, (20, 24, 27), thick * 2, cv2.LINE_AA)
        cv2.polylines(canvas, [points], True, _rgb(labels.colour(person.answer)), thick, cv2.LINE_AA)
    room = float(np.median([np.ptp(np.asarray(person.corners)[:, 0]) for person in people])) * scale if people else 0
    for person in people:
        name, share = person.ranked[0]
        _draw_label(
            canvas, f"{person.number} {name} {100 * share:.0f}%", np.asarray(person.corners).min(axis=0) * scale, room
        )
    return canvas


def _draw_label(canvas: np.ndarray, text: str, corner: np.ndarray, room: float) -> None:
    """Write white text on a dark box above the corner, sized to fit the width of a median face."""
    font = cv2.FONT_HERSHEY_SIMPLEX
    fits = room / cv2.getTextSize("8 surprise 88%", font, 1.0, 2)[0][0]
    size = float(np.clip(fits, max(canvas.shape) / 1600, 1.4))  # readable even if faces are small
    thick = 2 if size > 0.7 else 1
    (width, height), under = cv2.getTextSize(text, font, size, thick)
    x = int(np.clip(corner[0], 0, max(0, canvas.shape[1] - width - 8)))
    y = int(np.clip(corner[1], height + under + 6, canvas.shape[0] - 1))
    cv2.rectangle(canvas, (x, y - height - under - 4), (x + width + 8, y), (20, 24, 27), -1)
    cv2.putText(canvas, text, (x + 4, y - under), font, size, (255, 255, 255), thick, cv2.LINE_AA)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def table(people: Sequence[Person], classes: Sequence[str]) -> tuple[list[str], list[list[object]]]:
    """Column names and cells of a CSV file, a line per face."""
    head = ["face", "left", "top", "right", "bottom", "score", "detector", "alignment", "class", *classes]
    rows: list[list[object]] = []
    for person in people:
        chances = dict(person.ranked)
        box = [round(edge, 1) for edge in person.face.box]
        facts = [round(person.face.score, 4), person.face.detector, person.alignment, person.answer]
        rows.append([person.number, *box, *facts, *(round(chances[name], 6) for name in classes)])
    return head, rows
