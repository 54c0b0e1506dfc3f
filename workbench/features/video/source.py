"""The video: an upload, kept in memory, or a drawn one; and the reading options."""

from __future__ import annotations

import streamlit as st

from fer_models.video.reading import ReadingOptions
from fer_models.video.timeline import SMOOTHINGS
from workbench import state
from workbench.app.uploads import KEPT
from workbench.app.wording import duration
from workbench.face import detector_button, kept
from workbench.features.video.model import reading
from workbench.features.video.model.reading import Clip

#: In megabytes: ten minutes at 1280 x 720 are 50 to 150.
LARGEST = 200
EVERY = state.Choice("video.every", address=False)
SMOOTHING = state.Choice("video.smoothing", SMOOTHINGS)
SMOOTHING_WIDTH = state.Number("video.smoothing width", 0.4, 0.1, 3.0)
CLIP = state.Kept("video.clip")
UPLOAD = state.Kept("video.upload")
_STEPS = (1, 2, 3, 5, 10, 15, 30)


def show() -> Clip:
    """Draw the upload and return it, or the sample if nothing was uploaded.

    Raises:
        UserError: If the upload cannot be read.
    """
    note = st.container()
    file = st.file_uploader(
        "Upload a video",
        key="video upload",
        on_change=_changed,
        max_upload_size=LARGEST,
        help="mp4, webm, mov, avi, mkv, ts, wmv, gif, or a ZIP of numbered images. It stays in the memory of this "
        f"computer for {KEPT // 60} minutes and is never written to disk.",
    )
    if file is not None and UPLOAD.get() != file.file_id:
        CLIP.set(None)
        UPLOAD.set(file.file_id)
        # Kept here, because the widget loses its file on a visit to another page.
        clip = reading.clip(file.getvalue(), file.name)
        CLIP.set(clip)
        kept.keep("video", clip, len(clip.data))
    with note:
        kept.say_if_lost()
    clip = CLIP.get()
    if isinstance(clip, Clip):
        if file is None:
            st.button("Remove the video", key="video remove", on_click=_remove, icon=":material/close:")
        return clip
    if file is not None:
        # Decoding failed before; raise the same error again.
        return reading.clip(file.getvalue(), file.name)
    return reading.sample()


def options(clip: Clip) -> ReadingOptions:
    """Draw the reading options and return them."""
    default = reading.usual_step(clip.info)
    steps = sorted({*_STEPS, default})
    with st.popover("Reading options", icon=":material/tune:"):
        every = st.selectbox(
            "Read every … frame",
            steps,
            format_func=_every,
            help="Ten readings per second are enough for most expressions.",
            **EVERY.of(clip.digest[:8]).widget(steps, default),
        )
        smoothing = st.selectbox(
            "Smoothing in time",
            list(SMOOTHINGS),
            format_func=str.capitalize,
            help="; ".join(f"{name}: {words}" for name, words in SMOOTHINGS.items()) + ".",
            **SMOOTHING.widget(),
        )
        width = st.slider("Smoothing width, s", step=0.1, **SMOOTHING_WIDTH.widget())
        detector_button.show(key="video")
    smallest, score = detector_button.limits(key="video")
    return ReadingOptions(
        every=int(every or default), smoothing=smoothing or "window", width=float(width), smallest=smallest, score=score
    )


def _every(step: int) -> str:
    """``every frame``, ``every 2nd frame``, ``every 10th frame``."""
    if step == 1:
        return "every frame"
    last = 0 if 10 < step % 100 < 14 else step % 10
    return f"every {step}{({1: 'st', 2: 'nd', 3: 'rd'}).get(last, 'th')} frame"


def player(clip: Clip, at: float = 0.0) -> None:
    """Draw the video with the browser's controls, from so many seconds on.

    Args:
        clip: The video.
        at: Seconds where it begins.
    """
    if clip.playable:
        st.video(clip.data, format=clip.playable, start_time=int(at), alt=f"The video {clip.name}")
    else:
        st.info("Browsers cannot play this format; its frames are shown below.", icon=":material/info:")


def facts(clip: Clip) -> str:
    """Name, duration, size, frame rate and format of the video in one line."""
    info = clip.info
    length = "" if info.seconds is None else f"{duration(info.seconds)} · "
    return f"{clip.name} · {length}{info.width} x {info.height} · {info.fps:.3g} frames a second · {info.kind}"


def _changed() -> None:
    if state.value_of("video upload") is None:
        _remove()


def _remove() -> None:
    """Drop the upload, here and in the memory of the server; show the sample."""
    CLIP.set(None)
    UPLOAD.set(None)
    kept.forget("video")


@kept.restores("video")
def _put_back(clip: Clip) -> None:
    CLIP.set(clip)
