"""What stands around a step: the way to the other steps, question and task, and afterwards what can be concluded."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench import navigation, state
from workbench.features.learn import material, presenter, scene, sheet
from workbench.features.learn.step import Answer, Scene, Step
from workbench.features.learn.steps import LESSONS, STEPS
from workbench.widgets.errors import guard

STEP = state.Choice("learn.step", STEPS)
_STYLE = f"<style>\n{(Path(__file__).parent / 'lesson.css').read_text('utf-8')}</style>"
_KEYS = list(STEPS)


def bar() -> Step:
    """Draw Back, the numbers of the steps, Next, presenter mode and the sheet; return the step."""
    st.html(_STYLE)
    step = STEPS[STEP.get()]
    number = _KEYS.index(step.key)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="learn bar"):
        _turn("Back", number - 1, "Left", ":material/arrow_back:")
        st.segmented_control(
            "Step",
            _KEYS,
            format_func=lambda key: str(_KEYS.index(key) + 1),
            required=True,
            label_visibility="collapsed",
            **STEP.widget(),
        )
        _turn("Next", number + 1, "Right", ":material/arrow_forward:")
        presenter.button()
        sheet.button()
    return step


def _turn(label: str, number: int, shortcut: str, icon: str) -> None:
    inside = 0 <= number < len(_KEYS)
    st.button(
        label,
        key=f"learn {label}",
        icon=icon,
        type="primary" if label == "Next" else "secondary",
        disabled=not inside,
        on_click=STEP.set,
        args=(_KEYS[number] if inside else _KEYS[0],),
        shortcut=shortcut,
    )


def show(step: Step) -> None:
    """Draw the step: the task on the left, what it shows on the right, the conclusion folded below the task."""
    left, right = st.columns([4, 9], gap="medium")
    with left, st.container(key="learn task"):
        with st.container(gap=None):
            part = LESSONS.index(step.lesson) + 1
            st.caption(f"Lesson {part} of {len(LESSONS)}: {step.lesson}")
            st.header(f"{_KEYS.index(step.key) + 1}. {step.title}", anchor=False)
        with st.container(key="learn question"):
            st.markdown(step.question)
        st.markdown(step.task)
        controls, below = st.container(), st.container()
    chosen = answer = None
    with right, guard("this step"):
        chosen = scene.current(controls)
        if chosen is not None:
            material.prepare(chosen)
            answer = step.show(chosen)
    if chosen is not None and answer is not None:
        with below:
            _conclude(step, chosen, answer)


def _conclude(step: Step, chosen: Scene, answer: Answer) -> None:
    if answer.conclusion:
        with st.expander("What we can conclude", icon=":material/lightbulb:", key=f"learn {step.key} conclusion"):
            st.markdown(answer.conclusion)
    if answer.page:
        st.page_link(
            navigation.page(answer.page),
            label=answer.label,
            icon=f":material/{navigation.entry(answer.page).icon}:",
            query_params=dict(answer.query),
        )
    sheet.keep(step, chosen, answer)
