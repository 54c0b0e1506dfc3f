"""Methods side by side on one face: a grid over classes or layers, with the time of each method."""

from __future__ import annotations

import streamlit as st

from fer_models.explain import EXPLAINERS
from workbench import cache, state
from workbench.app.wording import duration, percent
from workbench.features.explain.model import methods as methods_model
from workbench.features.explain.model.methods import Line
from workbench.features.explain.subject import Subject
from workbench.heatmap import view
from workbench.heatmap.model import drawing
from workbench.heatmap.model import look as look_model
from workbench.heatmap.model.drawing import Display
from workbench.heatmap.model.look import Look, Question
from workbench.widgets import downloads, job, picture_grid, table
from workbench.widgets.picture_grid import Cell, Row

_SIDE = 96
_ACROSS = ("classes", "layers")
ACROSS = state.Choice("explain.across", _ACROSS)
METHODS = state.Several("explain.methods")
CLASSES = state.Several("explain.classes")
LAYERS = state.Several("explain.layers")


def show(subject: Subject, *, key: str) -> None:
    """Draw the choices and the grid, which is computed in the background.

    Raises:
        UserError: If the network cannot be loaded.
    """
    classifier = subject.classifier
    methods = look_model.methods(classifier)
    left, middle, right = st.columns([5, 5, 4], vertical_alignment="bottom")
    with left:
        across = st.segmented_control("Columns", _ACROSS, required=True, **ACROSS.widget())
    with middle:
        if across == "layers":
            target = view.choose_target(classifier)
            layer = None
        else:
            target, layer = None, view.choose_layer(classifier)
    with right:
        of, upsampling, display = view.choose_display()
    first = [name for name in methods_model.FIRST if name in methods]
    rows = _several("Methods", list(methods), first, METHODS, methods)
    prediction = cache.of_face(look_model.prediction, subject.checkpoint, subject.pixels)
    if across == "classes":
        columns = _several("Classes", list(classifier.classes), [n for n, _ in prediction.ranked()[:4]], CLASSES)
    else:
        layers = look_model.layers(classifier)
        names = {name: f"{name}, {h} x {w}" for name, (h, w) in layers.items()}
        columns = _several("Layers", list(layers), list(layers)[:4], LAYERS, names)
    if not rows or not columns:
        st.info("Choose a method and a column or more.", icon=":material/info:")
        return
    question = Question(target=target, layer=layer, of=of, upsampling=upsampling)
    identity = ("methods", *subject.identity, tuple(rows), tuple(columns), across, question)
    lines = job.result(
        identity,
        f"Heatmap grid of {subject.checkpoint.name}",
        lambda progress: methods_model.grid(
            classifier, subject.pixels, rows, columns, across=across, question=question, progress=progress
        ),
        lane="short",
        ask=f"Draw {len(rows) * len(columns)} heatmaps, some seconds",
        key=key,
    )
    if lines is not None:
        chances = dict(prediction.ranked())
        heads = [f"{c}, {percent(chances[c])}" if across == "classes" else c for c in columns]
        _grid(lines, heads, subject, display, key)
    _refused(look_model.refused(classifier))


def _several(
    label: str, options: list[str], default: list[str], choice: state.Several, titles: dict[str, str] | None = None
) -> list[str]:
    return list(
        st.multiselect(
            label,
            options,
            format_func=(titles or {o: o for o in options}).__getitem__,
            **choice.widget(options, default),
        )
    )


def _cell(look: Look | None, problem: str, subject: Subject, display: Display) -> Cell:
    if look is None:
        return Cell(None, problem)
    attribution = look.attribution
    drawn = drawing.over_face(subject.pixels, attribution, display, _SIDE)
    cells = "every pixel" if attribution.layer_size is None else "{} x {}".format(*attribution.layer_size)
    caption = (
        f"{cells}, up to {attribution.values.max():.2g}" if attribution.has_positive[0] else "no positive evidence"
    )
    if attribution.completeness_error is not None:
        caption += f", completeness error {percent(float(attribution.completeness_error[0]), 0)}"
    return Cell(drawn, caption, f"{look.title}, over the face")


def _grid(lines: list[Line], heads: list[str], subject: Subject, display: Display, key: str) -> None:
    rows, pictures = [], []
    for line in lines:
        cells = [
            _cell(look, problem, subject, display) for look, problem in zip(line.looks, line.problems, strict=True)
        ]
        method = EXPLAINERS[line.method]
        rows.append(Row(method.title, f"{duration(line.seconds)} a map. {method.paper}", cells))
        maps = [look for look in line.looks if look is not None]
        if maps:
            big = [drawing.fitted(drawing.over_face(subject.pixels, m.attribution, display), 144) for m in maps]
            pictures.append(([method.title, duration(line.seconds), *(m.explained for m in maps[:4])], big))
    picture_grid.show(rows, columns=heads, side=_SIDE, label="Heatmaps by method and column")
    looks = [look for line in lines for look in line.looks if look is not None]
    st.caption(
        f"Each map has its own scale: 1 is its largest value. {display.words}. "
        f"Explained: the {looks[0].attribution.of}."
        if looks
        else "No map."
    )
    with st.container(horizontal=True):
        if pictures:
            downloads.button(
                "Grid, PNG",
                lambda: drawing.sheet_png(pictures, f"Methods on {subject.checkpoint.name}", display.words),
                "methods.png",
                key=f"{key} png",
            )
        downloads.show(
            ("method", "class", "layer", "score", "seconds", "smallest", "largest"),
            [
                (
                    look.attribution.method,
                    look.target,
                    look.attribution.layer or "",
                    look.attribution.of,
                    look.attribution.seconds,
                    float(look.attribution.values.min()),
                    float(look.attribution.values.max()),
                )
                for look in looks
            ],
            "methods.csv",
            key=f"{key} csv",
        )
    with st.expander("What each method does"):
        shown = [EXPLAINERS[line.method] for line in lines]
        table.show(
            ("Method", "Summary", "Cost"),
            [(method.title, method.description(), method.cost) for method in shown],
            label="The methods of the grid",
        )


def _refused(reasons: dict[str, str]) -> None:
    if reasons:
        with st.expander(f"Methods that do not work with this network, {len(reasons)}"):
            table.show(("Method", "Why not"), list(reasons.items()), label="Refused methods")
