"""Progress of a training run: state, speed, curves, log, read from the run folder."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from fer_models.training.watch.faces import FACES
from workbench import navigation, state
from workbench.app import runs
from workbench.app.runs import Progress
from workbench.app.wording import percent
from workbench.features.train import classes, compare
from workbench.features.train.figures import learning_curve
from workbench.features.train.model import curves
from workbench.heatmap import watched
from workbench.heatmap.model import watched as watched_model
from workbench.widgets import plot
from workbench.widgets.errors import guard

_QUANTITIES: tuple[Literal["loss", "accuracy"], ...] = ("loss", "accuracy")
_ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/play_circle:",
    "finished": ":material/check_circle:",
    "cancelled": ":material/stop_circle:",
    "failed": ":material/error:",
    "lost": ":material/link_off:",
}
OF_THE_RUN = state.Choice("train.of the run", default="Curves", address=False)


def show(run_id: str, *, key: str) -> None:
    """Draw a run, every second while it is active."""
    before = runs.progress(runs.find(run_id))

    @st.fragment(run_every=1.0 if before.active else None)
    def live() -> None:
        with guard("the progress of this run"):
            progress = runs.progress(runs.find(run_id))
            if progress.state != before.state:
                st.rerun()  # the list of runs, too, says what it is doing
            _draw(progress, key)

    live()


def _log(run_id: str) -> None:
    st.code(runs.log_tail(run_id) or "The log is empty so far.", language=None, height=240, wrap_lines=True)
    st.caption("To see all runs in TensorBoard:")
    st.code(curves.tensorboard_command(), language="bash")


def _draw(progress: Progress, key: str) -> None:
    words, buttons = st.columns([5, 2], vertical_alignment="center")
    with words:
        st.markdown(f"{_ICONS[progress.state]} **{progress.headline}**")
    with buttons:
        _actions(progress, key)
    waiting = progress.message if progress.active else ""
    st.progress(progress.fraction, text=f"{100 * progress.fraction:.0f} % · {progress.detail or waiting}")
    if progress.state in ("failed", "lost") and progress.message:
        st.warning(progress.message, icon=_ICONS[progress.state])
    if progress.state == "finished" and progress.checkpoint is not None:
        _ends(progress)
    names = ["Curves", "Classes", "Compare", "Log"]
    part = st.segmented_control(
        "Show",
        names,
        label_visibility="collapsed",
        required=True,
        **OF_THE_RUN.widget(names),
    )
    if part == "Log":
        _log(progress.run_id)
    elif part == "Curves":
        _curves(progress, key)
    elif not progress.rows:
        st.caption("Figures appear after the first epoch." if progress.active else "No epoch was completed.")
    elif part == "Classes":
        classes.show(progress, key)
    else:
        compare.show(progress, key)


def _curves(progress: Progress, key: str) -> None:
    rows, losses = progress.rows, curves.losses(progress.run_id)
    if not rows and not losses:
        st.caption("Curves appear with the first training step." if progress.active else "No epoch was completed.")
        return
    measured = "the first epoch is not complete"
    if rows:
        measured = f"after epoch {rows[-1]['epoch']} the validation accuracy is {percent(rows[-1]['val_accuracy'])}"
    for column, quantity in zip(st.columns(2), _QUANTITIES, strict=True):
        with column:
            plot.show(
                learning_curve(rows, quantity, progress.epochs, progress.best_epoch, losses),
                key=f"{key} {quantity} {progress.run_id}",
                name=quantity,
                alt=f"{quantity} by epoch; {measured}",
            )
    st.caption("Dashed line: the best epoch, whose weights are kept. Thin line: loss within the epochs.")
    st.markdown(f"**{FACES} faces, epoch by epoch**")
    _faces(progress)
    compare.show_rate(progress, key)


def _faces(progress: Progress) -> None:
    source = watched_model.of_run(runs.find(progress.run_id))
    seen = watched.history(source)
    if seen is not None:
        watched.row(source, seen)
    elif progress.active:
        st.caption(f"After the first epoch, {FACES} faces appear here with their heatmaps and class scores.")
    else:
        st.caption("This run has no faces to show: it ended in its first epoch, or an earlier version trained it.")


def _actions(progress: Progress, key: str) -> None:
    with st.container(horizontal=True, horizontal_alignment="right"):
        if progress.active:
            label = "Cancelling" if progress.stopping else "Cancel"
            if st.button(label, key=f"{key} cancel", disabled=progress.stopping, icon=":material/stop:"):
                runs.cancel(progress.run_id)
                st.rerun()
        if progress.resumable:
            _resume(progress, key)
        if progress.checkpoint is not None:
            _link("explain", "Open in Explain", "visibility", {"checkpoint": progress.run_id})


def _ends(progress: Progress) -> None:
    """Draw links to what the finished run can be asked now."""
    run = progress.run_id
    with st.container(horizontal=True):
        _link("confusion", "Its confusion matrix", "grid_on", {"checkpoint": run, "data": progress.data})
        _link("clusters", "Its map of faces, by epoch", "scatter_plot", {"checkpoint": run, "epochs run": run})
        beside = runs.shipped_beside(progress.data)
        if beside is not None:
            query = {"section": "On the same faces", "networks": f"{run},{beside}", "data": progress.data}
            _link("compare", f"Compare with {beside}", "balance", query)
        _link("explain", "Through training", "movie", {"checkpoint": run, "tab": "training"})


def _link(page: str, label: str, icon: str, query: dict[str, str]) -> None:
    st.page_link(navigation.page(page), label=label, icon=f":material/{icon}:", query_params=query)


def _resume(progress: Progress, key: str) -> None:
    """Draw the ways on; after a damaged state there are two, where a checkpoint was saved."""
    if progress.damaged and progress.checkpoint is not None:
        label = f"Continue from epoch {progress.best_epoch}, the best"
        if st.button(label, key=f"{key} from best", icon=":material/play_arrow:"):
            runs.resume(progress.run_id, from_best=True)
            st.rerun()
    label, icon = ("Start again", "replay") if progress.damaged else ("Resume", "play_arrow")
    if st.button(label, key=f"{key} resume", icon=f":material/{icon}:"):
        runs.resume(progress.run_id)
        st.rerun()
