"""A grid of heatmaps of one face: methods by classes, or methods by layers, with the time of each map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fer_models.classifier import Classifier
from fer_models.errors import UserError
from fer_models.explain import EXPLAINERS
from fer_models.progress import Progress, silent
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Look, Question

Across = Literal["classes", "layers"]
#: Methods shown first: one of each family.
FIRST = ("grad_cam", "layer_cam", "finer_cam", "integrated_gradients", "occlusion")


@dataclass(frozen=True)
class Line:
    """One method's maps, in the order of the columns; ``None`` for a missing map, with the reason in ``problems``."""

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
    *,
    across: Across,
    question: Question,
    progress: Progress = silent,
) -> list[Line]:
    """A map for each method and column.

    Args:
        pixels: uint8 (S, S, C). columns: class names, or names of layers. question: the other settings.
    """
    lines, steps = [], max(1, len(methods) * len(columns))
    for row, method in enumerate(methods):
        looks: list[Look | None] = []
        problems = []
        for number, column in enumerate(columns):
            progress((row * len(columns) + number) / steps, f"{EXPLAINERS[method].title}, {column}")
            if across == "layers" and number and not EXPLAINERS[method].uses_layer:
                looks.append(None)
                problems.append("uses no layer")
                continue
            target, layer = (column, question.layer) if across == "classes" else (question.target, column)
            query = Question(method, target, layer, None, question.of, question.upsampling)
            try:
                looks.append(look_model.look(classifier, pixels, query))
                problems.append("")
            except UserError as error:
                looks.append(None)
                problems.append(str(error))
        lines.append(Line(method, tuple(looks), tuple(problems)))
    return lines
