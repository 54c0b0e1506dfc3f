"""The picture of a group: an upload, kept in memory, or a drawn group."""

from __future__ import annotations

import hashlib

import numpy as np
import streamlit as st

from fer_models.faces.image import decode_image
from workbench import state
from workbench.face.image_input import Picture
from workbench.features.group.model import group
from workbench.widgets.errors import guard

PICTURE = state.Kept("group.picture")


def show(*, key: str) -> Picture:
    """Draw the upload and return the picture; an upload survives a visit to another page."""
    file = st.file_uploader(
        f"Upload a picture with several faces, up to {st.get_option('server.maxUploadSize')} MB",
        key=f"{key} upload",
        on_change=lambda: PICTURE.set(None),
        help="PNG, JPEG, GIF, BMP, TIFF or WebP. It stays in the memory of this computer and is written nowhere.",
    )
    uploaded: Picture | None = PICTURE.get()
    if file is not None and uploaded is None:
        with guard("the upload"):
            pixels = decode_image(file.getvalue(), name=file.name)
            uploaded = Picture(file.name, pixels, _digest(pixels))
            PICTURE.set(uploaded)
    if uploaded is None:
        drawn = group.drawn()
        return Picture("A drawn group of eight", drawn, _digest(drawn))
    if file is None and st.button("Back to the drawn group", key=f"{key} drawn"):
        PICTURE.set(None)
        st.rerun()
    return uploaded


def _digest(pixels: np.ndarray) -> str:
    return hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
