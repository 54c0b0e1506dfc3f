"""The picture of a group: an upload, kept in memory, a drawn group, or one of Darwin's plates."""

from __future__ import annotations

import hashlib

import numpy as np
import streamlit as st

from fer_models.faces.image import decode_image
from workbench import state
from workbench.face import kept, plates_button
from workbench.face.model import samples
from workbench.face.model.picture import Picture
from workbench.features.group.model import group
from workbench.widgets.errors import guard

PICTURE = state.Kept("group.picture")
_DRAWN = "drawn"
EXAMPLE = state.Choice("group.example", default=_DRAWN)


def show(*, key: str) -> Picture:
    """Draw the upload and return the picture; an upload survives a visit to another page."""
    note = st.container()
    file = st.file_uploader(
        "Upload an image with several faces",
        key=f"{key} upload",
        on_change=_changed,
        help="PNG, JPEG, GIF, BMP, TIFF or WebP. It stays in the memory of this computer and is never written to disk.",
    )
    uploaded: Picture | None = PICTURE.get()
    if file is not None and uploaded is None:
        with guard("the upload"):
            pixels = decode_image(file.getvalue(), name=file.name)
            uploaded = Picture(file.name, pixels, _digest(pixels))
            PICTURE.set(uploaded)
            kept.keep("group", uploaded, pixels.nbytes)
    with note:
        kept.say_if_lost()
    if uploaded is None:
        return _example(key)
    if file is None and st.button("Back to the examples", key=f"{key} drawn"):
        _changed()
        st.rerun()
    return uploaded


@kept.restores("group")
def _put_back(picture: Picture) -> None:
    PICTURE.set(picture)


def _changed() -> None:
    PICTURE.set(None)
    kept.forget("group")


def _example(key: str) -> Picture:
    titles = {_DRAWN: "A drawn group of eight"} | samples.plates()
    example = str(
        st.selectbox("Or an example", list(titles), format_func=titles.__getitem__, **EXAMPLE.widget(list(titles)))
    )
    plates_button.show(key=key)
    pixels = group.drawn() if example == _DRAWN else samples.picture(example)
    return Picture(titles[example], pixels, _digest(pixels))


def _digest(pixels: np.ndarray) -> str:
    return hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
