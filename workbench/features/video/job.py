"""A job on a video as it goes: progress, cancel, and what to do when it stopped."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from workbench.app.jobs import Job
from workbench.features.video.model import reading
from workbench.widgets import job_progress


def done(job: Job, name: Hashable, title: str, key: str) -> bool:
    """Whether the job is done; if not, draw how far it is with a button that cancels it, or why it stopped."""
    if job.state == "done":
        return True
    if job.state == "failed":
        if job.problem == "It was cancelled.":
            st.info("It was cancelled; nothing of it was kept.", icon=":material/cancel:")
        else:
            st.error(job.problem, icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", key=f"again {key}", on_click=reading.again, args=(name,))
        return False
    job_progress.show(job, title)
    st.button("Cancel", icon=":material/cancel:", key=f"cancel {key}", on_click=reading.cancel, args=(name,))
    return False
