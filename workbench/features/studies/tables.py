"""The fold table and the ablation table of a study, with notes on their intervals, and downloads."""

from __future__ import annotations

import streamlit as st

from fer_models.training.study.statistics import FEWEST
from fer_models.training.study.tables import overlap_of
from workbench import state
from workbench.features.studies.model import tables
from workbench.features.studies.model.studies import Progress
from workbench.features.studies.model.tables import TITLES, Table
from workbench.widgets import downloads, table

FIGURE = state.Choice("studies.figure", TITLES)


def show(progress: Progress, *, key: str) -> None:
    """Draw both tables with the results so far."""
    study, results = progress.study, progress.results
    figure = str(
        st.segmented_control(
            "Figure",
            list(TITLES),
            format_func=TITLES.__getitem__,
            required=True,
            label_visibility="collapsed",
            **FIGURE.widget(),
        )
    )
    st.caption(tables.measured_on(results, figure))
    if len({trial.fold for trial in study.trials}) > 1:
        folds = tables.folds(study, results, figure)
        st.header("Folds", anchor=False)
        _draw(folds, f"{TITLES[figure]} by fold, %", f"folds-{figure}", f"{key} folds", study.title)
    settings = tables.ablation(study, results, figure)
    st.header("Settings" if len(settings.rows) > 1 else "All runs together", anchor=False)
    _draw(settings, f"{TITLES[figure]} by setting", f"settings-{figure}", f"{key} settings", study.title)
    few = tables.untested(study, results, figure)
    st.caption(
        ("**Too few runs to tell a difference from chance: add seeds or folds.** " if few else "") + _interval(progress)
    )
    downloads.button("Every run, CSV", tables.runs_csv(study, results), "runs.csv", key=f"{key} runs csv")


def _draw(shown: Table, label: str, name: str, key: str, title: str) -> None:
    table.show(shown.columns, shown.rows, right=shown.right, bold=shown.bold, label=label)
    with st.container(horizontal=True):
        downloads.show(shown.columns, shown.rows, f"{name}.csv", key=f"{key} csv")
        downloads.button("LaTeX", tables.latex(shown, f"{label}. {title}."), f"{name}.tex", key=f"{key} latex")


def _interval(progress: Progress) -> str:
    """A note on the intervals."""
    study = progress.study
    drawn = any(overlap_of(study, settings, progress.results) for settings in study.settings)
    what = (
        "Each run is tested on its own images but shares most training images with the others, so the interval is "
        "widened (Nadeau and Bengio 2003)."
        if drawn
        else (
            "All runs are tested on the same images: the interval covers the choice of the seed, not of the test "
            "images."
        )
    )
    return (
        f"± standard deviation over runs. Interval: 95 %, Student's t over runs, from {FEWEST} runs on. {what} "
        "Differences are paired by fold and seed where settings share their test images, and corrected for "
        "multiple tests (Holm)."
    )
