"""The filters and the order of the gallery of misclassified faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from fer_models.evaluation import mistakes
from fer_models.evaluation.mistakes import Filter, Order
from workbench import cache, shared, state
from workbench.app import marks
from workbench.evidence import bar
from workbench.evidence.bar import Evidence
from workbench.evidence.model import answers
from workbench.evidence.model.answers import ORDERS

_ANY = "any"
_UNMARKED = "not marked yet"
ERROR_TRUE = state.Choice("misclassifications.error true", default=_ANY)
ERROR_PREDICTED = state.Choice("misclassifications.error predicted", default=_ANY)
ERROR_ORDER = state.Choice("misclassifications.error order", default="confidence")
ERROR_RIGHT = state.Toggle("misclassifications.error right")


@dataclass(frozen=True)
class Selection:
    """Indices into the evaluation, int64, in the selected order; filter and order as a key and in words."""

    indices: np.ndarray
    scope: str
    title: str


def show(evidence: Evidence, voted: FaceDataset | None) -> Selection:
    """Draw the filters and return the matching images.

    Args:
        evidence: The predictions.
        voted: The data set with annotators' votes for these images, if there is one.
    """
    evaluation, dataset = evidence.evaluation, evidence.dataset
    with st.container(key="filters"):
        first, second, third, fourth, fifth = st.columns([4, 4, 6, 4, 3], vertical_alignment="bottom", gap="xsmall")
    classes = [_ANY, *evaluation.classes]
    with first:
        true = _choice("True class", classes, ERROR_TRUE.widget(classes))
    with second:
        predicted = _choice("Predicted class", classes, ERROR_PREDICTED.widget(classes))
    with third:
        orders: list[Order] = [key for key in ORDERS if key != "votes" or voted is not None]
        order = st.selectbox(
            "Order",
            orders,
            format_func=ORDERS.__getitem__,
            help="Loss: minus the logarithm of the label's probability. Far from the label: the answer's probability "
            "less the label's." + (" Annotators: the share of votes against the label." if voted is not None else ""),
            label_visibility="collapsed",
            **ERROR_ORDER.widget(orders),
        )
    with fourth:
        kinds = [_ANY, _UNMARKED, *marks.MARKS]
        mark = _choice("Mark", kinds, shared.MARKED.widget(kinds, _ANY))
    with fifth:
        light, covered, subjects, right = _more(dataset)
    marks_by_row = marks.read(dataset) if mark != _ANY else {}
    rows = None
    if mark == _UNMARKED:
        rows = frozenset(int(row) for row in evaluation.rows) - frozenset(marks_by_row)
    elif mark != _ANY:
        rows = answers.marked_rows(marks_by_row, (str(mark),))
    conditions = Filter(
        None if true == _ANY else true,
        None if predicted == _ANY else predicted,
        subjects,
        light,
        covered,
        rows,
        right or (true == predicted != _ANY),  # a cell of the diagonal holds right answers only
    )
    brightness = cache.of_predictions(mistakes.light, evaluation, dataset) if light != (0, 255) else None
    scores = cache.of_predictions(mistakes.scores, evaluation, voted, key=(voted is not None,))
    covers = cache.of_predictions(mistakes.covered, evaluation, dataset) if covered != (0, 100) else None
    indices = mistakes.ordered(evaluation, dataset, conditions, order, scores, brightness=brightness, covered=covers)
    scope = f"{evidence.checkpoint.name} {evidence.name} {evaluation.split} {true} {predicted} {order} "
    title = in_words(conditions, str(mark), ORDERS[order])
    return Selection(indices, f"{scope}{mark} {light} {covered} {subjects} {right}", title)


def in_words(conditions: Filter, mark: str, order: str) -> str:
    """Filter and order as the title of a contact sheet.

    Args:
        conditions: The filter.
        mark: The chosen mark, or :data:`_ANY`.
        order: In words.
    """
    parts = [
        f"labelled {conditions.true}" if conditions.true else "",
        f"read as {conditions.predicted}" if conditions.predicted else "",
        "" if mark == _ANY else mark if mark == _UNMARKED else f"marked {mark}",
        "mean brightness {} to {}".format(*conditions.brightness) if conditions.brightness != (0, 255) else "",
        "occlusion rank {} to {}".format(*conditions.covered) if conditions.covered != (0, 100) else "",
        f"subjects {', '.join(conditions.subjects)}" if conditions.subjects else "",
        order,
    ]
    return f"{'All answers' if conditions.right else 'Errors'}: {', '.join(filter(None, parts))}"


def _choice(label: str, options: list[str], widget: dict[str, Any]) -> str:
    """Draw a list that says itself what it chooses."""
    return str(
        st.selectbox(
            label,
            options,
            format_func=lambda value: f"Any {label.lower()}" if value == _ANY else f"{label}: {value}",
            label_visibility="collapsed",
            **widget,
        )
    )


def _more(dataset: FaceDataset) -> tuple[tuple[int, int], tuple[int, int], tuple[str, ...], bool]:
    """The less common filters, in a popover: brightness, occlusion, subjects, correct predictions."""
    people = [] if dataset.subjects is None else sorted(set(dataset.subjects.tolist()) - {""})
    with st.popover("More", icon=":material/filter_alt:", width="stretch", help="Brightness, covered faces, subject"):
        low, high = st.slider(
            "Mean brightness, 0 to 255",
            0,
            255,
            (0, 255),
            key=f"error light {dataset.name}",
            disabled=not dataset.has_images,
        )
        least, most = st.slider(
            "Occlusion proxy, rank of 100",
            0,
            100,
            (0, 100),
            key=f"error covered {dataset.name}",
            disabled=not dataset.has_images,
            help="How far some part of the face is from what is usually there, ranked among these images: the "
            "upper end finds palms, masks and bars over a face. Only a proxy: it misses hair and patterned cloth, and "
            "an unusual light can look like a cover.",
        )
        subjects = st.multiselect(
            "Subjects",
            people,
            placeholder="all" if people else "not known in this set",
            disabled=not people,
            key=f"error subjects {dataset.name}",
        )
        bar.averaging_choice()
        right = st.toggle("Include correct answers", **ERROR_RIGHT.widget())
    return (int(low), int(high)), (int(least), int(most)), tuple(subjects), bool(right)
