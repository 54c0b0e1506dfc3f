"""Plots of a study: averaged curves, pooled confusion matrix, and parallel coordinates of the settings."""

from __future__ import annotations

import json

import streamlit as st

from fer_models.evaluation.evaluate import Evaluation
from fer_models.training.study.axes import Settings, shown
from fer_models.training.study.study import folds_of
from workbench import navigation, state
from workbench.app import inventory
from workbench.evidence.figures import Cells, confusion_heatmap
from workbench.evidence.model import confusion
from workbench.features.studies import figures
from workbench.features.studies.model import plots, tables
from workbench.features.studies.model.studies import Progress
from workbench.widgets import job as job_view
from workbench.widgets import plot

STUDY_SETTING = state.Choice("studies.study setting", address=False)
STUDY_SEED = state.Choice("studies.study seed", address=False)


def show_curves(progress: Progress, *, key: str) -> None:
    """Draw loss and accuracy by epoch, averaged over runs."""
    study = progress.study
    drawn = False
    for column, quantity in zip(st.columns(2), plots.QUANTITIES, strict=True):
        bands = [
            figures.Band(name, curve.epochs, curve.mean, curve.deviation, curve.runs)
            for name, curve in plots.bands(study, quantity)
        ]
        drawn = drawn or bool(bands)
        if bands:
            title = quantity if len(study.settings) == 1 else f"validation {quantity}"
            with column:
                plot.show(
                    figures.curves(bands, title, percent=quantity == "accuracy"),
                    key=f"{key} {quantity}",
                    name=quantity,
                    alt=f"Mean {title} by epoch over runs, with a band of one standard deviation",
                )
    if not drawn:
        st.caption("Curves appear after the first epoch of a run.")
        return
    more = plots.left_out(study)
    st.caption(
        "Lines: mean over the folds and seeds trained so far. Bands: ± one standard deviation."
        + (f" Only the first {plots.MOST_LINES} settings are drawn; {more} more are in the tables." if more else "")
    )


def show_settings(progress: Progress, *, key: str) -> None:
    """Parallel coordinates of all finished runs."""
    axes = [figures.Axis(*each) for each in plots.axes(progress.study, progress.results)]
    if not axes or len(axes[0].values) < 2:
        st.caption("This plot needs two finished runs.")
        return
    plot.show(
        figures.parallel(axes, dark=st.context.theme.type == "dark"),
        key=f"{key} parallel",
        name="settings",
        alt=f"Parallel coordinates of {len(axes[0].values)} runs: {', '.join(axis.title for axis in axes)}",
    )
    where = tables.measured_on(progress.results, "accuracy")
    st.caption(
        "Each line is a run, coloured by its accuracy. Drag along an axis to select runs. A setting chosen by the "
        f"last axis looks better than it is. {where}"
    )


def show_confusion(progress: Progress, *, key: str) -> None:
    """The confusion matrix of all folds of a setting and seed together: each picture by a network that never saw it."""
    study, results = progress.study, progress.results
    settings = [each for each in study.settings if folds_of(study, each) > 1]
    if not settings:
        st.info(
            "Only folds can be pooled; in this study all networks were measured on the same images. Confusion "
            "shows each network.",
            icon=":material/info:",
        )
        st.page_link(navigation.page("confusion"), label="Open Confusion", icon=":material/grid_on:")
        return
    setting, seed = _choice(settings, sorted({trial.seed for trial in study.trials}))
    done = plots.finished_folds(study, setting, seed, results)
    if not done:
        st.caption("No fold of this setting has finished yet.")
        return
    job = plots.find_pooling(study, setting, seed, results)
    if job is None:
        if not st.button(
            f"Pool {len(done)} folds",
            key=f"{key} pool",
            type="primary",
            icon=":material/play_arrow:",
            help="Each network predicts the images that it was not trained on. The result is cached.",
        ):
            return
        job = plots.pooling(study, setting, seed, results)
    if not job_view.finished(job, key=f"{key} pooling"):
        return
    _matrix(job.result, key)
    data = str(setting.get("data", study.recipe["data"]))
    if data in {item.name for item in inventory.data_sets()}:
        st.page_link(
            navigation.page("confusion"),
            label="See the faces behind each cell on Confusion",
            icon=":material/grid_on:",
            query_params={
                "checkpoint": str(done[0].trial.run),
                "data": data,
                "pictures": "folds" if len(done) > 1 else "own",
            },
        )


def _choice(settings: list[Settings], seeds: list[int]) -> tuple[Settings, int]:
    """Draw the choice of setting and seed, if there are several."""
    by_text = {json.dumps(each, sort_keys=True): each for each in settings}
    setting, seed = settings[0], seeds[0]
    if len(settings) > 1 or len(seeds) > 1:
        first, second = st.columns([3, 1])
        with first:
            names = list(by_text)
            text = st.selectbox(
                "Setting",
                names,
                format_func=lambda name: shown(by_text[name]),
                **STUDY_SETTING.widget(names),
            )
            setting = by_text[str(text)]
        with second:
            seed = int(st.selectbox("Seed", seeds, **STUDY_SEED.widget(seeds)) or 0)
    return setting, seed


def _matrix(evaluation: Evaluation, key: str) -> None:
    counts = evaluation.confusion
    values = confusion.values(counts, "rows")
    names = list(evaluation.classes)
    st.markdown(f"**Accuracy {evaluation.sentence()}**")
    plot.show(
        confusion_heatmap(
            Cells(values, confusion.texts(values, "rows"), names, confusion.UNITS["rows"]),
            dark=st.context.theme.type == "dark",
        ),
        key=f"{key} matrix",
        name="pooled confusion",
        alt=f"Pooled confusion matrix of {len(names)} classes over {evaluation.n:,} images",
    )
    for note in evaluation.notes:
        st.caption(note)
