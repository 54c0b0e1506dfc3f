"""A heatmap over the face, the controls that change it, and its downloads."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from fer_models.classifier import Classifier
from workbench import state
from workbench.components import plot
from workbench.figures.heatmap import heatmap_overlay
from workbench.services import explain, pictures
from workbench.services.explain import Look, Question
from workbench.services.predict import Crop

_WINNER = "most probable"


@dataclass(frozen=True)
class Display:
    """How maps are drawn: opacity in [0, 1], and whether evidence against the class is shown too."""

    opacity: float
    signed: bool


def controls(classifier: Classifier, *, key: str) -> tuple[Question, Display]:
    """Draw the controls and return what is asked and how it is to be drawn."""
    methods = explain.methods(classifier)
    layers = explain.layers(classifier)
    usual = explain.usual_layer(classifier)
    left, right = st.columns(2)
    with left:
        targets = [_WINNER, *classifier.classes]
        target = st.selectbox("Class explained", targets, **state.bound("target", targets))
    with right:
        method = st.selectbox(
            "Method", list(methods), format_func=methods.__getitem__, **state.bound("method", list(methods), "grad_cam")
        )
    layer = st.selectbox(
        "Layer",
        list(layers),
        format_func=lambda name: f"{name}, {layers[name][0]} x {layers[name][1]} cells",
        help="Where a class activation map is taken from, and how many cells that map has.",
        **state.bound("layer", list(layers), usual),
    )
    left, right = st.columns([2, 1], vertical_alignment="center")
    with left:
        opacity = st.slider("Opacity, %", 0, 100, step=5, **state.bound_number("opacity", 50)) / 100
    with right:
        signed = st.toggle(
            "Signed",
            help="Show also what speaks against the class. Off: only what speaks for it.",
            **state.bound_number("signed", False),
        )
    return Question(method, None if target == _WINNER else target, layer), Display(opacity, bool(signed))


def show(look: Look, crop: Crop, display: Display, *, key: str) -> None:
    """Draw the heatmap with its scale, or say that nothing speaks for the class."""
    attribution = look.attribution
    heat = (attribution.signed_heatmap() if display.signed else attribution.heatmap())[0]
    positive = bool(attribution.has_positive[0])
    drawn = heat if positive or display.signed else None
    st.markdown(f"**{look.title}**")
    plot.show(
        heatmap_overlay(pictures.png(crop.pixels), drawn, opacity=display.opacity, signed=display.signed),
        key=f"{key} heatmap",
        alt=f"{look.title} over the face",
    )
    if not positive:
        st.info(
            f"No positive evidence: no place of this map speaks for {look.target}. "
            "Switch on “Signed” to see what speaks against it.",
            icon=":material/info:",
        )
    st.caption(_facts(look))


def downloads(look: Look, crop: Crop, display: Display, *, key: str) -> None:
    """The picture as PNG and the values as .npy."""
    attribution = look.attribution
    positive = bool(attribution.has_positive[0])
    heat = (attribution.signed_heatmap() if display.signed else attribution.heatmap())[0]
    name = f"{attribution.method}-{look.target}"
    with st.container(horizontal=True):
        st.download_button(
            "Heatmap, PNG",
            explain.overlay_png(
                crop.pixels, heat if positive or display.signed else None, display.opacity, display.signed
            ),
            f"{name}.png",
            "image/png",
            key=f"{key} png",
            on_click="ignore",
            icon=":material/download:",
        )
        st.download_button(
            "Values, .npy",
            explain.raw(attribution),
            f"{name}.npy",
            "application/octet-stream",
            key=f"{key} npy",
            on_click="ignore",
            icon=":material/download:",
            help=f"Signed values at the input's pixels, float32 {attribution.values[0].shape}.",
        )


def _facts(look: Look) -> str:
    attribution = look.attribution
    values = attribution.values[0]
    parts = []
    if attribution.layer is not None and attribution.layer_size is not None:
        height, width = attribution.layer_size
        parts.append(f"layer {attribution.layer}, {height} x {width} cells")
    parts.append(f"{attribution.of} of {look.target}")
    parts.append(f"values {values.min():.3g} to {values.max():.3g}")
    return " · ".join(parts)
