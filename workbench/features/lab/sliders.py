"""The sliders of the face in groups, its presets, and the face itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from fer_models.lab import EXPRESSIONS, UNITS, FaceParameters, blend, draw, expression, surprise
from fer_models.settings import setting_fields
from workbench import state
from workbench.features.lab import choice

_EYES = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09")
_MOUTH = ("AU12", "AU15", "AU16", "AU20", "AU23", "AU26")
_SIDES = ("R12", "L12", "R14", "L14")
_SIDE_WORDS = {"R12": "12, right side", "L12": "12, left side", "R14": "14, right side", "L14": "14, left side"}
_WORDS = {
    "light_x": ("Light, left to right", 0.1),
    "light_y": ("Light, above to below", 0.1),
    "brightness": ("Brightness", 0.05),
    "blur": ("Blur, % of the side", 0.1),
    "noise": ("Noise, grey levels", 1.0),
    "yaw": ("Yaw, degrees", 1.0),
    "pitch": ("Pitch, degrees", 1.0),
    "roll": ("Roll, degrees", 1.0),
}
GROUP = state.Choice("lab.sliders", ("Eyes", "Mouth", "Person", "Scene"))
_OWN = "own mix"
PRESET = state.Choice("lab.preset", (*EXPRESSIONS, _OWN), address=False)
INTENSITY = state.Number("lab.intensity", 0.9, 0.1, 1.0)
MIXED = state.Choice("lab.mixed", EXPRESSIONS, "happy", address=False)
WITH = state.Choice("lab.with", EXPRESSIONS, "surprise", address=False)
SHARE = state.Number("lab.share", 0.5, 0.0, 1.0)


def show_face(face: FaceParameters) -> None:
    """Draw the face, presets, blends and a random face."""
    image = draw(face).image
    st.image(image, width="stretch", alt="The face: " + (_told(face) or "no unit moved"))
    level = float(INTENSITY.get())
    PRESET.set(next((name for name in EXPRESSIONS if face.moved == expression(name, level)), _OWN))
    st.pills(
        "Expression",
        PRESET.options,
        required=True,
        wrap=True,
        label_visibility="collapsed",
        **PRESET.widget(then=_preset),
    )
    st.slider("Intensity", step=0.05, **INTENSITY.widget(then=_again))
    st.button("Surprise me", key="lab random", icon=":material/casino:", on_click=_surprise, width="stretch")
    with st.expander("Blend of two"):
        st.selectbox("First", EXPRESSIONS, **MIXED.widget(then=_blend))
        st.selectbox("Second", EXPRESSIONS, **WITH.widget(then=_blend))
        st.slider("Share of the second", step=0.05, **SHARE.widget(then=_blend))


def _preset() -> None:
    if (name := str(PRESET.get())) != _OWN:
        choice.set_units(expression(name, float(INTENSITY.get())))


def _surprise() -> None:
    choice.set_face(surprise(time.time_ns() % 100_000))


def _blend() -> None:
    choice.set_units(blend(str(MIXED.get()), str(WITH.get()), float(SHARE.get()), float(INTENSITY.get())))


def _again() -> None:
    """Scale the units of the face to the intensity; their proportions stay."""
    units = choice.face().moved
    if units:
        factor = float(INTENSITY.get()) / max(units.values())
        choice.set_units({unit: round(min(1.0, factor * value), 3) for unit, value in units.items()})


def _told(face: FaceParameters) -> str:
    return ", ".join(f"{unit} {UNITS[unit]} {value:.2f}" for unit, value in face.moved.items())


def show(face: FaceParameters) -> None:
    """Draw one group of sliders."""
    groups: dict[str, Callable[[FaceParameters], None]] = dict(
        zip(GROUP.options, (_eyes, _mouth, _person, _pose), strict=True)
    )
    name = st.segmented_control(
        "Sliders", list(groups), required=True, wrap=True, label_visibility="collapsed", **GROUP.widget()
    )
    with st.container(gap=None):
        groups[str(name)](face)


def _unit(face: FaceParameters, unit: str, label: str) -> None:
    st.slider(label, step=0.05, **choice.level(unit, face.units.get(unit, 0.0), 0.0, 1.0))


def _eyes(face: FaceParameters) -> None:
    for unit in _EYES:
        _unit(face, unit, f"{unit} {UNITS[unit]}")


def _mouth(face: FaceParameters) -> None:
    for unit in _MOUTH:
        _unit(face, unit, f"{unit} {UNITS[unit]}")
    for column, pair in zip(st.columns(2, gap="small"), (_SIDES[::2], _SIDES[1::2]), strict=True):
        with column:
            for unit in pair:
                _unit(face, unit, _SIDE_WORDS[unit])


def _person(face: FaceParameters) -> None:
    fields = setting_fields(FaceParameters)
    st.number_input(
        "Person",
        step=1,
        help="Number of the person; those from 60 are in no shipped network's training set.",
        **choice.level("identity", face.identity, 0, 99999),
    )
    shades = ["own", *(float(tone) for tone in range(8))]
    st.select_slider(
        "Skin, light to dark",
        _with(shades, face.skin),
        format_func=lambda tone: tone if tone == "own" else f"{tone:g}",
        **choice.trait("skin", face.skin, _with(shades, face.skin)),
    )
    ages = ["own", *(step / 10 for step in range(11))]
    st.select_slider("Age lines", _with(ages, face.age), **choice.trait("age", face.age, _with(ages, face.age)))
    columns = st.columns(2, gap="small")
    for number, name in enumerate(("glasses", "beard", "hair", "hair_colour")):
        options = list(getattr(fields[name].type, "__args__", ()))
        with columns[number % 2]:
            st.selectbox(
                fields[name].label,
                options,
                format_func=lambda option: option.replace("_", ", "),
                **choice.trait(name, getattr(face, name), options),
            )


def _with(options: list[object], value: object) -> list[object]:
    """The steps of a slider, and the face's own value if an address or a file has one between them."""
    if value is None or value in options:
        return options
    return ["own", *sorted([*options[1:], value])]  # type: ignore[type-var]


def _pose(face: FaceParameters) -> None:
    fields = setting_fields(FaceParameters)
    for name, (label, step) in _WORDS.items():
        low, high = fields[name].low, fields[name].high
        assert low is not None and high is not None
        st.slider(label, step=step, **choice.level(name, float(getattr(face, name)), float(low), float(high)))
