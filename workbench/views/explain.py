"""Explain: one face, what a network says of it, where a method finds the reasons, and the network's own attention."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench import cache
from workbench.components import (
    attention_view,
    crop_view,
    face_choice,
    heading,
    heatmap_view,
    image_input,
    plot,
    selection_bar,
    trust_view,
)
from workbench.components.errors import guard
from workbench.figures.probabilities import probability_bars
from workbench.services.wording import percent


def render() -> None:
    heading.show("explain")
    chosen = selection_bar.show(checkpoint=True, data=True)
    if chosen is None or chosen.checkpoint is None:
        return
    with guard("the explanation"):
        _look_at(chosen.checkpoint, chosen.data)
    heading.show_reading(
        "Bright places of the heatmap are where the chosen layer holds evidence for the class: they say where the "
        "network looked, not that it was right. A map of few cells is coarse, so a bright patch may cover a whole eye "
        "or mouth. The network's own attention is another thing: gates that it applies to every class alike, on the "
        "way to its answer.",
        "Selvaraju et al. 2017, Grad-CAM; Long 2024, FCSDNet; Woo et al. 2018, CBAM",
    )


def _look_at(checkpoint: Checkpoint, data: str | None) -> None:
    classifier = cache.classifier(checkpoint)
    left, middle, right = st.columns([5, 7, 5], gap="medium")
    with left:
        place = st.container()
        picture = image_input.show(data, key="explain")
    with place:
        crop = face_choice.show(picture, checkpoint.preprocess, key="explain")
    if crop is None:
        return
    with middle:
        answer = st.container()
        question, display = heatmap_view.controls(classifier, key="explain")
        look = cache.look(checkpoint, crop.pixels, question)
        heatmap_view.downloads(look, crop, display, key="explain")
    with answer:
        heatmap_view.show(look, crop, display, key="explain")
    with right:
        ranked = look.prediction.ranked()
        st.markdown(f"**The class is “{look.winner}”**")
        words = ", ".join(f"{name} {percent(probability)}" for name, probability in ranked)
        plot.show(probability_bars(ranked), key="probabilities", alt=f"Probabilities: {words}")
        crop_view.show(crop)
        verdict = st.container()
    st.subheader("The network's own attention", anchor=False)
    attention_view.show(cache.own_attention(checkpoint, crop.pixels), crop, display.opacity, key="explain")
    # Last, since it takes the longest: the answer stands while the verdict is still being found.
    with verdict, guard("the trust card"), st.spinner("Testing the heatmap."):
        trust_view.show(cache.trust(checkpoint, crop.pixels, question))
