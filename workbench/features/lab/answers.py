"""What every network says of the face: classes, heatmap, own attention, and the verdict on the heatmap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.lab import FaceParameters, face_image
from workbench import cache
from workbench.app.wording import percent
from workbench.face import bars
from workbench.heatmap import cached, verdict, view
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, Question
from workbench.widgets import picture_grid
from workbench.widgets.errors import guard
from workbench.widgets.picture_grid import Cell, Row

#: Pixels of a heatmap: twice those of most inputs, and two fit beside the bars on a projector.
_SIDE = 96


@dataclass(frozen=True)
class Answered:
    """A network's answer to the face: the crop that it got, prediction and heatmap."""

    checkpoint: Checkpoint
    pixels: np.ndarray
    look: Look


def controls(checkpoints: list[Checkpoint]) -> tuple[Question, Display]:
    """Draw the choice of the method and how maps are drawn."""
    left, right = st.columns(2, vertical_alignment="bottom", gap="small")
    with left:
        method = view.choose_method(cache.classifier(checkpoints[0]))
    with right:
        of, upsampling, display = view.choose_display()
    return Question(method, of=of, upsampling=upsampling), display


def show(
    checkpoints: list[Checkpoint], face: FaceParameters, question: Question, display: Display
) -> tuple[list[Answered], list[st.delta_generator.DeltaGenerator]]:
    """Draw a row for each network; return the answers, and where their verdicts belong."""
    answers, places = [], []
    for checkpoint in checkpoints:
        with guard(checkpoint.name), st.container(border=True, gap="xsmall"):
            pixels = face_image(face, checkpoint.preprocess)
            answered = Answered(checkpoint, pixels, cached.look(checkpoint, pixels, question))
            _row(answered, display)
            places.append(st.empty())
            answers.append(answered)
    return answers, places


def show_verdicts(answers: list[Answered], places: list[st.delta_generator.DeltaGenerator], question: Question) -> None:
    """Fill in the verdicts: they take longer than the answers."""
    for answered, place in zip(answers, places, strict=True):
        with guard(answered.checkpoint.name), place.container():
            verdict.judge(answered.checkpoint, answered.pixels, question)


def _row(answered: Answered, display: Display) -> None:
    name, probability = answered.look.prediction.ranked()[0]
    st.markdown(f"**“{name}”**, {percent(probability)} · {answered.checkpoint.name.replace('_', chr(92) + '_')}")
    left, right = st.columns([4, 6], gap="small")
    with left:
        # The classes keep their places, so that bars move and do not change seats.
        shares = dict(answered.look.prediction.ranked())
        bars.show_probabilities([(each, shares[each]) for each in answered.checkpoint.classes])
    with right:
        picture_grid.show([Row("", "", _cells(answered, display))], side=_SIDE, label="Heatmap and own attention")


def _cells(answered: Answered, display: Display) -> list[Cell]:
    attribution = answered.look.attribution
    caption = "heatmap" if attribution.has_positive[0] else "heatmap: no positive evidence"
    over = drawing.over_face(answered.pixels, attribution, display, _SIDE)
    cells = [Cell(over, f"{caption}, {answered.look.target}", f"{answered.look.title}, over the face")]
    own = cached.own_attention(answered.checkpoint, answered.pixels)
    maps = own.overlays or own.channels
    if not maps:
        return [*cells, Cell(drawing.face(answered.pixels, _SIDE), "input; no attention module", "The network's input")]
    title, values = maps[0]
    drawn = drawing.spread_over_face(answered.pixels, values, display, _SIDE)
    return [*cells, Cell(drawn, "own attention", f"Own attention, {title}, over the face")]
