"""Step: Darwin's plates of 1872, our words for the faces on them, and a network's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_models import darwin
from workbench import cache, state
from workbench.app import fit, inventory, pictures
from workbench.app.wording import percent
from workbench.face import cached, plates_button
from workbench.features.learn.step import Answer, Scene, Step
from workbench.heatmap.model import look as look_model
from workbench.widgets import picture_grid
from workbench.widgets.picture_grid import Cell, Row

PLATE = state.Choice("learn.plate")
WORDS = state.Kept("learn.words", "")
COMPARED = state.Toggle("learn.compared")
#: Side of a face on the page, faces in a row, and most faces.
_SIDE, _ROW, _MOST = 120, 3, 9
#: Largest height and width of the picture; it fits a phone in presenter mode too.
_TALLEST, _WIDEST = 420, 320


@dataclass(frozen=True)
class Shown:
    """A picture with the faces found in it.

    Args:
        name: Of the picture.
        said: What it is said to show; empty for a picture of the class.
        framed: uint8 (H, W, 3), with numbered frames.
        faces: Crop, uint8 (S, S, C), and classes with probabilities, the largest first.
    """

    name: str
    said: str
    framed: np.ndarray
    faces: tuple[tuple[np.ndarray, list[tuple[str, float]]], ...]


def show(scene: Scene) -> Answer:
    """Draw a plate and its faces; after the class has found its words, those of the book and the network."""
    plates = {plate.number: plate for plate in darwin.available_plates()}
    plate = None
    with scene.controls:
        if plates:
            number = st.segmented_control("Plate", list(plates), required=True, **PLATE.widget(list(plates)))
            plate = plates[number]
        else:
            st.caption("Darwin's plates are not on this computer, so your own face is used.")
            plates_button.show(key="learn")
        name = f"plate {plate.number}" if plate else scene.picture.digest[:16]
        words = WORDS.of(name)
        words.set(st.text_input("Our words", words.get(), key=f"learn words {name}", placeholder="one for each face"))
        compared = st.toggle("Show what the others say", **COMPARED.of(name).widget())
    shown = _own(scene) if plate is None else _plate(scene, plate)
    _draw(scene, shown, compared=compared)
    if not compared:
        return Answer(pictures=((shown.name, shown.framed),))
    facts = [f"Our words: {words.get()}."] if words.get() else []
    facts += [f"Face {i}: the network says {_scores(ranked)}." for i, (_, ranked) in enumerate(shown.faces, 1)]
    return Answer(
        _conclusion(shown),
        ((f"{shown.name}: {shown.said}" if shown.said else shown.name, shown.framed),),
        tuple(facts),
        "group",
        "All faces of an image on Group",
        {} if plate is None else {"example": f"darwin-{plate.number}"},
    )


def _plate(scene: Scene, plate: darwin.Plate) -> Shown:
    usable = inventory.usable(inventory.trained_networks())
    checkpoint = fit.ordered(usable, None)[0].checkpoint or scene.checkpoint
    image = darwin.read_plate(plate.number)
    digest = plate.sha256
    crops = [cached.crop(digest, image, face, checkpoint.preprocess) for face in cached.faces(digest, image)[:_MOST]]
    answers = [cache.of_face(look_model.prediction, checkpoint, crop.pixels).ranked() for crop in crops]
    framed = pictures.with_frames(image, [crop.corners for crop in crops], -1)
    faces = tuple((crop.pixels, ranked) for crop, ranked in zip(crops, answers, strict=True))
    return Shown(f"Plate {plate.number}", plate.shows, framed, faces)


def _own(scene: Scene) -> Shown:
    ranked = cache.of_face(look_model.prediction, scene.checkpoint, scene.pixels).ranked()
    framed = pictures.with_frames(scene.picture.pixels, [scene.crop.corners], -1)
    return Shown("Your face", "", framed, ((scene.pixels, ranked),))


def _draw(scene: Scene, shown: Shown, *, compared: bool) -> None:
    height, width = shown.framed.shape[:2]
    said = f"{shown.name}. Darwin's book: {shown.said}" if compared and shown.said else shown.name
    shown_width = min(_WIDEST, round(_TALLEST * scene.scale * width / height))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        st.image(shown.framed, said, width=max(1, shown_width), alt=said)
    with right:
        _faces(scene, shown, compared=compared)


def _faces(scene: Scene, shown: Shown, *, compared: bool) -> None:
    if not shown.faces:
        st.info("No face was found here. Choose another plate.", icon=":material/info:")
        return
    cells = []
    for number, (crop, ranked) in enumerate(shown.faces, 1):
        words = f"{number}: {_scores(ranked)}" if compared else str(number)
        cells.append(Cell(pictures.enlarged(pictures.as_rgb(crop), _SIDE), words, f"Face {words}"))
    rows = [Row("", "", cells[start : start + _ROW]) for start in range(0, len(cells), _ROW)]
    picture_grid.show(rows, side=round(_SIDE * scene.scale * 0.86), label="Faces as the network gets them")


def _scores(ranked: list[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {percent(value, 0)}" for name, value in ranked[:2])


def _conclusion(shown: Shown) -> str:
    names = [ranked[0][0] for _, ranked in shown.faces]
    counted = ", ".join(f"{names.count(name)} x {name}" for name in sorted(set(names), key=lambda n: -names.count(n)))
    book = f"The book says: {shown.said}. " if shown.said else ""
    return (
        f"{book}The network says: {counted or 'nothing'}. It can only choose among its classes; it has no word for "
        "grief, scorn or helplessness.\n\n"
        "Darwin showed photographs of expressions to more than twenty people without a word of explanation. On some "
        "almost all agreed, on others hardly two.\n\n"
        "So a **label** is a word that somebody gave, and a network copies the people who labelled its faces. It reads "
        "an expression. What a person feels, it does not know."
    )


STEP = Step(
    key="plates",
    lesson="Can we trust the score?",
    title="Darwin's plates",
    question="Which single word fits each face? Do we all choose the same one?",
    task="Write your words down first. Then see what the book of 1872 and the network say.",
    show=show,
)
