"""The choice of a run: a study's folds are one entry that unfolds, hidden runs are left out unless asked for."""

from __future__ import annotations

import streamlit as st

from fer_models.training.runs.labels import label_of
from workbench import state
from workbench.app import run_entries, runs
from workbench.app.run_entries import Entry
from workbench.features.train import form
from workbench.widgets import run_menu

HIDDEN = state.Toggle("train.hidden runs")
#: The run of a study.
TRIAL = state.Choice("train.trial", address=False)


def show() -> str | None:
    """Draw the lists and the menu of the chosen run; return its id, or ``None`` if all runs are hidden."""
    requested = str(form.RUN.get() or "")
    everything = run_entries.entries(hidden=True)
    hidden = sum(label_of(run).hidden for entry in everything for run in entry.runs)
    visible = everything if HIDDEN.get() else run_entries.entries()
    named = [entry for entry in everything if requested in {run.id for run in entry.runs}]
    shown = visible if not named or _holds(visible, requested) else [*named, *visible]
    run_id = None
    left, right = st.columns([8, 2], vertical_alignment="bottom")
    with left:
        if shown:
            run_id = _choose(shown, requested)
        else:
            st.info("All runs are hidden.", icon=":material/visibility_off:")
    with right:
        if run_id is not None:
            run_menu.show([runs.find(run_id)], key="train")
        if hidden:
            st.toggle(f"Show hidden ({hidden})", **HIDDEN.widget())
    return run_id


def _choose(shown: list[Entry], requested: str) -> str:
    # An entry is called by one of its runs: by the requested one where it has that.
    heads = {}
    for entry in shown:
        ids = [run.id for run in entry.runs]
        heads[requested if requested in ids else ids[0]] = entry
    head = str(
        st.selectbox("Run", list(heads), format_func=lambda name: _words(heads[name]), **form.RUN.widget(list(heads)))
    )
    entry = heads[head]
    if not entry.title:
        return head
    known, ids = run_entries.parts(), [run.id for run in entry.runs]
    of_study = TRIAL.of(ids[0])
    of_study.set(head)
    titles = {run.id: f"{known[run.id].label} · {runs.label(run)}" for run in entry.runs}
    return str(
        st.selectbox(
            "Run of this study",
            ids,
            format_func=titles.__getitem__,
            **of_study.widget(ids, then=lambda: form.RUN.set(of_study.get(ids))),
        )
    )


def _holds(entries: list[Entry], requested: str) -> bool:
    return any(run.id == requested for entry in entries for run in entry.runs)


def _words(entry: Entry) -> str:
    return f"{entry.title}: {len(entry.runs)} runs" if entry.title else runs.label(entry.runs[0])
