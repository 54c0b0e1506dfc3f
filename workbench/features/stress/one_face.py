"""Stress, first section: one face at five severities of a corruption, and under all of them."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.robustness import CORRUPTIONS, FaceGeometry
from workbench import cache, state
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.face import choice, image_input
from workbench.features.stress.figures import Curve, curves, grid
from workbench.features.stress.model import one_face
from workbench.features.stress.model.one_face import LEVELS, FaceTest
from workbench.heatmap.model import look
from workbench.widgets import downloads, picture_grid, plot
from workbench.widgets.errors import guard

_NAN = [float("nan")] * 6
HEATMAPS = state.Toggle("stress.heatmaps")
KIND = state.Choice("stress.kind", default="mask")


def show(checkpoint: Checkpoint, data: str | None, *, key: str) -> None:
    """Draw the choice of a face and its predictions under corruptions.

    Raises:
        UserError: If the picture or the network cannot be read.
    """
    left, right = st.columns([4, 9], gap="large")
    with left:
        picture_area = st.container()
        picture = image_input.show(data, key=key)
    with picture_area:
        face_and_crop = choice.choose(picture, checkpoint.preprocess, key=key)
    if face_and_crop is None:
        return
    face, crop = face_and_crop
    geometry = one_face.geometry(face, crop.corners)
    with right:
        kind = _kind(key)
        with st.spinner("Predicting this face under every corruption."):
            test = cache.of_face(one_face.face_test, checkpoint, crop.pixels, geometry)
        answer = st.container()
        overlaid = st.toggle(
            "Heatmaps", help=("The evidence for the clean face's class at each strength."), **HEATMAPS.of(key).widget()
        )
        with answer:
            _strip(checkpoint, crop.pixels, kind, geometry, test, with_heatmaps=bool(overlaid), key=key)
    st.header("Under every corruption", anchor=False)
    st.markdown(f"**{one_face.sentence(test)}**")
    with guard("the table of corruptions"):
        _grid(test, key)
    head, rows = one_face.table(test)
    downloads.show(head, rows, "stress-face.csv", key=f"{key} face csv")


def _kind(key: str) -> str:
    names = one_face.titles()
    kind = st.selectbox("Corruption", list(names), format_func=names.__getitem__, **KIND.widget(list(names)))
    st.caption(f"{CORRUPTIONS[kind].summary} Strength: {CORRUPTIONS[kind].unit}.")
    return str(kind)


def _strip(
    checkpoint: Checkpoint,
    pixels: np.ndarray,
    kind: str,
    geometry: FaceGeometry,
    test: FaceTest,
    *,
    with_heatmaps: bool,
    key: str,
) -> None:
    words = one_face.captions(test, kind)
    row = test.kinds.index(kind)
    made = [pictures.as_rgb(version) for version in one_face.versions(pixels, kind, geometry)]
    if with_heatmaps:
        with st.spinner("Computing the heatmaps."):
            made, likeness = cache.of_face(one_face.heatmaps, checkpoint, pixels, kind, geometry)
        words = [f"{word} · likeness {like:.2f}" for word, like in zip(words, likeness, strict=True)]
    label = f"The face under {CORRUPTIONS[kind].title.lower()}{' with heatmaps' if with_heatmaps else ''}"
    picture_grid.wrapped(made, words, side=92, label=label)
    if with_heatmaps:
        st.caption(
            f"{look.usual_title(cache.classifier(checkpoint))} for the clean face's class, Explain's default. "
            "Likeness: rank correlation with the clean face's map, shifted and turned with the face."
        )
    name = test.classes[test.clean]
    probabilities = [float(v) for v in test.kept[row]]
    alt = ", ".join(f"strength {level} {percent(value)}" for level, value in zip(LEVELS, probabilities, strict=True))
    figure = curves([Curve(name, probabilities, _NAN, _NAN)], LEVELS, title=f"probability of {name}")
    figure.update_layout(height=230)
    plot.show(figure, key=f"{key} curve", name=f"curve-{kind}", alt=f"Probability of {name}: {alt}")


def _grid(test: FaceTest, key: str) -> None:
    names = one_face.titles()
    probabilities, predicted = test.kept, test.predicted
    texts, hover = [], []
    for k, kind in enumerate(test.kinds):
        cells, notes = [], []
        for level in LEVELS:
            answer = test.classes[int(predicted[k, level])]
            changed = int(predicted[k, level]) != test.clean
            cells.append(answer if changed else percent(float(probabilities[k, level]), 0))
            notes.append(
                f"{names[kind]}, strength {level}: {answer} {percent(float(test.probabilities[k, level].max()))}"
            )
        texts.append(cells)
        hover.append(notes)
    figure = grid(
        [names[kind] for kind in test.kinds],
        ["clean", *(str(level) for level in LEVELS[1:])],
        probabilities,
        texts,
        title=f"probability of {test.classes[test.clean]}, %",
        hover=hover,
    )
    plot.show(figure, key=f"{key} grid", alt=one_face.sentence(test), tools="wide")
    st.caption(
        "A class name: the prediction changed to it. A percentage: the class stayed, with this probability "
        "(bright is high)."
    )
