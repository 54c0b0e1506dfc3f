"""Networks on the same faces: figures of each class, and how often the networks agree."""

from __future__ import annotations

import streamlit as st

from workbench import cache, state
from workbench.evidence.figures import class_bars
from workbench.evidence.model import confusion
from workbench.features.compare.figures.matrix import Grid, matrix
from workbench.features.compare.model.same_faces import Standing
from workbench.widgets import plot, table

_FIGURES = ("recall", "precision", "f1", "specificity")
_TITLES = {"recall": "Recall", "precision": "Precision", "f1": "F1", "specificity": "Specificity"}
CLASS_FIGURE = state.Choice("compare.class figure", _FIGURES, "recall")


def show_classes(results: Standing, *, key: str) -> None:
    """Draw one figure of every class, one bar per network."""
    what = st.segmented_control(
        "Figure of each class",
        _FIGURES,
        format_func=_TITLES.__getitem__,
        required=True,
        **CLASS_FIGURE.widget(),
    )
    rows = {
        name: cache.of_predictions(confusion.class_figures, evaluation, key=("compare",))
        for name, evaluation in zip(results.names, results.evaluations, strict=True)
    }
    classes = results.evaluations[0].classes
    title = _TITLES[str(what)]
    plot.show(
        class_bars(classes, {n: [getattr(f, str(what)) for f in figures] for n, figures in rows.items()}, title),
        key=f"{key} classes",
        alt=f"{title} of each class of {', '.join(results.names)}, with 95 per cent intervals.",
        tools="zoom",
    )
    st.caption("Bars are 95 % intervals: Wilson's, for F1 that of a bootstrap. Hatching also tells the networks apart.")


def show_agreement(results: Standing, *, key: str) -> None:
    """Draw how often two networks predict the same class, right or wrong."""
    names, shares = list(results.names), 100 * results.agreement
    size = range(len(names))
    texts = [[f"{shares[i, j]:.1f}" if i != j else "" for j in size] for i in size]
    about = [[f"{names[i]} and {names[j]}: the same answer to {shares[i, j]:.1f} %" for j in size] for i in size]
    off_diagonal = shares.copy()
    off_diagonal[range(len(names)), range(len(names))] = float("nan")
    if len(names) > 2:
        plot.show(
            matrix(Grid(off_diagonal, texts, names, names, about), dark=st.context.theme.type == "dark"),
            key=f"{key} agreement",
            alt="How often each two networks give the same answer, in per cent; the table says the same.",
            tools="zoom",
        )
    pairs = [(names[i], names[j], texts[i][j]) for i in size for j in size if i < j]
    table.show(("Network", "and", "same answer, %"), pairs, right=(2,), label="Agreement of the networks")
    st.caption(
        f"Share of the {results.n:,} images to which both networks give the same answer, right or wrong. "
        "Networks that are equally accurate but seldom agree gain most from being combined."
    )
