"""Why one class and not another."""

from __future__ import annotations

import streamlit as st

from fer_models import labels
from workbench import cache, state
from workbench.app.wording import percent
from workbench.features.explain import report as explain_report
from workbench.features.explain.figures import opposed_bars
from workbench.features.explain.model import contrast
from workbench.features.explain.model import report as sections
from workbench.features.explain.model.contrast import Contrast
from workbench.features.explain.subject import Subject
from workbench.heatmap import view
from workbench.heatmap.model import drawing
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, Question
from workbench.widgets import downloads, picture_grid, plot
from workbench.widgets.picture_grid import Cell, Row

_SIDE = 144
WHY = state.Choice("explain.why")
AND_NOT = state.Choice("explain.and not")


def show(subject: Subject, *, key: str) -> None:
    """Draw the contrast of two classes: its map, its regions, and the maps of both classes.

    Raises:
        UserError: If the method cannot be used with this network.
    """
    classifier = subject.classifier
    prediction = cache.of_face(look_model.prediction, subject.checkpoint, subject.pixels)
    ranked = prediction.ranked()
    first, second, third, fourth, fifth = st.columns([4, 4, 4, 5, 4], vertical_alignment="bottom")
    with first:
        a = st.selectbox("Why", classifier.classes, **WHY.widget(classifier.classes, ranked[0][0]))
    rest = [name for name in classifier.classes if name != a]
    rival = next(name for name, _ in ranked if name != a)
    with second:
        b = st.selectbox("and not", rest, **AND_NOT.widget(rest, rival))
    with third:
        method = view.choose_method(classifier)
    with fourth:
        layer = view.choose_layer(classifier)
    with fifth:
        of, upsampling, display = view.choose_display()
    question = Question(method, None, layer, None, of, upsampling)
    comparison = cache.of_face(contrast.contrast, subject.checkpoint, subject.pixels, a, b, question)
    chances = dict(ranked)
    st.markdown(f"**Why {a} ({percent(chances[a])}) and not {b} ({percent(chances[b])})?** {comparison.sentence}")
    left, right = st.columns([6, 5], gap="medium")
    signed = Display(display.opacity, signed=True, colours=display.colours)
    with left:
        view.show(comparison.difference, subject.framed.crop, signed, key=key, height=340)
        with st.container(horizontal=True):
            view.downloads(comparison.difference, subject.framed.crop, signed, subject.checkpoint, key=key)
            explain_report.show(
                f"Why {a} and not {b}",
                [subject.checkpoint],
                sections.choices(comparison.difference, signed),
                lambda: [
                    sections.prediction(ranked),
                    sections.contrast(comparison, subject.pixels, display),
                ],
                key=key,
            )
    with right:
        _regions(comparison, subject, key)
    st.markdown("**The maps beside each other**")
    _maps(comparison, subject, display)


def _regions(comparison: Contrast, subject: Subject, key: str) -> None:
    rows = contrast.sides(comparison.difference, subject.framed.masks)
    st.markdown("**Which regions support which class**")
    words = ", ".join(
        f"{name} {percent(p, 0)} for {comparison.a}, {percent(n, 0)} for {comparison.b}" for name, p, n in rows
    )
    figure = opposed_bars(rows, comparison.a, comparison.b, labels.colour(comparison.a), labels.colour(comparison.b))
    plot.show(figure, key=f"{key} sides", alt=f"Relevance by region: {words}")
    st.caption(f"Share of all relevance in the difference map. Regions: {subject.framed.source}.")
    downloads.show(("region", f"for {comparison.a}", f"for {comparison.b}"), rows, "contrast.csv", key=f"{key} csv")


def _maps(comparison: Contrast, subject: Subject, display: Display) -> None:
    signed = Display(display.opacity, signed=True, colours=display.colours)
    cells = [
        _cell(comparison.of_a, display, subject, f"for {comparison.a} alone"),
        _cell(comparison.of_b, display, subject, f"for {comparison.b} alone"),
        _cell(comparison.difference, signed, subject, f"for {comparison.a} minus {comparison.b}, signed"),
        _cell(
            comparison.finer, display, subject, f"Finer-CAM: {comparison.a} against {comparison.b} and the next rivals"
        ),
    ]
    picture_grid.show([Row("", "", cells)], side=_SIDE, label="Maps of both classes and of their difference")
    st.caption(
        "Two maps of classes that share evidence look alike; the map of the difference of both scores shows only "
        "what tells them apart. Orange is evidence for the first class, purple for the second."
    )


def _cell(look: Look, display: Display, subject: Subject, words: str) -> Cell:
    empty = "" if display.signed or look.attribution.has_positive[0] else ", no positive evidence"
    drawn = drawing.over_face(subject.pixels, look.attribution, display, _SIDE)
    return Cell(drawn, words + empty, f"{look.title}, over the face")
