"""A strip for a lecture: the face from neutral to its full expression, with what each network says under it."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from fer_models.classifier import Classifier
from fer_models.fonts import font
from fer_models.lab import FaceParameters, draw, scores

STEPS = 6
_SIDE, _GAP, _LINE = 224, 10, 22
_INK, _PAPER = (28, 34, 38), (255, 255, 255)


def strip(classifiers: Sequence[Classifier], face: FaceParameters) -> bytes:
    """PNG of the face at six intensities of its units, a line of answers a network.

    Args:
        classifiers: The networks.
        face: At full intensity.
    """
    levels = np.linspace(0, 1, STEPS)
    faces = [_scaled(face, float(level)) for level in levels]
    answers = scores(classifiers, faces)
    head = 150
    size = (head + STEPS * (_SIDE + _GAP), _GAP + _SIDE + _LINE * (len(classifiers) + 1) + _GAP)
    canvas = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(canvas)
    small = font(14)
    top = _GAP + _SIDE + 4
    pen.text((8, top), "intensity", _INK, small)
    for number, classifier in enumerate(classifiers):
        pen.text((8, top + _LINE * (number + 1)), classifier.checkpoint.name[:20], _INK, small)
    for column, level in enumerate(levels):
        left = head + column * (_SIDE + _GAP)
        canvas.paste(Image.fromarray(draw(faces[column]).image), (left, _GAP))
        pen.text((left, top), f"{100 * level:.0f} %", _INK, small)
        for number, (classifier, answer) in enumerate(zip(classifiers, answers, strict=True)):
            best = int(answer[column].argmax())
            words = f"{classifier.classes[best]} {100 * float(answer[column, best]):.0f} %"
            pen.text((left, top + _LINE * (number + 1)), words, _INK, small)
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()


def _scaled(face: FaceParameters, level: float) -> FaceParameters:
    return dataclasses.replace(face, units={unit: level * value for unit, value in face.moved.items()})
