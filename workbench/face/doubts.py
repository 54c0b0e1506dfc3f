"""What speaks against reading a face: a caption beside its class."""

from __future__ import annotations

import streamlit as st

from fer_models.crop import Crop
from fer_models.faces.face import Face
from fer_models.image_quality import ONE_IN, quality_of
from workbench.face.model.picture import Picture


def show(picture: Picture, face: Face, crop: Crop) -> None:
    """Draw the doubts; nothing where there are none."""
    doubts = quality_of(picture.pixels, face, crop).doubts
    if doubts:
        st.caption(
            f":material/warning: Hard to read: {', '.join(doubts)}.",
            help=f"Measured on the crop; one training image of FER2013 in {ONE_IN} lies beyond each limit.",
        )
