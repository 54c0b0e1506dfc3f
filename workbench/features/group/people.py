"""The people of a picture: shares, a line per face, downloads, and the effect of the crop on one face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.faces.face import Face
from workbench import cache, state
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.face.model import framing
from workbench.face.model.framing import Framing
from workbench.face.model.picture import Picture
from workbench.features.group.figures import people_bars
from workbench.features.group.model import group
from workbench.features.group.model.group import Person
from workbench.widgets import downloads as download_buttons
from workbench.widgets import picture_grid, plot, table

FRAMED = state.Choice("group.framed", address=False)


def read(picture: Picture, faces: Sequence[Face], checkpoint: Checkpoint) -> list[Person]:
    """The people of the faces, kept for the session."""

    def people(pixels: np.ndarray, _identity: str, found: tuple[Face, ...]) -> list[Person]:
        return group.read(pixels, found, cache.classifier(checkpoint))

    return cache.of_image_in_session(people, picture.digest, picture.pixels, checkpoint.identity, tuple(faces))


def shares(people: Sequence[Person], classes: Sequence[str], *, key: str) -> None:
    """Draw the percentage of people per expression."""
    class_shares = group.shares(people, classes)
    named = [entry for entry in class_shares if entry[1]]
    most = max(class_shares, key=lambda entry: entry[1])
    if len(people) == 1:
        lead = f"One person, read as “{most[0]}”"
    elif sum(entry[1] == most[1] for entry in class_shares) > 1:
        lead = f"Of {len(people)} people, no class has the most"
    else:
        lead = f"Of {len(people)} people, “{most[0]}” leads with {percent(most[2])}"
    st.markdown(f"**{lead}**")
    words = ", ".join(f"{name} {percent(share)}" for name, _, share in named)
    plot.show(people_bars(class_shares), key=f"{key} shares", alt=f"People per expression: {words}")


def listing(people: Sequence[Person], *, key: str) -> None:
    """Draw a table with a line per face."""
    rows = []
    for person in people:
        (name, share), (second, other) = person.ranked[0], person.ranked[1]
        size = f"{person.face.width:.0f} x {person.face.height:.0f}"
        cut = "by the eyes" if person.alignment == "eyes" else "upright"
        then = f"{second} {percent(other)}"
        rows.append([str(person.number), name, percent(share), then, size, f"{person.face.score:.2f}", cut])
    table.show(
        ["Face", "Class", "Confidence", "Then", "Pixels", "Detector's score", "Cut"],
        rows,
        right=(0, 2, 4, 5),
        label="Faces of the image with class and confidence",
    )


def downloads(picture: Picture, people: Sequence[Person], classes: Sequence[str], *, key: str) -> None:
    """Draw the buttons for the annotated picture and the table."""
    with st.container(horizontal=True):
        download_buttons.button(
            "Image (PNG)",
            lambda: pictures.png(group.annotated(picture.pixels, people)),
            "faces.png",
            key=f"{key} png",
            icon="image",
        )
        head, rows = group.table(people, classes)
        download_buttons.show(head, rows, "faces.csv", key=f"{key} csv")


def _framings(picture: Picture, face: Face, checkpoint: Checkpoint) -> list[Framing]:
    def crops(pixels: np.ndarray, _identity: str, found: Face) -> list[Framing]:
        return framing.framings(pixels, found, cache.classifier(checkpoint))

    return cache.of_image_in_session(crops, picture.digest, picture.pixels, checkpoint.identity, face)


def framed(picture: Picture, people: Sequence[Person], checkpoint: Checkpoint, *, key: str) -> None:
    """Draw one face cropped in several ways, with the prediction for each."""
    numbers = [person.number for person in people]
    number = 1
    if len(numbers) > 1:
        binding = FRAMED.of(key, picture.digest[:12]).widget(numbers)
        number = st.selectbox("Face", numbers, width=120, **binding) or 1
    person = people[number - 1]
    preprocess = checkpoint.preprocess
    if problem := framing.mismatch(person.alignment, preprocess.alignment):
        st.warning(problem, icon=":material/warning:")
    crops = _framings(picture, person.face, checkpoint)
    for alignment, title in (("none", "Upright square"), ("eyes", "Aligned by the eyes")):
        row = [crop for crop in crops if crop.requested_alignment == alignment]
        if not row:
            st.caption("The eyes of this face were not both found, so it cannot be aligned by them.")
            continue
        st.caption(title)
        words = [
            f"margin {crop.margin:+.2f}{', as in training' if crop.is_trained else ''}: {crop.answer} "
            f"{percent(crop.share, 0)}"
            for crop in row
        ]
        label = f"Face {person.number} {title.lower()}"
        picture_grid.wrapped([crop.pixels for crop in row], words, side=112, label=label)
    answers = {crop.answer for crop in crops}
    trained = next((crop for crop in crops if crop.is_trained), None)
    if trained is not None and answers == {trained.answer}:
        st.caption(f"Every framing tried gives “{trained.answer}”.")
    elif trained is not None:
        others = ", ".join(sorted(answers - {trained.answer}))
        st.caption(f"Cut as in training, the network says “{trained.answer}”; cut otherwise, also {others}.")
