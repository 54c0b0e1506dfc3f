"""Find the faces of a picture, draw their frames and choose one."""

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
from workbench.face.model.picture import Picture
from workbench.widgets.files import file_names

#: Pixels; an upright picture is then less wide than the narrowest column, that of Home.
_TALLEST = 255
WHOLE = state.Kept("face.whole", default=False)
FACE = state.Choice("face.face", address=False)


def show(picture: Picture, preprocess: Preprocess, *, key: str) -> Crop | None:
    """As :func:`choose`, but return only the crop."""
    selection = choose(picture, preprocess, key=key)
    return None if selection is None else selection[1]


def choose(picture: Picture, preprocess: Preprocess, *, key: str) -> tuple[Face, Crop] | None:
    """Draw the picture with its faces framed; return the chosen face and its crop.

    ``None`` if no face was found; the page then offers to use the whole picture.

    Raises:
        UserError: If the picture is too small to hold a face.
    """
    file_names.about(image=picture.file_part)
    faces = [] if picture.is_face else cached.faces(picture.digest, picture.pixels)
    use_whole = WHOLE.of(picture.digest).get()
    if picture.is_face or (use_whole and not faces):
        faces = [whole_face(picture.pixels)]
    image_area = st.container()
    index = 0
    if len(faces) > 1:
        numbers = list(range(1, len(faces) + 1))
        index = st.segmented_control("Face", numbers, **FACE.of(picture.digest[:16]).widget(numbers))
        index = (index or 1) - 1
    crops = [cached.crop(picture.digest, picture.pixels, face, preprocess) for face in faces]
    framed = [] if picture.is_face else [crop.corners for crop in crops]
    with image_area:
        drawn = pictures.with_frames(picture.pixels, framed, index)
        if picture.is_face:
            drawn = pictures.enlarged(picture.pixels, 240)
        count_text = _count_text(len(faces), picture.is_face, use_whole)
        st.image(
            drawn,
            f"{picture.title}. {count_text}",
            width=_width(drawn, picture.is_face),
            alt=f"{picture.title}, {count_text}",
        )
    if faces:
        if not picture.is_face:
            detector_button.offer(key=key)
        return faces[index], crops[index]
    st.warning(
        "No face was found in this image, nor in the image turned. Choose another one, or take the whole image if it "
        "is cut to the face already.",
        icon=":material/face_retouching_off:",
    )
    detector_button.show(key=key)
    if st.button("Use the whole image", key=f"{key} whole"):
        WHOLE.of(picture.digest).set(True)
        st.rerun()
    return None


def _width(shown: np.ndarray, is_face: bool) -> int | Literal["stretch"]:
    """The column's width, less for upright pictures, so that the controls below stay visible."""
    height, width = shown.shape[:2]
    if is_face:
        return width
    return "stretch" if height <= 1.1 * width else max(1, round(_TALLEST * width / height))


def _count_text(count: int, is_face: bool, whole: bool) -> str:
    if is_face:
        return "Cut to the face already."
    if whole and count == 1:
        return "The whole image is taken."
    if count == 0:
        return "No face found."
    return "One face found." if count == 1 else f"{count} faces found, the largest is 1."
