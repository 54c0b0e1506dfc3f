"""Summary of a video: a line per person, the stretches of one person, and downloads."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.classifier import Classifier
from fer_models.json_text import json_text
from fer_models.video.reading import Person, VideoReading
from fer_models.video.reading_table import reading_csv, reading_json
from fer_models.video.timeline import people_by_class, shares
from workbench import state
from workbench.app import jobs
from workbench.app.wording import percent
from workbench.face.figures import people_over_time, shares_sentence
from workbench.features.video.model import reading as reading_model
from workbench.features.video.model.reading import Clip
from workbench.widgets import downloads as download_buttons
from workbench.widgets import job as job_view
from workbench.widgets import plot, table

_MOST = 40
MARKED = state.Kept("video.marked")


def people(reading: VideoReading) -> None:
    """Draw a line per person: when they were seen, and the share of time in which each class led."""
    rows = []
    for person in reading.persons[:_MOST]:
        parts = shares(person.stretches)
        rest = ", ".join(f"{name} {percent(share, 0)}" for name, share in parts.items())
        seen = f"{person.seconds[0]:.1f} to {person.seconds[-1]:.1f}"
        detected = f"found in {percent(float(person.detected.mean()), 0)} of frames, tracked in the rest"
        rows.append((str(person.number), seen, f"{len(person.frames):,}", detected, rest))
    columns = ("Person", "Seen, s", "Readings", "Detector", "Share of the time in which a class led")
    table.show(columns, rows, right=(0, 1, 2), label="People in the video")


def group(reading: VideoReading) -> None:
    """Draw how many people were read as each class over time; nothing for a single person."""
    if len(reading.persons) < 2:
        return
    seconds = np.unique(np.concatenate([person.seconds for person in reading.persons]))
    readings = [(person.seconds, person.smoothed) for person in reading.persons]
    counts = people_by_class(readings, seconds)
    words = shares_sentence(counts.sum(0), reading.classes)
    st.markdown("**People by class over time**")
    plot.show(people_over_time(seconds, counts, reading.classes), key="video people", alt=f"People by class: {words}")
    st.caption(f"Over the whole video, weighted by how long each person was seen: {words}.")
    columns = ("second", *reading.classes)
    rows = [(f"{second:.3f}", *line) for second, line in zip(seconds, counts.tolist(), strict=True)]
    download_buttons.show(columns, rows, "people.csv", key="video people csv", label="People over time, CSV")


def events(person: Person) -> None:
    """Draw the stretches of one person."""
    rows = [
        (f"{part.start:.2f}", f"{part.end:.2f}", part.name, f"{part.peak:.2f}", percent(part.probability))
        for part in person.stretches[:_MOST]
    ]
    table.show(("From, s", "To, s", "Class", "Peak, s", "Probability"), rows, right=(0, 1, 3, 4), label="Stretches")
    if len(person.stretches) > _MOST:
        st.caption(f"The first {_MOST} of {len(person.stretches):,}; all of them are in the download.")


def downloads(clip: Clip, classifier: Classifier, reading: VideoReading) -> None:
    """Draw downloads: readings as CSV and JSON, and the video with boxes."""
    name = reading_model.marked_name(clip, classifier, reading)
    requested = MARKED.get() == name or jobs.find(name) is not None
    with st.container(horizontal=True):
        download_buttons.button("Readings, CSV", lambda: reading_csv(reading), "readings.csv", key="video csv")
        download_buttons.button(
            "All, JSON", lambda: json_text(reading_json(reading)), "readings.json", key="video json"
        )
        if not requested:
            st.button(
                "Make the video with boxes",
                key="video mark",
                icon=":material/movie:",
                on_click=MARKED.set,
                args=(name,),
            )
    if not requested:
        return
    job = reading_model.start_marked(clip, classifier, reading)
    if job_view.finished(job, key="marked"):
        st.video(job.result, format="video/webm", alt="The video with a box, class and probability on each face")
        download_buttons.button("Video with boxes, webm", job.result, "marked.webm", key="video webm")
