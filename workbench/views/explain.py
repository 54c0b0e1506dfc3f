"""Explain: one face, what networks say of it, where methods find the reasons, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench import state
from workbench.components import (
    crop_view,
    explain_attention,
    explain_change,
    explain_contrast,
    explain_look,
    explain_methods,
    explain_networks,
    explain_subject,
    explain_trust,
    face_choice,
    heading,
    image_input,
    selection_bar,
)
from workbench.components.errors import guard
from workbench.components.explain_subject import Subject

#: Key in the address, title, and what draws it; only the open one computes.
TABS: dict[str, tuple[str, Callable[..., None]]] = {
    "look": ("One look", explain_look.show),
    "methods": ("Methods", explain_methods.show),
    "networks": ("Networks", explain_networks.show),
    "contrast": ("Contrast", explain_contrast.show),
    "attention": ("Attention", explain_attention.show),
    "trust": ("Trust", explain_trust.show),
    "change": ("What if", explain_change.show),
}


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
    left, right = st.columns([3, 8], gap="medium")
    with right:
        tab = st.segmented_control(
            "View",
            list(TABS),
            format_func=lambda key: TABS[key][0],
            required=True,
            wrap=True,
            label_visibility="collapsed",
            **state.bound("tab", list(TABS)),
        )
        answer = st.container()
    with left:
        subject = _face(checkpoint, data)
    if subject is None:
        return
    with answer, guard("this view"):
        TABS[tab][1](subject, key=f"explain {tab}")


def _face(checkpoint: Checkpoint, data: str | None) -> Subject | None:
    place = st.container()
    picture = image_input.show(data, key="explain")
    with place:
        chosen = face_choice.choose(picture, checkpoint.preprocess, key="explain")
        if chosen is None:
            return None
        subject = explain_subject.subject(checkpoint, picture, chosen[0], data)
        crop_view.show(subject.framed.crop, side=96)
    return subject
