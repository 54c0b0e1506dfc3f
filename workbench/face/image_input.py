"""Where pictures come from: uploads (kept in memory), the camera, a sample, or a row of a data set."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.errors import UserError
from fer_models.faces.image import decode_image, resize
from workbench import cache, shared, state
from workbench.app.pictures import as_rgb, square
from workbench.app.uploads import KEPT
from workbench.face import kept, plates_button
from workbench.face.model import samples
from workbench.face.model.picture import Picture
from workbench.widgets import gallery
from workbench.widgets.errors import guard
from workbench.widgets.gallery import Layout, Words

_ROW = "row"
#: Most uploads at once.
_MOST = 24
_THUMBNAIL = 56
#: Most samples shown as faces to click, and their side.
_TILES, _TILE = 8, 68
_KINDS = (
    f"PNG, JPEG, GIF, BMP, TIFF or WebP. They stay in the memory of this computer for {KEPT // 60} minutes and are "
    "never written to disk."
)
PICTURE = state.Choice("face.picture", address=False)
SAMPLE = state.Choice("face.sample")
PICTURE_FROM = state.Kept("face.source", "sample")
PICTURES = state.Kept("face.pictures", ())
PICTURES_OF = state.Kept("face.uploads")
PROBLEMS = state.Kept("face.problems", ())


def show(data: str | None, *, key: str) -> Picture:
    """Draw the controls and return the picture from the source used last: upload, camera or sample.

    If several pictures are uploaded, a strip of thumbnails lets the user choose.

    Args:
        data: name of the data set whose rows are offered.

    Raises:
        UserError: If an upload cannot be read as a picture.
    """
    note, strip = st.container(), st.container()
    uploader, camera = f"{key} upload", f"{key} camera"
    files = st.file_uploader(
        "Upload images",
        key=uploader,
        accept_multiple_files=True,
        on_change=_used,
        args=(uploader, "upload"),
        help=_KINDS,
    )
    titles = samples.titles() | ({_ROW: "A row of the data set"} if data is not None else {})
    sample = st.selectbox(
        "Or a sample",
        list(titles),
        format_func=titles.__getitem__,
        **SAMPLE.widget(list(titles), then=_use_sample),
    )
    plates_button.show(key=key)
    photograph = None
    if st.toggle("Or the camera", key=f"{key} camera on", help="A single photo, which stays in memory too."):
        photograph = st.camera_input("Take a photo", key=camera, on_change=_used, args=(camera, "camera"))
    pictures = _own(files, photograph)
    with note:
        kept.say_if_lost()
    if pictures:
        with strip:
            if not files and photograph is None:
                st.button("Remove the uploads", key=f"{key} remove", on_click=_remove, icon=":material/close:")
            return _select(pictures, key)
    if sample == _ROW and data is not None:
        return _row(data)
    return of_sample(str(sample))


def show_tiles(*, key: str) -> Picture:
    """Draw the samples as faces to click beside a box for photographs; return the picture as :func:`show` does.

    Args:
        key: Prefix of the widgets' keys.

    Raises:
        UserError: If an upload cannot be read as a picture.
    """
    titles = dict(itertools.islice(samples.titles().items(), _TILES))
    uploader, camera = f"{key} upload", f"{key} camera"
    faces, drop = st.columns([7, 3], gap="medium", vertical_alignment="top")
    with drop:
        files = st.file_uploader(
            "Drop a photograph",
            key=uploader,
            accept_multiple_files=True,
            on_change=_used,
            args=(uploader, "upload"),
            help=_KINDS,
        )
    with faces:
        tiles = st.container()
        with st.popover("Take a photo", icon=":material/photo_camera:"):
            photograph = st.camera_input(
                "It stays in the memory of this computer.", key=camera, on_change=_used, args=(camera, "camera")
            )
    pictures = _own(files, photograph)
    sample = str(SAMPLE.get(list(titles)))
    with tiles:
        clicked = gallery.show(
            [samples.picture(name) for name in titles],
            np.arange(len(titles)),
            key=f"{key} samples",
            words=Words(lambda i: list(titles)[i].removeprefix("drawn-"), lambda i: list(titles.values())[i]),
            selected=None if pictures else list(titles).index(sample),
            layout=Layout(side=_TILE, counted=False),
        )
        if clicked is not None:
            sample, pictures = list(titles)[clicked], []
            SAMPLE.set(sample)
            _use_sample()
        kept.say_if_lost()
        if pictures:
            return _select(pictures, key)
    return of_sample(str(sample))


def of_sample(key: str) -> Picture:
    """A sample as a picture.

    Args:
        key: One of :func:`workbench.face.model.samples.titles`.
    """
    return _picture(samples.titles()[key], samples.picture(key), sample=key if samples.drawn(key) else None)


def _own(files: Sequence[Any], photograph: Any) -> list[Picture]:
    """Uploads or the camera's picture, whichever was used last; empty while a sample is shown."""
    source = PICTURE_FROM.get()
    if source == "camera" and photograph is not None:
        _read("camera", [photograph])
    if source == "upload" and files:
        _read("upload", files)
    pictures: list[Picture] = [] if source == "sample" else PICTURES.of(source).get()
    return pictures


