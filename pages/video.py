"""Video: the expression of each person over time, read frame by frame."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.video.reading import ReadingOptions, VideoReading, smooth_again
from fer_models.video.timeline import SMOOTHINGS
from workbench import cache
from workbench.features.video import moment, sequence, source, summary
from workbench.features.video.model import reading as reading_model
from workbench.features.video.model.reading import Clip
from workbench.widgets import heading, selection_bar
from workbench.widgets import job as job_view
from workbench.widgets.errors import guard
from workbench.widgets.files import file_names


def _read(checkpoint: Checkpoint) -> None:
    classifier = cache.classifier(checkpoint)
    left, right = st.columns([3, 2], gap="medium")
    with right:
        clip = source.show()
        file_names.about(image=clip.name.rpartition(".")[0] or clip.name)
        options = source.options(clip)
        st.caption(source.facts(clip))
    reading = _reading(clip, classifier, options)
    with left:
        person = None if reading is None else moment.choose(reading)
        source.player(clip, 0.0 if person is None else moment.now(clip, person))
    if reading is None or person is None:
        return
    at = moment.show_timeline(clip, reading, person)
    with guard("the moment"):
        moment.show_moment(clip, classifier, reading, person, at)
    with guard("the sequence network"):
        sequence.show(classifier, reading, person)
    st.header("The whole video", anchor=False)
    summary.group(reading)
    summary.people(reading)
    st.caption(
        f"{reading.frames_read:,} frames read in {reading.work:.1f} s, "
        f"{1000 * reading.work / max(1, reading.frames_read):.0f} ms a frame"
    )
    with st.expander(f"Stretches of person {person.number}", icon=":material/list:"):
        summary.events(person)
    summary.downloads(clip, classifier, reading)


def _reading(clip: Clip, classifier: Classifier, options: ReadingOptions) -> VideoReading | None:
    """What the network read; ``None`` until it is done, or where nobody was found."""
    job = reading_model.find(clip, classifier, options)
    job_view.follow(None if job is None else job.key, key="reading")
    if job is None:
        count = reading_model.readings(clip.info, options)
        label = "Read the video" if count is None else f"Read {count:,} frames"
        if not reading_model.is_short(clip, options) and not st.button(
            label, key="read video", type="primary", icon=":material/play_arrow:"
        ):
            return None
        job = reading_model.start(clip, classifier, options)
        job_view.follow(job.key, key="reading")
    if not job_view.finished(job, key="reading"):
        return None
    result: VideoReading = job.result
    for note in result.notes:
        st.info(note, icon=":material/info:")
    if not result.persons:
        return None
    return smooth_again(result, options.smoothing, options.width)


heading.show("video")
chosen = selection_bar.show(checkpoint=True)
if chosen is None or chosen.checkpoint is None:
    st.stop()
with guard("the video"):
    _read(chosen.checkpoint)
heading.show_reading(
    "Each frame is read on its own, so a blink or a turned head makes the curves flicker; smoothing over time removes "
    "that, and the download keeps the raw readings. The grey band spans the lowest and highest raw probability of the "
    "leading class within the smoothing window: where it is wide, the network wavers. The time of a change is known "
    "to about half that window. People are told apart by position and appearance from frame to frame: someone who "
    "leaves and comes back counts as another person.",
    "; ".join(f"{name}: {words}" for name, words in SMOOTHINGS.items()),
)
