"""Step: layer by layer, the face gets smaller and the descriptions longer."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.explain.feature_maps import FeatureMaps
from workbench import cache, state
from workbench.features.learn.model import layers
from workbench.features.learn.step import Answer, Scene, Step
from workbench.heatmap.model import drawing
from workbench.widgets import picture_grid
from workbench.widgets.picture_grid import Cell, Row

LAYER = state.Number("learn.layer", 1)
_STRIP, _SIDE, _SHOWN = 88, 120, 8


def show(scene: Scene) -> Answer:
    """Draw a strip from the input to the last layer, and the strongest maps of the chosen one."""
    maps = cache.of_face(layers.maps, scene.checkpoint, scene.pixels)
    with scene.controls:
        number = int(st.slider("Layer", step=1, **LAYER.widget(low=1, high=len(maps)))) if len(maps) > 1 else 1
    chosen = maps[number - 1]
    count, height, width = chosen.values.shape[1:]
    pixels = scene.pixels
    strip = [Cell(drawing.face(pixels, _STRIP), f"input, {len(pixels)} x {len(pixels)}", "What goes in")]
    for index, each in enumerate(maps):
        words = _size(each)
        picture = _drawn(each, int(each.strongest(1)[0]))
        strip.append(Cell(picture, words, f"Strongest feature map, {words}", index == number - 1))
    st.markdown("**From the face to the answer**, one feature map of each size")
    picture_grid.show([Row("", "", strip)], side=round(_STRIP * scene.scale), label="From the input to the last layer")
    st.markdown(f"**Layer {number}: {count} feature maps of {height} x {width}**, the {_SHOWN} with most contrast")
    channels = chosen.strongest(_SHOWN)
    cells = [Cell(_drawn(chosen, int(c)), "", f"Feature map {c + 1} of layer {number}") for c in channels]
    picture_grid.show(
        [Row("", "", cells[:4]), Row("", "", cells[4:])],
        side=round(_SIDE * scene.scale),
        label=f"Feature maps of layer {number}",
    )
    return Answer(
        _conclusion(scene, maps),
        tuple((cell.caption, cell.picture) for cell in strip if cell.picture is not None),
        ("Sizes on the way: " + ", ".join(_size(each) for each in maps) + ".",),
        "explain",
        "Heatmaps of every layer on Explain",
        {**scene.address, "tab": "look"},
    )


def _size(maps: FeatureMaps) -> str:
    return "{} of {} x {}".format(*maps.values.shape[1:])


def _drawn(maps: FeatureMaps, channel: int) -> np.ndarray:
    """One feature map in grey, from its smallest value (black) to its largest (white), each cell a square."""
    grey = np.rint(255 * drawing.spread(maps.values[0, channel])).astype(np.uint8)
    return np.repeat(drawing.fitted_map(grey, _SIDE)[:, :, None], 3, axis=2)


def _conclusion(scene: Scene, maps: list[FeatureMaps]) -> str:
    side = len(scene.pixels)
    first, last = maps[0].values.shape, maps[-1].values.shape
    return (
        "A **layer** slides small filters over the image. Each filter gives a **feature map**: bright where it "
        f"finds what it looks for.\n\nOn the way from {side} x {side} to {last[2]} x {last[3]} the maps get smaller "
        f"and more numerous: {first[1]} at first, {last[1]} in the end. Early maps show edges, and you can still "
        "see the face. Late ones say that something is there, but hardly where.\n\nThat is why heatmaps are "
        f"coarse: one taken from the last layer has {last[2]} x {last[3]} cells, and a cell covers a large part of "
        "the face."
    )


STEP = Step(
    key="layers",
    lesson="How does it see?",
    title="Layer by layer",
    question="Where in the network does the face disappear?",
    task="Move the slider from the first layer to the last. When do you stop seeing a face?",
    show=show,
)
