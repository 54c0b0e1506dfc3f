"""Runs under way, with their progress as it happens."""

from __future__ import annotations

import streamlit as st

from fer_models.errors import UserError
from fer_models.training.runs.run import Run
from workbench import navigation
from workbench.app import runs
from workbench.widgets.errors import guard


def show() -> None:
    """Draw the runs under way, every two seconds; nothing where there are none."""
    if not _active():
        return
    st.header("Runs under way", anchor=False)

    @st.fragment(run_every=2.0)
    def live() -> None:
        active = _active()
        if not active:
            st.rerun()
        for run in active:
            with guard(f"the run {run.id}"):
                _draw(run)

    live()


def _active() -> list[Run]:
    return [run for run in runs.runs() if run.status().active]


def _draw(run: Run) -> None:
    try:
        progress = runs.progress(run)
    except UserError:
        _link(run.id, f"{run.id} · cannot be read")
        return
    _link(run.id, progress.title)
    st.progress(progress.fraction, text=" · ".join(part for part in (progress.headline, progress.detail) if part))


def _link(run_id: str, label: str) -> None:
    st.page_link(navigation.page("train"), label=label, icon=":material/play_circle:", query_params={"run": run_id})
