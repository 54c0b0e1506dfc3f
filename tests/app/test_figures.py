"""Figures say what they are given, with fixed colours and units."""

from __future__ import annotations

import numpy as np

from fer_models import labels
from workbench.app.pictures import png
from workbench.face.figures import probability_bars
from workbench.features.train.figures import learning_curve
from workbench.heatmap.figures import heatmap_overlay


def test_bars_keep_the_order_and_colours_of_the_emotions() -> None:
    ranked = [("sad", 0.7), ("happy", 0.2), ("fear", 0.1)]
    (bars,) = probability_bars(ranked).data
    assert list(bars.y) == ["sad", "happy", "fear"]
    assert list(bars.x) == [70, 20, 10]
    assert list(bars.marker.color) == [labels.colour(name) for name in bars.y]
    assert list(bars.text) == ["70.0", "20.0", "10.0"]


def test_curves_have_their_full_length_from_the_start() -> None:
    row = {"epoch": 1, "train_loss": 2.0, "val_loss": 1.9, "train_accuracy": 0.2, "val_accuracy": 0.25}
    figure = learning_curve([row], "accuracy", epochs=40, best_epoch=1)
    assert figure.layout.xaxis.range[1] > 40 and figure.layout.uirevision
    training, validation = figure.data
    assert list(validation.y) == [25.0] and validation.line.dash == "solid"
    assert list(training.y) == [20.0] and training.line.dash == "dot"
    assert figure.layout.yaxis.title.text == "accuracy, %" and figure.layout.shapes[0].x0 == 1
    loss = learning_curve([row], "loss", epochs=40)
    assert list(loss.data[1].y) == [1.9] and not loss.layout.shapes


def test_a_heatmap_keeps_its_fixed_scale() -> None:
    face = png(np.zeros((4, 4, 1), np.uint8))
    heat = np.zeros((4, 4), np.float32)
    heat[1, 2] = 0.5
    trace = heatmap_overlay(face, heat, opacity=0.4).data[1]
    assert (trace.zmin, trace.zmax, trace.opacity) == (0, 1, 0.4)
    assert trace.z[1][2] == 0.5
    reserved = {f"#{number:06x}" for number in range(1, 0x36)}  # Streamlit's theme would repaint these
    assert not reserved & {str(colour).lower() for _, colour in trace.colorscale}
    signed = heatmap_overlay(face, heat, opacity=0.4, signed=True).data[1]
    assert (signed.zmin, signed.zmax) == (-1, 1) and signed.colorscale != trace.colorscale
    assert len(heatmap_overlay(face, None, opacity=0.4).data) == 1
