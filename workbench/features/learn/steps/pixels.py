"""Step: what a network gets, and how coarse a face can become before it fails."""

from __future__ import annotations

import numpy as np
import streamlit as st

from workbench import cache, state
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.face import image_input
from workbench.face.figures import probability_bars
from workbench.face.model import samples
from workbench.features.learn.model import coarse
from workbench.features.learn.model.coarse import SIDES, Reading
from workbench.features.learn.step import Answer, Scene, Step
from workbench.widgets import gallery, plot
from workbench.widgets.errors import guard

SIDE = state.Choice("learn.side", SIDES)
_LARGE = 264


def show(scene: Scene) -> Answer:
    """Draw the picture, what the network gets of it, and the probabilities."""
    with scene.controls:
        side = st.select_slider("Squares along a side", SIDES, **SIDE.widget())
        _choose_face(scene)
    readings = cache.of_face(coarse.readings, scene.checkpoint, scene.pixels)
    reading = next(reading for reading in readings if reading.side == side)
    seen, bars = st.columns([1, 1], gap="medium", vertical_alignment="center")
    large = pictures.enlarged(pictures.as_rgb(reading.pixels), _LARGE)
    with seen, st.container(key="pixels learn"):
        words = f"{side} x {side} squares, {side * side:,} grey values"
        st.image(large, words, width="stretch", output_format="PNG", alt=f"The face in {words}")
    name, confidence = reading.ranked[0]
    with bars:
        st.markdown(f"The network says **{name}**, {percent(confidence)}")
        figure = probability_bars(reading.ranked)
        figure.update_layout(font_size=round(14 * scene.scale), height=round(240 * scene.scale))
        ranking = ", ".join(f"{name} {percent(value)}" for name, value in reading.ranked)
        plot.show(figure, key="learn bars", alt=f"Probabilities: {ranking}")
    first = readings[0]
    shown = {first.side: first, side: reading}.values()
    return Answer(
        _conclusion(readings),
        tuple((f"{each.side} x {each.side}: {each.ranked[0][0]}", _picture(each)) for each in shown),
        tuple(f"At {each.side} x {each.side} it says {each.ranked[0][0]}, {percent(each.ranked[0][1])}."
              for each in shown),
        "explain",
        "This face on Explain",
        scene.address,
    )  # fmt: skip


def _choose_face(scene: Scene) -> None:
    plates = samples.plates()
    titles = {key: title for key, title in samples.titles().items() if key not in plates}
    keys = list(titles)
    current = image_input.SAMPLE.get(keys) if image_input.PICTURE_FROM.get() == "sample" else None
    selected = keys.index(current) if current in keys else None
    clicked = gallery.show(
        [pictures.square(samples.picture(key)) for key in keys],
        np.arange(len(keys)),
        key="learn faces",
        words=gallery.Words(lambda number: keys[number].rpartition("-")[2], lambda number: titles[keys[number]]),
        selected=selected,
        layout=gallery.Layout(side=round(52 * scene.scale), counted=False),
    )
    if clicked is not None and clicked != selected:
        image_input.SAMPLE.set(keys[clicked])
        image_input.PICTURE_FROM.set("sample")
        st.rerun()
    chosen = scene.picture
    with st.popover("Another face", icon=":material/add_a_photo:"), guard("the image"):
        chosen = image_input.show(None, key="learn")
    if chosen.digest != scene.picture.digest:
        st.rerun()


def _picture(reading: Reading) -> np.ndarray:
    return pictures.enlarged(pictures.as_rgb(reading.pixels), 144)


def _conclusion(readings: tuple[Reading, ...]) -> str:
    first = readings[0]
    name, confidence = first.ranked[0]
    lost = next((reading for reading in readings if reading.ranked[0][0] != name), None)
    fails = (
        f"It keeps saying {name} down to {readings[-1].side} x {readings[-1].side} squares."
        if lost is None
        else f"At {lost.side} x {lost.side} squares it says {lost.ranked[0][0]} instead."
    )
    return (
        f"A network gets {first.side} x {first.side} = {first.side**2:,} numbers from 0 (black) to 255 (white), and "
        "nothing else: no voice, no name, no story.\n\n"
        "It shares 100 % among a few **classes**, the answers that it knows. The share of a class is its "
        f"**probability**. Here: {name} {percent(confidence)}. {fails}\n\n"
        "Who failed first, you or the network?"
    )


STEP = Step(
    key="pixels",
    lesson="How does it see?",
    title="What a network gets",
    question="Could you read this face if it were made of a few grey squares?",
    task="Choose a face. Make it coarser until you cannot read it any more.",
    show=show,
)
