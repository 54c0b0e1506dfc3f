"""Many methods on one face: a grid of methods and classes, or of methods and layers, each map with its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.explain import EXPLAINERS
from fer_models.progress import Progress
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Look, Question

Across = Literal["classes", "layers"]
#: Begins with one of each kind.
FIRST = ("grad_cam", "layer_cam", "finer_cam", "integrated_gradients", "occlusion")


@dataclass(frozen=True)
class Line:
    """One method's maps, in the order of the columns; ``None`` with a reason in ``problems`` where there is none."""

    method: str
    looks: tuple[Look | None, ...]
    problems: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Mean time of a map."""
        times = [look.attribution.seconds for look in self.looks if look is not None]
        return float(np.mean(times)) if times else 0.0


def grid(
    classifier: Classifier,
    pixels: np.ndarray,
    methods: Sequence[str],
    columns: Sequence[str],
    across: Across,
    question: Question,
    tell: Progress = lambda done, what: None,
) -> list[Line]:
    """A map for each method and column.

    Args:
        pixels: uint8 (S, S, C). columns: class names, or names of layers. question: the rest of what is asked.
    """
    lines, steps = [], max(1, len(methods) * len(columns))
    for row, method in enumerate(methods):
        looks: list[Look | None] = []
        problems = []
        for place, column in enumerate(columns):
            tell((row * len(columns) + place) / steps, f"{EXPLAINERS[method].title}, {column}")
            if across == "layers" and place and not EXPLAINERS[method].uses_layer:
                looks.append(None)
                problems.append("uses no layer")
                continue
            target, layer = (column, question.layer) if across == "classes" else (question.target, column)
            asked = Question(method, target, layer, None, question.of, question.upsampling)
            try:
                looks.append(look_model.look(classifier, pixels, asked))
                problems.append("")
            except UserError as error:
                looks.append(None)
                problems.append(str(error))
        lines.append(Line(method, tuple(looks), tuple(problems)))
    return lines
