"""Progress of a training run: state, speed, curves, log, read from the run folder."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from workbench import navigation, state
from workbench.app import runs
from workbench.app.runs import Progress
from workbench.app.wording import percent
from workbench.features.train import classes, compare
from workbench.features.train.figures import learning_curve
from workbench.features.train.model import curves
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
    active = runs.progress(runs.find(run_id)).active

    @st.fragment(run_every=1.0 if active else None)
    def live() -> None:
        with guard("the progress of this run"):
            progress = runs.progress(runs.find(run_id))
            if active and not progress.active:
                st.rerun()
            _draw(progress, key)

    live()


def _log(run_id: str) -> None:
    st.code(runs.log_tail(run_id) or "The log is empty so far.", language=None, height=240, wrap_lines=True)
    st.caption("All runs in TensorBoard, beside this app:")
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
    elif not progress.rows:
        st.caption(
            "The curves begin when the first epoch is complete." if progress.active else "No epoch was complete."
        )
    elif part == "Classes":
        classes.show(progress, key)
    elif part == "Compare":
        compare.show(progress, key)
    else:
        _curves(progress, key)


def _curves(progress: Progress, key: str) -> None:
    last = progress.rows[-1]
    for column, quantity in zip(st.columns(2), _QUANTITIES, strict=True):
        with column:
            plot.show(
                learning_curve(progress.rows, quantity, progress.epochs, progress.best_epoch),
                key=f"{key} {quantity} {progress.run_id}",
                alt=f"{quantity} by epoch; after epoch {last['epoch']} the validation accuracy is "
                f"{percent(last['val_accuracy'])}",
            )
    st.caption("Dashed line: the best epoch, whose weights are kept.")
    compare.show_rate(progress, key)


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
            st.page_link(
                navigation.page("explain"),
                label="Open in Explain",
                icon=":material/visibility:",
                query_params={"checkpoint": progress.run_id},
            )


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
