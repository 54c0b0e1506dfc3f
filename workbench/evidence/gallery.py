"""A gallery of a network's answers: target > prediction with its confidence under each face, heatmaps on demand."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from fer_models.evaluation import mistakes
from fer_models.explain import USUAL_METHOD
from workbench import cache, state
from workbench.app.wording import percent
from workbench.evidence.bar import Evidence
from workbench.evidence.model import answer_maps, answers
from workbench.heatmap.model import look
from workbench.widgets import gallery

_PER_PAGE = 36
_OPACITY = 0.5
HEATMAPS = state.Toggle("evidence.heatmaps")


def show(evidence: Evidence, places: np.ndarray, *, key: str, selected: int | None, scope: str) -> int | None:
    """Draw the faces and return the place, among the evaluation's pictures, of the one that was clicked just now.

    Args:
        places: among the evaluation's pictures, in the order of the gallery. selected: the framed one.
        scope: another one begins at its first page.
    """
    evaluation = evidence.evaluation
    if not len(places):
        st.info("There is no such picture.", icon=":material/info:")
        return None
    images: Any = evidence.dataset.images
    if st.toggle(
        "Heatmaps",
        help=f"{look.USUAL_TITLE} of the predicted class over each face of the page: bright where its evidence lies.",
        **HEATMAPS.widget(),
    ):
        images = _overlaid(evidence, places)
    positions = evaluation.positions[places]
    place_of = {int(position): int(place) for position, place in zip(positions, places, strict=True)}
    clicked = gallery.show(
        images,
        positions,
        key=key,
        caption=lambda position: answers.caption(evaluation, place_of[position]),
        about=lambda position: _about(evidence, place_of[position]),
        selected=None if selected is None else int(evaluation.positions[selected]),
        per_page=_PER_PAGE,
        side=76,
        scope=scope,
    )
    return place_of.get(clicked) if clicked is not None else None


def _about(evidence: Evidence, place: int) -> str:
    evaluation = evidence.evaluation
    sure = percent(mistakes.confidence(evaluation, place))
    return (
        f"{answers.title(evaluation, place)}, confidence {sure}, row {int(evaluation.rows[place])}: "
        f"labelled {evaluation.classes[evaluation.targets[place]]}, "
        f"taken for {evaluation.classes[evaluation.predictions[place]]}"
    )


def _overlaid(evidence: Evidence, places: np.ndarray) -> Any:
    classifier = cache.classifier(evidence.checkpoint)
    if USUAL_METHOD not in look.methods(classifier):
        st.caption(f"{look.USUAL_TITLE} does not work with this network, so the faces are shown alone.")
        return evidence.dataset.images
    return _Overlaid(evidence, places)


class _Overlaid:
    """Pictures with their heatmaps, made a page at a time when one of its pictures is asked for."""

    def __init__(self, evidence: Evidence, places: np.ndarray):
        self._evidence = evidence
        self._places = [int(place) for place in places]
        self._number = {int(evidence.evaluation.positions[place]): i for i, place in enumerate(self._places)}

    def __getitem__(self, position: int) -> np.ndarray:
        start = self._number[position] // _PER_PAGE * _PER_PAGE
        page = tuple(self._places[start : start + _PER_PAGE])
        evidence = self._evidence
        asked = evidence.asked(self._places[self._number[position]])
        same = tuple(place for place in page if evidence.asked(place) is asked)
        drawn = cache.of_predictions(
            answer_maps.over_faces,
            evidence.evaluation,
            same,
            _OPACITY,
            cache.classifier(asked),
            evidence.dataset,
            key=(same, _OPACITY, asked.identity),
        )
        return drawn[position]
