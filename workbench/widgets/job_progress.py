"""A job in the background as it goes; the page stays usable, and a reload finds the job again."""

from __future__ import annotations

import streamlit as st

from workbench.app.jobs import Job
from workbench.app.wording import duration


def show(job: Job, title: str) -> None:
    """Draw how far a waiting or running job is, every second, and draw the whole page anew when it ends."""

    @st.fragment(run_every=1.0)
    def live() -> None:
        if not job.active:
            st.rerun()
        left = job.seconds_left
        about = f", about {duration(left)} left" if left is not None and left >= 1 else ""
        st.progress(job.fraction, text=f"{title}: {job.what}{about}")

    live()
