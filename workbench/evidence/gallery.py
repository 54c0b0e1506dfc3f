"""A gallery of predictions: target > prediction and its confidence under each face, with optional heatmaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from fer_models.evaluation import mistakes
from workbench import cache, state
from workbench.app.wording import percent
from workbench.evidence.bar import Evidence
from workbench.evidence.model import answer_maps, answers
from workbench.heatmap.model import look
from workbench.widgets import gallery

_PER_PAGE = 36
_OPACITY = 0.5
HEATMAPS = state.Toggle("evidence.heatmaps")


def show(
    evidence: Evidence, indices: np.ndarray, *, key: str, selected: int | None, scope: str, title: str = ""
) -> int | None:
    """Draw the faces and return the index of the one that was clicked in this run.

    Args:
        indices: int64 (M,), of the faces in the evaluation, in the order of the gallery.
        key: Prefix of the widgets' keys.
        selected: Index of the framed face.
        scope: What is shown, such as the filter; a new scope starts at its first page.
        title: What is shown, in words for the contact sheet; by default how many faces of what.
    """
    evaluation = evidence.evaluation
    if not len(indices):
        st.info("No image matches the filter.", icon=":material/info:")
        return None
    images: Any = evidence.dataset.display_images
    usual = look.usual_title(cache.classifier(evidence.checkpoint)) if evidence.dataset.has_images else ""
    faces = st.container()  # The answer stands first, its controls under it.
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    if evidence.dataset.has_images and row.toggle(
        "Heatmaps",
        help=f"{usual} of the predicted class over each face of the page: bright where its evidence lies.",
        **HEATMAPS.widget(),
    ):
        images = _Overlaid(evidence, indices)
    of_page = title or f"{len(indices):,} faces of {evidence.name}, {evaluation.split}"
    positions = evaluation.positions[indices]
    index_of = {int(position): int(index) for position, index in zip(positions, indices, strict=True)}
    with faces:
        clicked = gallery.show(
            images,
            positions,
            key=key,
            words=gallery.Words(
                lambda position: answers.caption(evaluation, index_of[position]),
                lambda position: _about(evidence, index_of[position]),
                f"{of_page}; target > predicted",
            ),
            selected=None if selected is None else int(evaluation.positions[selected]),
            layout=gallery.Layout(per_page=_PER_PAGE, side=76, row=row),
            scope=scope,
        )
    return index_of.get(clicked) if clicked is not None else None


def _about(evidence: Evidence, index: int) -> str:
    evaluation = evidence.evaluation
    confidence = percent(mistakes.confidence(evaluation, index))
    return (
        f"{answers.title(evaluation, index)}, confidence {confidence}, row {int(evaluation.rows[index])}: "
        f"labelled {evaluation.classes[evaluation.targets[index]]}, "
        f"taken for {evaluation.classes[evaluation.predictions[index]]}"
    )


class _Overlaid:
    """Images with their heatmaps, drawn a page at a time when one of its images is read."""

    def __init__(self, evidence: Evidence, indices: np.ndarray):
        self._evidence = evidence
        self._indices = [int(index) for index in indices]
        self._rank_of = {int(evidence.evaluation.positions[index]): i for i, index in enumerate(self._indices)}

    def __getitem__(self, position: int) -> np.ndarray:
        start = self._rank_of[position] // _PER_PAGE * _PER_PAGE
        page = tuple(self._indices[start : start + _PER_PAGE])
        evidence = self._evidence
        network = evidence.network_of(self._indices[self._rank_of[position]])
        same_network = tuple(index for index in page if evidence.network_of(index) is network)
        overlays = cache.of_predictions(
            answer_maps.over_faces,
            evidence.evaluation,
            same_network,
            _OPACITY,
            cache.classifier(network),
            evidence.dataset,
            key=(same_network, _OPACITY, network.identity),
        )
        return overlays[position]
