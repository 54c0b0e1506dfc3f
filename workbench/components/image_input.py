"""Where the picture comes from: an upload that stays in memory, a drawn face, or a row of a data set."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_models.faces.image import decode_image
from workbench import cache, state
from workbench.services import samples
from workbench.services.pictures import as_rgb

_ROW = "row"


@dataclass(frozen=True)
class Picture:
    """A picture to look at.

    Args:
        title: what it is, for its caption.
        pixels: uint8 RGB (H, W, 3).
        digest: identity of the pixels.
        is_face: cut to the face already, as the rows of data sets are.
    """

    title: str
    pixels: np.ndarray
    digest: str
    is_face: bool = False


def show(data: str | None, *, key: str) -> Picture:
    """Draw the controls and return the picture; the last thing done by hand, upload or choice of a sample, counts.

    Args:
        data: name of the data set whose rows can be looked at.

    Raises:
        UserError: If an upload cannot be read as a picture.
    """
    uploader = f"{key} upload"
    file = st.file_uploader(
        f"Upload a picture, up to {st.get_option('server.maxUploadSize')} MB",
        key=uploader,
        on_change=_uploaded,
        args=(uploader,),
        help="PNG, JPEG, GIF, BMP, TIFF or WebP. It stays in the memory of this computer and is written nowhere.",
    )
    titles = samples.titles() | ({_ROW: "A row of the data set"} if data is not None else {})
    sample = st.selectbox(
        "Or a sample",
        list(titles),
        format_func=titles.__getitem__,
        **state.bound("sample", list(titles), then=lambda: state.remember("upload in use", False)),
    )
    if state.recall("upload in use", False):
        if file is not None and state.recall("upload id") != file.file_id:
            # Once per upload, not at every move of a slider; and it outlives a visit to another page.
            state.remember("upload", None)
            state.remember("upload", _picture(file.name, decode_image(file.getvalue(), name=file.name)))
            state.remember("upload id", file.file_id)
        uploaded = state.recall("upload")
        if isinstance(uploaded, Picture):
            return uploaded
    if sample == _ROW and data is not None:
        return _row(data)
    return _picture(titles[sample], samples.picture(sample))


def _uploaded(key: str) -> None:
    state.remember("upload in use", state.value_of(key) is not None)
    state.remember("upload id", None)


def _row(data: str) -> Picture:
    dataset = cache.dataset(data)
    last = len(dataset) - 1
    asked = state.get("row", "0") or "0"
    first = min(int(asked), last) if asked.isdecimal() else 0
    row = int(st.number_input(f"Row, 0 to {last:,}", 0, last, first, 1, key="row"))
    state.put("row", str(row))
    facts = dataset.facts(row)
    title = f"{dataset.name}, row {facts['row']}, {facts['split']}"
    title += f", labelled {facts['class']}" if facts["class"] else ""
    return _picture(title, as_rgb(np.asarray(dataset.images[row])), is_face=True)


def _picture(title: str, pixels: np.ndarray, is_face: bool = False) -> Picture:
    digest = hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
    return Picture(title, pixels, digest, is_face)
