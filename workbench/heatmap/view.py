"""A heatmap over the face, the controls that change it, and its downloads."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.colours import COLOUR_MAPS
from fer_models.crop import Crop
from fer_models.explain import EXPLAINERS
from fer_models.json_text import json_text
from workbench import navigation, shared, state
from workbench.app import pictures
from workbench.heatmap.figures import heatmap_overlay
from workbench.heatmap.model import drawing, printed
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, Question
from workbench.widgets import downloads as download_buttons
from workbench.widgets import plot

_WINNER = "most probable"
TARGET = state.Choice("heatmap.target")
#: An option of one method.
VARIANT = state.Choice("heatmap.variant", address=False)
COLOUR_MAP = state.Choice("heatmap.colours", COLOUR_MAPS, address=False)
SIGNED = state.Toggle("heatmap.signed")
OF = state.Choice("heatmap.of", ("logit", "probability"), address=False)
UPSAMPLING = state.Choice("heatmap.upsampling", ("bilinear", "nearest"), address=False)


def controls(classifier: Classifier, *, layered: bool = True, rail: bool = False) -> tuple[Question, Display]:
    """Draw the controls in one line; return what to explain and how to draw it.

    Args:
        classifier: The network.
        layered: Whether to offer the layers; otherwise each network uses its default layer.
        rail: Whether they stand in two lines, beside the answer.
    """
    if rail:
        columns = [*st.columns(2, vertical_alignment="bottom"), *st.columns(2, vertical_alignment="bottom")]
    else:
        columns = st.columns([5, 5, 6, 4] if layered else [5, 5, 4], vertical_alignment="bottom")
    with columns[0]:
        target = choose_target(classifier)
    with columns[1]:
        method = choose_method(classifier)
        variant = _choose_variant(method)
    layer = None
    if layered:
        with columns[2]:
            layer = choose_layer(classifier)
    with columns[-1]:
        of, upsampling, display = choose_display()
    return Question(method, target, layer, None, of, upsampling, variant), display


def why(method: str) -> None:
    """Link to the measurement behind the method that is shown first."""
    if method == look_model.FIRST_METHOD:
        st.page_link(
            navigation.page("heatmaps"),
            label="Why LayerCAM?",
            icon=":material/info:",
            help="On drawn faces, FCSDNet's maps beat random ones with LayerCAM, not with Grad-CAM.",
            query_params={"part": "Which method can be believed"},
        )


def choose_target(classifier: Classifier, label: str = "Class explained") -> str | None:
    """Draw the choice of a class; ``None`` is the most probable one."""
    targets = [_WINNER, *classifier.classes]
    target = st.selectbox(label, targets, **TARGET.widget(targets))
    return None if target == _WINNER else target


def choose_method(classifier: Classifier) -> str:
    """Draw the choice of a method that can run on this network."""
    methods = look_model.methods(classifier)
    return st.selectbox(
        "Method",
        list(methods),
        format_func=methods.__getitem__,
        help="What each method does, and whether captum computes it, is listed on Explain under Compare, Methods.",
        **shared.METHOD.widget(list(methods), look_model.first_method(classifier)),
    )


def _choose_variant(method: str) -> tuple[tuple[str, str], ...]:
    """Draw the choices that the method declares."""
    explainer, options = EXPLAINERS[method], []
    for name, (label, words) in explainer.choices.items():
        value = st.selectbox(
            label,
            list(words),
            format_func=words.__getitem__,
            **VARIANT.of(method, name).widget(list(words), str(explainer.options()[name])),
        )
        options.append((name, str(value)))
    return tuple(options)


def choose_layer(classifier: Classifier) -> str | None:
    """Draw the choice of a layer for class activation maps, with the size of its map; ``None`` where there is none."""
    layers = look_model.layers(classifier)
    if not layers:
        st.selectbox("Layer", ["none"], disabled=True, help="An ONNX file shows no layers and gives no gradients.")
        return None
    return st.selectbox(
        "Layer",
        list(layers),
        format_func=lambda name: f"{name}, {layers[name][0]} x {layers[name][1]}",
        help="Where a class activation map is taken from, and how many cells that map has.",
        **shared.LAYER.widget(list(layers), look_model.usual_layer(classifier)),
    )


def choose_display() -> tuple[str, str, Display]:
    """Draw the display popover; return the explained score, the upsampling and the display."""
    with st.popover("Display", icon=":material/tune:", width="stretch"):
        opacity = st.slider("Opacity, %", step=5, **shared.OPACITY.widget()) / 100
        colours = st.selectbox(
            "Colour map",
            COLOUR_MAPS,
            help="Perceptual: equal steps look equal. Cividis keeps its order in colour vision deficiencies.",
            **COLOUR_MAP.widget(),
        )
        signed = st.toggle(
            "Signed",
            help="Also show evidence against the class. Off: only evidence for it.",
            **SIGNED.widget(),
        )
        of = st.segmented_control(
            "Explained",
            ("logit", "probability"),
            required=True,
            help="The class's score, or its probability, which also falls when another class gains.",
            **OF.widget(),
        )
        upsampling = st.segmented_control(
            "Cells enlarged",
            ("bilinear", "nearest"),
            required=True,
            help="Smoothly, or each cell as a square, which shows how coarse the map is.",
            **UPSAMPLING.widget(),
        )
    return str(of or "logit"), str(upsampling or "bilinear"), Display(opacity, bool(signed), str(colours))


def show(look: Look, crop: Crop, display: Display, *, key: str, height: int = 380) -> None:
    """Draw the heatmap with its scale, and a note if it has no positive evidence."""
    drawn = drawing.heat(look.attribution, display)
    st.markdown(f"**{look.title}**")
    figure = heatmap_overlay(
        pictures.png(crop.pixels), drawn, opacity=display.opacity, signed=display.signed, colours=display.colours
    )
    figure.update_layout(height=height)
    plot.show(
        figure,
        key=f"{key} heatmap",
        alt=f"{look.title} over the face",
        name=f"{look.attribution.method}-{look.explained}-figure",
    )
    if not look.attribution.has_positive[0]:
        st.info(
            f"No positive evidence for {look.explained} anywhere in this map. Switch on “Signed” to see the evidence "
            "against it.",
            icon=":material/info:",
        )
    if (problem := look_model.incomplete(look.attribution)) is not None:
        st.warning(problem, icon=":material/functions:")
    st.caption(f"{look_model.facts(look)} · {display.words}")


def downloads(look: Look, crop: Crop, display: Display, checkpoint: Checkpoint, *, key: str) -> None:
    """Draw download buttons: the picture with its settings, the values, and the settings as JSON."""
    name = f"{look.attribution.method}-{look.explained}"
    values = look.attribution.values[0]
    # Built on download: the page reruns far more often than a file is saved.
    drawn = (crop.pixels, look, display, checkpoint)
    files: tuple[tuple[str, Callable[[], bytes | str], str, str], ...] = (
        ("Heatmap, PNG", lambda: printed.png(*drawn), "png", "With colour bar and settings, 8 cm at 300 dpi."),
        ("SVG", lambda: printed.svg(*drawn), "svg", "The same, with its bar and text as vectors."),
        ("PDF", lambda: printed.pdf(*drawn), "pdf", "The same on one page."),
        ("Values, .npy", lambda: look_model.raw(look.attribution),
         "npy", f"Signed values at the input's pixels, float32 {values.shape}."),
        ("Settings, JSON", lambda: json_text(drawing.settings(look, display, checkpoint), indent=2),
         "json", "Network, hash, method, layer and versions."),
    )  # fmt: skip
    for label, content, end, help_text in files:
        download_buttons.button(label, content, f"{name}.{end}", key=f"{key} {end}", help=help_text)
