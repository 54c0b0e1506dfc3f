"""One face and its prediction: the probabilities, and heatmaps of the true and the predicted class."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.evaluation import mistakes
from fer_models.evaluation.class_match import network_classes
from workbench import cache, navigation, state
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.evidence.bar import Evidence
from workbench.evidence.model import answers
from workbench.face.figures import probability_bars
from workbench.heatmap import cached
from workbench.heatmap.figures import heatmap_overlay
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.look import Question
from workbench.widgets import plot
from workbench.widgets.errors import guard

_SIDE = 144
BOTH = state.Toggle("evidence.both", default=True)


def show(evidence: Evidence, index: int, *, key: str) -> None:
    """Draw the face, its probabilities and, on request, the heatmaps of both classes.

    Args:
        index: Of the face in the evaluation.
    """
    evaluation, dataset = evidence.evaluation, evidence.dataset
    position = int(evaluation.positions[index])
    confidence = percent(mistakes.confidence(evaluation, index))
    st.markdown(f"**{answers.title(evaluation, index)}** · {confidence} sure · row {int(evaluation.rows[index])}")
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left, st.container(key=f"pixels {key}"):
        picture = pictures.as_rgb(np.asarray(dataset.display_images[position]))
        st.image(
            pictures.enlarged(picture, _SIDE),
            width=_SIDE,
            output_format="PNG",
            alt=f"Face labelled {evaluation.classes[evaluation.targets[index]]}",
        )
    with right:
        probabilities = evaluation.probabilities[index]
        ranked = [
            (evaluation.classes[int(k)], float(probabilities[k])) for k in np.argsort(-probabilities, kind="stable")
        ]
        ranking = ", ".join(f"{name} {percent(value)}" for name, value in ranked)
        plot.show(
            probability_bars(ranked),
            key=f"{key} probabilities",
            alt=f"Probabilities: {ranking}",
            name=f"row-{int(evaluation.rows[index])}-probabilities",
        )
    if not dataset.has_images:
        return
    with guard("the heatmaps"):
        _heatmaps(evidence, index, key)
    st.page_link(
        navigation.page("explain"),
        label="Explain this face with other methods",
        icon=":material/visibility:",
        query_params={
            "checkpoint": evidence.network_of(index).name,
            "data": evidence.name,
            "sample": "row",
            "row": str(position),
        },
    )


def _heatmaps(evidence: Evidence, index: int, key: str) -> None:
    """Heatmaps of the predicted class and of the label, each on its own colour scale."""
    checkpoint = evidence.network_of(index)
    usual = look_model.usual_title(cache.classifier(checkpoint))
    visible = st.toggle(
        "Evidence for both classes",
        help=f"{usual} for the predicted and for the true class.",
        **BOTH.of(key).widget(),
    )
    if not visible:
        return
    evaluation = evidence.evaluation
    network_names = network_classes(checkpoint.classes, evidence.dataset.classes)
    true, predicted = (evaluation.classes[int(k[index])] for k in (evaluation.targets, evaluation.predictions))
    pixels = checkpoint.preprocess.stored(np.asarray(evidence.dataset.images[int(evaluation.positions[index])]))
    explained = [(predicted, "answer")] if true == predicted else [(predicted, "answer"), (true, "label")]
    for (name, role), column in zip(explained, st.columns(2, vertical_alignment="bottom"), strict=False):
        with column:
            look = cached.look(checkpoint, pixels, Question(target=network_names[name]))
            positive = bool(look.attribution.has_positive[0])
            heat = look.attribution.heatmap()[0] if positive else None
            st.caption(f"Evidence for {name}, the {role}" + ("" if positive else ": none"))
            figure = heatmap_overlay(pictures.png(pixels), heat, opacity=0.55)
            figure.update_layout(height=250)
            plot.show(
                figure,
                key=f"{key} heatmap {role}",
                alt=f"{usual} for {name} over the face",
                name=f"row-{int(evaluation.rows[index])}-{look.attribution.method}-{name}",
            )
