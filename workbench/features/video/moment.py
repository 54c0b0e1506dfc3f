"""The timeline of one person, and frame, heatmap and probabilities of the chosen moment."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.classifier import Classifier
from fer_models.video.reading import Person, VideoReading
from workbench import state
from workbench.app.pictures import as_rgb, enlarged, png
from workbench.app.wording import percent
from workbench.face.figures import probability_bars
from workbench.features.video.model import reading as reading_model
from workbench.features.video.model.reading import Clip, Moment
from workbench.heatmap.model.look import usual_title
from workbench.widgets import downloads, plot
from workbench.widgets.timeline_figure import Series, timeline

_MOST = 12
PERSON = state.Choice("video.person")
SEEN = state.Kept("video.seen")
AT = state.Number("video.at")


def choose(reading: VideoReading) -> Person:
    """Draw the choice among several people and return the chosen one."""
    numbers = [person.number for person in reading.persons]
    if len(numbers) == 1:
        return reading.persons[0]
    by_number = {person.number: person for person in reading.persons}
    # Those seen longest: a crowd does not fit into a row.
    longest = sorted(numbers, key=lambda n: -len(by_number[n].frames))[:_MOST]
    number = st.segmented_control("Person", sorted(longest), **PERSON.widget(sorted(longest), longest[0]))
    return by_number[number or longest[0]]


def now(clip: Clip, person: Person) -> float:
    """The chosen moment in seconds, before its slider is drawn."""
    start = reading_model.telling_moment(person)
    number = AT.of(clip.digest[:12], person.number)
    return float(number.get(start, float(person.seconds[0]), float(person.seconds[-1])))


def show_timeline(clip: Clip, reading: VideoReading, person: Person) -> int:
    """Draw the timeline with its peaks and return the position of the chosen reading."""
    name = f"moment {clip.digest[:12]} {person.number}"
    first, last = float(person.seconds[0]), float(person.seconds[-1])
    start = reading_model.telling_moment(person)
    moment = AT.of(clip.digest[:12], person.number)
    now = float(moment.get(start, first, last))
    peaks = [(p.peak, p.probability, p.name) for p in person.stretches]
    series = Series(person.seconds, person.smoothed, person.low, person.high, reading.classes)
    figure = timeline(series, peaks, now=float(person.seconds[reading_model.nearest(person, now)]))
    words = ", ".join(f"{p.name} from {p.start:.1f} to {p.end:.1f} s" for p in person.stretches[:_MOST])
    plot.show(
        figure,
        key=f"timeline {name}",
        name=f"timeline-person-{person.number}",
        alt=f"Probabilities over time: {words}",
        on_select=lambda: _clicked(name, moment, person),
    )
    offered = sorted(person.stretches, key=lambda p: -p.probability)[:_MOST]
    offered = sorted(offered, key=lambda p: p.peak)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Peaks:", width="content")
        for number, part in enumerate(offered):
            st.button(
                f"{part.name} {part.peak:.1f} s",
                key=f"peak {name} {number}",
                on_click=moment.set,
                args=(part.peak,),
                type="tertiary",
            )
    if last > first:
        now = st.slider("Moment, s", step=None, format="%.2f", **moment.widget(start, first, last))
    return reading_model.nearest(person, float(now))


def show_moment(clip: Clip, classifier: Classifier, reading: VideoReading, person: Person, at: int) -> None:
    """Draw frame, heatmap and probabilities of a reading."""
    shown = _cached_moment(clip, classifier, reading, person, at)
    left, middle, right = st.columns([5, 3, 4], gap="medium")
    name, probability = shown.ranked[0]
    with left:
        st.image(
            shown.picture,
            f"Frame {shown.frame:,} at {shown.seconds:.2f} s",
            alt=f"The frame at {shown.seconds:.2f} seconds with a box around the face, {name}",
        )
        _save("Frame", shown.picture, f"frame-{shown.frame}-person-{person.number}")
    with middle, st.container(key="pixels video"):
        if shown.heat is None:
            face = enlarged(as_rgb(shown.crop), 240)
            st.image(face, f"No evidence for {name} on this face", alt="The face as the network gets it")
        else:
            st.image(
                shown.heat,
                f"{usual_title(classifier)} for {name}, dark to bright: 0 to the largest value",
                alt=f"Heatmap for {name} over the face",
            )
            _save("Heatmap", shown.heat, f"{usual_title(classifier)}-{name}-frame-{shown.frame}-person-{person.number}")
    with right:
        st.markdown(f"**The class is “{name}”**, {percent(probability)} after smoothing")
        words = ", ".join(f"{n} {percent(p)}" for n, p in shown.ranked)
        plot.show(probability_bars(shown.ranked), key="video probabilities", alt=f"Smoothed probabilities: {words}")
        st.caption(f"This frame alone: {shown.alone[0]}, {percent(shown.alone[1])}")


def _save(label: str, picture: np.ndarray, name: str) -> None:
    downloads.button(f"{label}, PNG", lambda: png(picture), f"{name}.png", key=f"video {label}")


def _cached_moment(clip: Clip, classifier: Classifier, reading: VideoReading, person: Person, at: int) -> Moment:
    """The moment, cached in the session so that other sliders do not decode it again."""
    options = reading.options
    key = (
        clip.digest,
        classifier.checkpoint.identity,
        person.number,
        at,
        options.every,
        options.smoothing,
        options.width,
    )
    last = SEEN.get()
    if last is not None and last[0] == key:
        current: Moment = last[1]
        return current
    current = reading_model.moment(clip, classifier, reading, person, at)
    SEEN.set((key, current))
    return current


def _clicked(name: str, moment: state.Number, person: Person) -> None:
    event = state.value_of(f"timeline {name}") or {}
    at = clicked_reading(event)
    if at is not None and 0 <= at < len(person.seconds):
        moment.set(float(person.seconds[at]))


def clicked_reading(event: dict) -> int | None:
    """Position of the reading under the mouse, from the chart's event."""
    for point in event.get("selection", {}).get("points", []):
        data = point.get("customdata")
        if data:
            return int(data[0])
    return None
