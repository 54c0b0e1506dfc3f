"""Group: a picture with several faces, the class of each, and the share of people per expression."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from workbench import cache
from workbench.face import cached, detector_button
from workbench.features.group import input
from workbench.features.group import people as group_people
from workbench.features.group.model import group
from workbench.widgets import heading, selection_bar
from workbench.widgets.errors import guard
from workbench.widgets.files import file_names


def _show(checkpoint: Checkpoint) -> None:
    classifier = cache.classifier(checkpoint)
    left, right = st.columns([7, 5], gap="large")
    with left:
        answer = st.container()
        picture = input.show(key="group")
        file_names.about(image=picture.file_part)
        smallest, score = detector_button.limits(key="group")
        detector_button.show(key="group")
    with st.spinner("Looking for faces."):
        faces = cached.faces(picture.digest, picture.pixels, smallest, score)
    if not faces:
        with answer:
            st.image(picture.pixels, picture.title, alt=picture.title)
        with right:
            st.warning(
                "No face was found in this image. Choose one with upright faces that look at the camera, or a larger "
                "one, or lower the limits under “Which faces count”. Explain can read an image that is cut to one "
                "face already.",
                icon=":material/face_retouching_off:",
            )
        return
    people = group_people.read(picture, faces, checkpoint)
    with answer:
        st.image(
            group.annotated(picture.pixels, people),
            f"{picture.title}: " + (f"{len(people)} faces found, numbered by rows." if people[1:] else "1 face found."),
            alt="; ".join(f"face {p.number}: {p.answer}" for p in people),
        )
    with right:
        group_people.shares(people, classifier.classes, key="group")
        group_people.downloads(picture, people, classifier.classes, key="group")
        if len(faces) > group.MOST:
            st.caption(f"{len(faces)} faces were found; the {group.MOST} largest are read.")
    st.header("Every face", anchor=False)
    group_people.listing(people, key="group")
    st.header("What framing does", anchor=False)
    st.caption(
        "The same face cut tighter and wider, upright and aligned by its eyes. "
        f"{checkpoint.name} was trained with margin {checkpoint.preprocess.crop_margin:+.2f}, "
        f"{'aligned by the eyes' if checkpoint.preprocess.alignment == 'eyes' else 'upright'}."
    )
    with guard("the framings"):
        group_people.framed(picture, people, checkpoint, key="group")


heading.show("group")
chosen = selection_bar.show(checkpoint=True)
if chosen is None or chosen.checkpoint is None:
    st.stop()
with guard("the group"):
    _show(chosen.checkpoint)
heading.show_reading(
    "The bars count faces, each by its most probable class: a face that is read as sad with 51 % counts as much as "
    "one with 99 %. The class is a network's reading of an expression at one moment, not what a person feels, and "
    "in a group of four one person is 25 points. Faces that the detector misses are not "
    "counted, and small, turned or covered faces are read less well.",
    "Li et al. 2025, SLDCNN, Tables 6 and 8 print such percentages; Barrett et al. 2019 on expression and feeling",
)
