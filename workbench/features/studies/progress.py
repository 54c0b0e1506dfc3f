"""Progress of a study: finished and running runs, and buttons to cancel or resume."""

from __future__ import annotations

import streamlit as st

from workbench.features.studies.model import studies, tables
from workbench.features.studies.model.studies import Progress
from workbench.widgets.errors import guard

_ICONS = {True: ":material/play_circle:", False: ":material/pause_circle:"}


def show(study_id: str, *, key: str) -> Progress:
    """Draw the progress every two seconds while the study runs; rerun the page when a run has ended."""
    first = studies.progress(study_id)

    @st.fragment(run_every=2.0 if first.active else None)
    def live() -> None:
        with guard("the progress of this study"):
            now = studies.progress(study_id)
            if first.active and (not now.active or _finished(now) != _finished(first)):
                st.rerun()
            _draw(now, key)

    live()
    return first


def _finished(progress: Progress) -> int:
    return sum(result.state == "finished" for result in progress.results)


def _draw(progress: Progress, key: str) -> None:
    words, buttons = st.columns([5, 2], vertical_alignment="center")
    icon = ":material/check_circle:" if progress.complete else _ICONS[progress.active]
    words.markdown(f"{icon} **{progress.headline}**")
    with buttons, st.container(horizontal=True, horizontal_alignment="right"):
        if progress.active:
            stopping = progress.cancelled
            label = "Cancelling" if stopping else "Cancel"
            if st.button(label, key=f"{key} cancel", disabled=stopping, icon=":material/stop:"):
                studies.cancel(progress.study.id)
                st.rerun()
        elif not progress.complete and st.button("Resume", key=f"{key} resume", icon=":material/play_arrow:"):
            studies.resume(progress.study.id)
            st.rerun()
    text = f"{100 * progress.fraction:.0f} %" + (f" · {progress.detail}" if progress.detail else "")
    st.progress(progress.fraction, text=text)
    problems = {r.trial.run for r in progress.results if r.state in ("failed", "lost")}
    if problems:
        st.warning(
            f"{len(problems)} {'run' if len(problems) == 1 else 'runs'} stopped early; the log on the Train page "
            "says why. Resume continues from the last complete epoch.",
            icon=":material/error:",
        )
    with st.expander(f"All {len(progress.results)} runs", icon=":material/list:"):
        st.dataframe(
            tables.runs(progress.study, progress.results),
            key=f"{key} runs",
            hide_index=True,
            height=min(420, 38 + 35 * len(progress.results)),
            column_config={
                **{f"{title}, %": st.column_config.NumberColumn(format="%.2f") for title in tables.TITLES.values()},
                "Training, s": st.column_config.NumberColumn(format="%.0f"),
                "Run": st.column_config.LinkColumn(display_text="Open in Train"),
            },
            placeholder="",
            alt="State and figures of every run of the study",
        )
