"""The face that is looked at: found, framed, and chosen among several."""

from __future__ import annotations

from typing import Literal

import numpy as np
import streamlit as st

from fer_models.crop import Crop
from fer_models.faces.face import Face
from fer_models.faces.whole import whole_face
from fer_models.preprocess import Preprocess
from workbench import state
from workbench.app import pictures
from workbench.face import cached, detector_button
from workbench.face.image_input import Picture

_TALLEST = 320
WHOLE = state.Kept("face.whole", False)
FACE = state.Choice("face.face", address=False)


def show(picture: Picture, preprocess: Preprocess, *, key: str) -> Crop | None:
    """As :func:`choose`; the chosen face as the network gets it."""
    chosen = choose(picture, preprocess, key=key)
    return None if chosen is None else chosen[1]


def choose(picture: Picture, preprocess: Preprocess, *, key: str) -> tuple[Face, Crop] | None:
    """Draw the picture with its faces framed and return the chosen face, and what the network gets of it.

    ``None`` when no face was found and the whole picture was not asked for; the offer stands on the page then.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    faces = [] if picture.is_face else cached.faces(picture.digest, picture.pixels)
    whole = WHOLE.of(picture.digest).get()
    if picture.is_face or (whole and not faces):
        faces = [whole_face(picture.pixels)]
    place = st.container()
    chosen = 0
    if len(faces) > 1:
        numbers = list(range(1, len(faces) + 1))
        chosen = st.segmented_control("Face", numbers, **FACE.of(picture.digest[:16]).widget(numbers))
        chosen = (chosen or 1) - 1
    crops = [cached.crop(picture.digest, picture.pixels, face, preprocess) for face in faces]
    framed = [] if picture.is_face else [crop.corners for crop in crops]
    with place:
        shown = pictures.with_frames(picture.pixels, framed, chosen)
        if picture.is_face:
            shown = pictures.enlarged(picture.pixels, 240)
        found = _found(len(faces), picture.is_face, whole)
        st.image(
            shown,
            f"{picture.title}. {found}",
            width=_width(shown, picture.is_face),
            alt=f"{picture.title}, {found}",
        )
    if not picture.is_face:
        detector_button.offer(key=key)
    if faces:
        return faces[chosen], crops[chosen]
    st.warning(
        "No face was found in this picture. Choose another one, with an upright face that looks to the camera, or take "
        "the whole picture if it is cut to the face already.",
        icon=":material/face_retouching_off:",
    )
    if st.button("Use the whole picture", key=f"{key} whole"):
        WHOLE.of(picture.digest).set(True)
        st.rerun()
    return None


def _width(shown: np.ndarray, is_face: bool) -> int | Literal["stretch"]:
    """The column's width, less for upright pictures, so that what stands under them stays in sight."""
    height, width = shown.shape[:2]
    if is_face:
        return width
    return "stretch" if height <= 1.1 * width else max(1, round(_TALLEST * width / height))


def _found(count: int, is_face: bool, whole: bool) -> str:
    if is_face:
        return "Cut to the face already."
    if whole and count == 1:
        return "The whole picture is taken."
    if count == 0:
        return "No face found."
    return "One face found." if count == 1 else f"{count} faces found, the largest is 1."
