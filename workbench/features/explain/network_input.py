"""What a network with a HOG channel reads: the grey crop and its HOG, side by side."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.architectures.hog import hog_picture
from workbench.app import pictures
from workbench.features.explain.subject import Subject
from workbench.widgets import picture_grid
from workbench.widgets.picture_grid import Cell, Row

_SIDE = 192


def show(subject: Subject) -> None:
    """Draw both channels; nothing for networks that read the image alone."""
    options = subject.classifier.model.options
    if not hasattr(subject.classifier.model, "hog") or options.input == "gray":
        return
    st.subheader("What it reads", anchor=False)
    hog = hog_picture(subject.pixels, options.orientation)
    cells = [
        Cell(pictures.as_rgb(subject.pixels), "grey", "The grey crop"),
        Cell(np.repeat(hog[..., None], 3, 2), "HOG", "Its histogram of oriented gradients, as strokes along its edges"),
    ]
    picture_grid.show([Row("", "", cells if options.input == "gray+hog" else cells[1:])], side=_SIDE, label="Input")
