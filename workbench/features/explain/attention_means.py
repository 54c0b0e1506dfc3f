"""The network's own attention, averaged over the faces of each class of a data set."""

from __future__ import annotations

import streamlit as st

from fer_models.explain.own_attention.means import MOST_OF_A_CLASS
from workbench import cache, state
from workbench.app import datasets
from workbench.features.explain.model import attention
from workbench.features.explain.subject import Subject
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.widgets import job, picture_grid
from workbench.widgets.picture_grid import Cell, Row

_SIDE = 84
MEANS = state.Toggle("explain.means")


def show(subject: Subject, display: Display, *, key: str) -> None:
    """Draw the switch; if it is on, draw a row of mean maps for each module with a spatial map.

    Raises:
        UserError: If no picture of the data set has a class that the network knows.
    """
    if subject.data is None:
        return
    enabled = st.toggle(
        "Mean over each class",
        help=f"The same gates, averaged over up to {MOST_OF_A_CLASS} faces of each class of the data set.",
        **MEANS.of(key).widget(),
    )
    if not enabled:
        return
    classifier, dataset = subject.classifier, cache.dataset(subject.data)
    means = job.result(
        ("attention means", subject.checkpoint.identity, datasets.identity(dataset)),
        f"Mean attention of {subject.checkpoint.name}",
        lambda progress: attention.class_means(classifier, dataset, progress),
        lane="short",
        key=f"{key} means",
    )
    if means is None:
        return
    rows = [
        Row(
            words,
            "",
            [
                Cell(
                    drawing.spread_over_face(means.faces[k], maps.maps[k], display, _SIDE),
                    f"{maps.maps[k].min():.2g} to {maps.maps[k].max():.2g}",
                    f"Mean of {words} over faces of {means.classes[k]}",
                )
                for k in means.shown
            ],
        )
        for words, maps in means.means.items()
    ]
    heads = [f"{means.classes[k]}, n = {means.counts[k]}" for k in means.shown]
    picture_grid.show(rows, columns=heads, side=_SIDE, label="Mean attention by class")
    st.caption(
        f"Faces of {means.where}, by their label, under the mean of each gate; every image has its own scale. Rows "
        "that look alike for all classes belong to attention that places the face, not the expression."
    )
