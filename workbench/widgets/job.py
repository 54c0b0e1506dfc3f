"""A long explanation on the page: its result, or how far it is, with a way to stop it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

from fer_models.errors import UserError
from workbench import state
from workbench.app import explain_jobs
from workbench.app.jobs import Progress
from workbench.widgets import job_progress
from workbench.widgets.errors import guard

T = TypeVar("T")
EXPLAIN_JOB = state.Kept("widgets.explain job")


def result(identity: Hashable, work: Callable[[Progress], T], title: str, *, key: str) -> T | None:
    """The job's result; ``None`` while it runs, after it was stopped, or when it failed, all of which is shown.

    Args:
        identity: tells this job from all others, so that a reload finds it again.
        work: gets a function to report progress to.
    """
    before = EXPLAIN_JOB.get()
    if before is not None and before != identity:
        explain_jobs.supersede(before)
    EXPLAIN_JOB.set(identity)
    job = explain_jobs.start(identity, work)
    if job.state == "done":
        found: Any = job.result
        return found
    if job.active:
        st.button(
            "Cancel", key=f"{key} cancel", on_click=explain_jobs.cancel, args=(identity,), icon=":material/close:"
        )
        job_progress.show(job, title)
        return None
    if explain_jobs.was_cancelled(job):
        st.info(f"{title} was cancelled.", icon=":material/info:")
    else:
        with guard():
            raise UserError(job.problem)
    st.button(
        "Begin again", key=f"{key} again", on_click=explain_jobs.again, args=(identity,), icon=":material/replay:"
    )
    return None
