"""Step: four heatmaps, one of them of a network that knows nothing."""

from __future__ import annotations

import streamlit as st

from workbench import cache, state
from workbench.features.learn.model import quiz
from workbench.features.learn.model.quiz import LETTERS, Quiz
from workbench.features.learn.step import DISPLAY, SIDE, Answer, Scene, Step
from workbench.heatmap import cached
from workbench.heatmap.model import drawing
from workbench.heatmap.model.look import Question
from workbench.widgets import picture_grid
from workbench.widgets.picture_grid import Cell, Row

VOTE = state.Kept("learn.vote")
ROUND = state.Kept("learn.round", 0)


def show(scene: Scene) -> Answer:
    """Draw the four maps, and after the vote what they are."""
    number = int(ROUND.get())
    vote = VOTE.of(scene.picture.digest[:16], number)
    asked = _ask(scene, number)
    letters = LETTERS[: len(asked.maps)]
    with scene.controls:
        given = st.segmented_control("The fake is", letters, default=vote.get(), key=f"learn vote {vote.key}")
        vote.set(given)
        if given:
            st.button("New round", key="learn round", on_click=ROUND.set, args=(number + 1,), icon=":material/replay:")
    pictures = [drawing.over_face(scene.pixels, each.attribution, DISPLAY, SIDE) for each in asked.maps]
    names = [f"{letter}: {each.title}" if given else letter for letter, each in zip(letters, asked.maps, strict=True)]
    side = round(SIDE * scene.scale)
    rows = [
        Row("", "", [Cell(pictures[i], names[i], f"Heatmap {names[i]}", given == letters[i]) for i in pair])
        for pair in (range(len(letters))[:2], range(len(letters))[2:])
    ]
    left, right = st.columns([2, 1], gap="small")
    with left:
        picture_grid.show(rows, side=side, label="Four heatmaps of the same face")
    with right:
        face = drawing.face(scene.pixels, SIDE)
        picture_grid.show(
            [Row("", "", [Cell(face, f"The network says {asked.target}", "The face alone")])],
            side=round(0.7 * side),
            label="The face alone",
        )
        if given:
            _verdict(asked, given)
    if not given:
        return Answer(pictures=tuple(zip(letters, pictures, strict=True)))
    return Answer(
        _conclusion(asked),
        tuple(zip(names, pictures, strict=True)),
        (f"We voted for {given}; the fake is {asked.fake}.",),
        "explain",
        "Test a heatmap on Explain",
        {**scene.address, "tab": "trust"},
    )


def _ask(scene: Scene, number: int) -> Quiz:
    target = cached.look(scene.checkpoint, scene.pixels, Question()).winner
    real = cache.of_face(quiz.real_maps, scene.checkpoint, scene.pixels, target)
    fake = cache.of_face(quiz.fake_map, scene.checkpoint, scene.pixels, target, number)
    return quiz.ask(real, fake, target, (number, int(scene.picture.digest[:8], 16)))


def _verdict(asked: Quiz, given: str) -> None:
    if given == asked.fake:
        st.success(f"Yes, {asked.fake} is the fake.", icon=":material/check:")
    else:
        st.error(f"No, {asked.fake} is the fake.", icon=":material/close:")


def _conclusion(asked: Quiz) -> str:
    return (
        f"A **heatmap** colours the places that count for one class, here {asked.target}: bright means much "
        f"evidence, dark means little.\n\nMap {asked.fake} comes from a copy of the network whose **weights**, the "
        "numbers that it learned, were shuffled. That copy knows nothing, yet its map looks as convincing as "
        "the other three, which come from the real network.\n\nSo a map that looks right proves nothing. Test it: "
        "shuffle the weights, and if the map stays, it shows the image and not what the network learned."
    )


STEP = Step(
    key="where",
    lesson="How does it see?",
    title="Where it looks",
    question="Three of these maps show where the network looks. One comes from a network that knows nothing. Which?",
    task="Look at the four maps, vote by a show of hands, then choose the letter.",
    show=show,
)
