"""The live stream with a timeline of the last minute, or a single picture."""

from __future__ import annotations

from typing import cast

import streamlit as st

from fer_models.classifier import Classifier
from fer_models.faces.image import decode_image
from fer_models.video.live import Layer, LiveReader
from workbench import state
from workbench.app.pictures import png
from workbench.app.wording import percent
from workbench.face.figures import people_over_time, shares_sentence
from workbench.features.webcam.model import camera as camera_model
from workbench.widgets import downloads, plot
from workbench.widgets.timeline_figure import Series, timeline

_REFUSED = (
    "No image after Start? The browser asks once whether this page may use the camera; if it was refused, allow it "
    "with the camera icon in the address bar and press Start again, or take a single photo instead."
)
_ENDED = (
    "The camera is off. If you did not stop it, no image came through for some seconds, as happens "
    "while the computer is very busy: press Start again."
)
LIVE_CAMERA = state.Kept("webcam.live camera")


def stream(classifier: Classifier, layer: Layer) -> None:
    """Draw the live camera, and beside it the timeline of the last minute."""
    problem = camera_model.missing()
    if problem:
        st.warning(problem, icon=":material/videocam_off:")
        return
    # Imported late: it takes a second, and only this page needs it.
    from streamlit_webrtc import Translations, WebRtcMode, webrtc_streamer

    camera_model.tolerate_slow_answers()
    camera = LIVE_CAMERA.get()
    if not isinstance(camera, camera_model.Camera):
        camera = camera_model.Camera(classifier, layer)
        LIVE_CAMERA.set(camera)
    camera_model.optimise_once(classifier)
    camera.reader.set(classifier, layer)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        context = webrtc_streamer(
            key="webcam stream",
            mode=WebRtcMode.SENDRECV,
            rtc_configuration=camera_model.RTC,
            media_stream_constraints=camera_model.CAMERA,
            queued_video_frames_callback=camera.latest,
            async_processing=True,
            video_html_attrs={"autoPlay": True, "controls": False, "muted": True, "style": {"width": "100%"}},
            media_toggle_controls=False,
            translations=cast(Translations, camera_model.WORDS),
        )
    playing = bool(context.state.playing)
    with right:
        if not playing:
            if camera.seen and not context.state.signalling:
                st.info(_ENDED, icon=":material/videocam_off:")
            st.markdown("**Press Start and allow the camera.**")
            st.caption(_REFUSED)

        @st.fragment(run_every=1.0 if playing else None)
        def numbers() -> None:
            if playing and camera.problem:
                st.warning(camera.problem, icon=":material/hourglass_empty:")
            _numbers(camera.reader, playing)

        numbers()


def still(classifier: Classifier, layer: Layer) -> None:
    """Draw the camera for a single picture, and its faces with their predictions."""
    left, right = st.columns(2, gap="medium")
    with left:
        shot = st.camera_input(
            "Take a photo",
            help="It stays in the memory of this computer and is never written to disk.",
            key="webcam still",
        )
    with right:
        if shot is None:
            st.caption(
                "If the browser shows no image of the camera, it was refused or there is none: allow it in the "
                "address bar, or upload an image on the Explain page."
            )
            return
        drawn, faces = camera_model.still(classifier, decode_image(shot.getvalue(), name="the camera's image"), layer)
        st.image(drawn, alt="The image with a box, class and probability on each face")
        downloads.button("Image, PNG", lambda: png(drawn), f"photo-{layer}.png", key="webcam photo")
        if not faces:
            st.warning(
                "No face was found; look at the camera, with light from the front.",
                icon=":material/face_retouching_off:",
            )


def _numbers(reader: LiveReader, playing: bool) -> None:
    history = camera_model.thinned(reader.history())
    if playing:
        st.caption(f"{reader.rate():.0f} frames a second · {reader.milliseconds():.0f} ms a frame for reading")
    if not len(history.seconds):
        if playing:
            st.info("No face yet; look at the camera, with light from the front.", icon=":material/face:")
        return
    now = history.smoothed[-1]
    best = int(now.argmax())
    name = history.classes[best]
    if history.seconds[-1] > -2:
        st.markdown(f"**The class is “{name}”**, {percent(float(now[best]), 0)}")
    else:
        st.markdown("**No face found**")
    lead = history.smoothed.argmax(1)[:, None]
    raw = history.raw[range(len(lead)), lead[:, 0]]
    low, high = raw.clip(max=history.smoothed.max(1)), raw.clip(min=history.smoothed.max(1))
    figure = timeline(
        Series(history.seconds, history.smoothed, low, high, history.classes), clickable=False, height=330
    )
    figure.update_xaxes(range=[-60, 0])
    plot.show(figure, key="webcam timeline", alt=f"Probabilities of the last minute; now {name}")
    _people(reader)


def _people(reader: LiveReader) -> None:
    """The shares of the classes among the people in view, and over the last minute; nothing for a single person."""
    seconds, counts = reader.people()
    if not len(seconds) or counts.sum(1).max() < 2:
        return
    classes = reader.classes
    if seconds[-1] > -2:
        st.markdown(f"**{counts[-1].sum()} people in view**: {shares_sentence(counts[-1], classes)}")
    figure = people_over_time(seconds, counts, classes)
    figure.update_xaxes(range=[-60, 0])
    words = shares_sentence(counts.sum(0), classes)
    plot.show(figure, key="webcam people", alt=f"People by class in the last minute: {words}")
    st.caption(f"Over the last minute, weighted by how long each person was seen: {words}.")
