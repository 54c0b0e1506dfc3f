"""Step: a score that is only memory, because the same faces are in training and test."""

from __future__ import annotations

import numpy as np
import streamlit as st

from workbench import cache, state
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.features.learn import figures, material
from workbench.features.learn.model import leak
from workbench.features.learn.model.leak import PLANTED, WAYS, Way
from workbench.features.learn.step import Answer, Scene, Step
from workbench.widgets import picture_grid, plot
from workbench.widgets.picture_grid import Cell, Row

COPIES = state.Choice("learn.copies", PLANTED, 25)
_SIDE = 84


def show(scene: Scene) -> Answer | None:
    """Draw both accuracies and some faces with their nearest training face."""
    evidence = material.get(scene)
    if evidence is None:
        return None
    with scene.controls:
        planted = st.segmented_control(
            "Faces that appear twice",
            PLANTED,
            format_func=lambda share: f"{share} %",
            required=True,
            **COPIES.widget(),
        )
    ways = cache.of_dataset(leak.ways, evidence.dataset, planted)
    chance = 1 / len(evidence.dataset.classes)
    figure = figures.accuracies(
        list(ways), [way.accuracy for way in ways.values()], chance, font=round(14 * scene.scale)
    )
    sentences = [f"{title}: {_sentence(way)}" for title, way in ways.items()]
    plot.show(figure, key="learn leak", alt=f"Accuracy of a nearest neighbour. {'; '.join(sentences)}")
    st.caption(f"A nearest neighbour on pixels: it learns nothing. {'; '.join(sentences)}.")
    columns = st.columns(len(ways), gap="medium")
    drawn: list[tuple[str, np.ndarray]] = []
    for (title, way), column in zip(ways.items(), columns, strict=True):
        with column:
            st.markdown(f"**{title}**: test face, and the training face it was matched with")
            side = round(_SIDE * scene.scale)
            picture_grid.show(_rows(way), side=side, label=f"Test faces and their nearest, {title}")
            drawn += [(f"{title}: test face and match", np.hstack([_picture(a), _picture(b)]))
                      for a, b, _ in way.pairs[:1]]  # fmt: skip
    return Answer(
        _conclusion(ways, planted, chance),
        tuple(drawn),
        tuple(f"{sentence}, with {planted} % of the faces appearing twice." for sentence in sentences),
        "datasets",
        "Look for leaks on Datasets",
        {"data": evidence.name, "section": "audit"},
    )


def _sentence(way: Way) -> str:
    low, high = 100 * way.accuracy.low, 100 * way.accuracy.high
    return f"{percent(way.accuracy.value)} [{low:.1f}, {high:.1f}], n = {way.n:,}"


def _rows(way: Way) -> list[Row]:
    return [
        Row(
            "",
            "",
            [
                Cell(_picture(test), "test", "A test face"),
                Cell(_picture(match), "the same image" if same else "another image", "Its nearest training face"),
            ],
        )
        for test, match, same in way.pairs[:2]
    ]


def _picture(image: np.ndarray) -> np.ndarray:
    return pictures.enlarged(pictures.as_rgb(image), _SIDE)


def _conclusion(ways: dict[str, Way], planted: int, chance: float) -> str:
    random, person = (ways[title].accuracy.value for title in WAYS)
    begin = (
        "A **split** divides faces into those that train and those that test. A **nearest neighbour** learns nothing: "
        "it looks up the most similar training face and copies its label.\n\n"
    )
    if not planted:
        return (
            f"{begin}Without copies it gets {percent(random, 0)} and {percent(person, 0)}, hardly more than the "
            f"{percent(chance, 0)} of guessing. Now let some faces appear twice."
        )
    return (
        f"{begin}With {planted} % of the faces appearing twice it gets {percent(random, 0)} if images are split at "
        f"random: it finds the copy. If all images of a person stay on one side, it gets {percent(person, 0)}; "
        f"guessing gives {percent(chance, 0)}.\n\nThat is a **leak**: the answers were in the training set. Real "
        "collections have copies too, and many images of one person. So ask of every score: who was in training?"
    )


STEP = Step(
    key="leak",
    lesson="Can we trust the score?",
    title="A leak",
    question="This program has learned nothing at all. How can it score so well?",
    task="Choose how many faces appear twice, lightly changed. Watch both scores.",
    show=show,
)