def data_of_image(data: str | None) -> str | None:
    """Name of the data set whose images are like the one that :func:`show` returns; ``None`` for photographs.

    Args:
        data: Name of the data set whose rows are offered.
    """
    if PICTURE_FROM.get() != "sample":
        return None
    sample = str(SAMPLE.get() or next(iter(samples.titles())))
    if sample == _ROW:
        return data
    return BUILT_IN if samples.drawn(sample) else None


def reads_rows() -> bool:
    """Whether the image shown is a row of a data set, so that the data set matters."""
    return PICTURE_FROM.get() == "sample" and SAMPLE.get() == _ROW


def all_pictures() -> tuple[list[Picture], bool]:
    """The uploads and whether there are any; the drawn samples while there are none."""
    pictures: list[Picture] = PICTURES.of("upload").get()
    if PICTURE_FROM.get() == "upload" and pictures:
        return list(pictures), True
    return [of_sample(key) for key in samples.titles() if samples.drawn(key)], False


def current() -> Picture:
    """The picture used last, here or on another page, without controls; the first sample until there is one."""
    pictures: list[Picture] = PICTURES.of(PICTURE_FROM.get()).get()
    if PICTURE_FROM.get() != "sample" and pictures:
        numbers = list(range(1, len(pictures) + 1))
        return pictures[(_number_of(pictures).get(numbers) or 1) - 1]
    titles = samples.titles()
    sample = SAMPLE.get(list(titles))
    return of_sample(str(sample))


def _used(key: str, source: str) -> None:
    """Use the new upload or photograph; if it was removed, use the sample."""
    if not state.value_of(key):
        _remove()
    else:
        PICTURE_FROM.set(source)
    PICTURES_OF.of(source).set(None)


def _use_sample() -> None:
    PICTURE_FROM.set("sample")
    kept.LOST.set(False)


def _remove() -> None:
    """Drop the uploads, here and in the memory of the server; show the sample."""
    for source in ("upload", "camera"):
        PICTURES.of(source).set(())
    kept.forget("pictures")
    _use_sample()


@kept.restores("pictures")
def _put_back(value: tuple[str, list[Picture]]) -> None:
    source, pictures = value
    PICTURE_FROM.set(source)
    PICTURES.of(source).set(pictures)


def _read(source: str, files: Sequence[Any]) -> None:
    """Decode files only when they change; the pictures survive a visit to another page."""
    identity = tuple(file.file_id for file in files)
    if PICTURES_OF.of(source).get() != identity:
        PICTURES.of(source).set([])
        PICTURES_OF.of(source).set(identity)
        PROBLEMS.of(source).set([])
        if len(files) > _MOST:
            PROBLEMS.of(source).set([f"These are {len(files)} images; choose up to {_MOST} at once."])
        else:
            _decode(source, files)
            pictures: list[Picture] = PICTURES.of(source).get()
            if pictures:
                kept.keep("pictures", (source, pictures), sum(picture.pixels.nbytes for picture in pictures))
    problems = PROBLEMS.of(source).get()
    if problems and not PICTURES.of(source).get():
        raise UserError(problems[0])
    for problem in problems:
        with guard():
            raise UserError(problem)


def _decode(source: str, files: Sequence[Any]) -> None:
    for file in files:
        name = "the camera's image" if source == "camera" else file.name
        try:
            PICTURES.of(source).get().append(_picture(name, decode_image(file.getvalue(), name=name)))
        except UserError as error:
            PROBLEMS.of(source).get().append(str(error))


def _select(pictures: list[Picture], key: str) -> Picture:
    if len(pictures) == 1:
        return pictures[0]
    number_of, numbers = _number_of(pictures), list(range(1, len(pictures) + 1))
    clicked = gallery.show(
        [_thumbnail(picture.pixels) for picture in pictures],
        np.arange(len(pictures)),
        key=f"{key} uploads",
        words=Words(lambda i: str(i + 1), lambda i: pictures[i].title),
        selected=(number_of.get(numbers) or 1) - 1,
        layout=Layout(side=_THUMBNAIL, counted=False),
    )
    if clicked is not None:
        number_of.set(clicked + 1)
    number = st.selectbox(
        "Image", numbers, format_func=lambda n: f"{n}: {pictures[n - 1].title}", **number_of.widget(numbers)
    )
    return pictures[(number or 1) - 1]


def _number_of(pictures: list[Picture]) -> state.Choice:
    """Which of these uploads is shown, counted from 1."""
    return PICTURE.of(hashlib.sha256("".join(p.digest for p in pictures).encode()).hexdigest()[:12])


def _thumbnail(pixels: np.ndarray) -> np.ndarray:
    return resize(square(pixels), 2 * _THUMBNAIL)


def _row(data: str) -> Picture:
    dataset = cache.dataset(data)
    last = len(dataset) - 1
    row_text = shared.ROW.get() or "0"
    first = min(int(row_text), last) if row_text.isdecimal() else 0
    row = int(st.number_input(f"Row, 0 to {last:,}", 0, last, first, 1, key="row"))
    shared.ROW.set(str(row))
    facts = dataset.facts(row)
    title = f"{dataset.name}, row {facts['row']}, {facts['split']}"
    title += f", labelled {facts['class']}" if facts["class"] else ""
    return _picture(title, as_rgb(np.asarray(dataset.images[row])), is_face=True)


def _picture(title: str, pixels: np.ndarray, is_face: bool = False, sample: str | None = None) -> Picture:
    digest = hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()
    return Picture(title, pixels, digest, is_face, sample)
