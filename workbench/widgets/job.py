"""A background job on a page: its name, how far it is, the time left, a way to stop it, and what ended it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from fer_models.errors import UserError
from fer_models.progress import Progress
from workbench import state
from workbench.app import jobs
from workbench.app.jobs import Job, Lane
from workbench.widgets.errors import guard

#: Seconds that a page waits for a job that it began, before it draws progress: most are done by then, and nothing
#: flickers.
_GRACE = 0.8
#: Key of the job that this session started last, for each widget.
_STARTED = state.Kept("widgets.job")


def finished(job: Job, *, key: str) -> bool:
    """Whether the job is done; if not, draw how far it is with a button that stops it, or what ended it.

    Args:
        job: May be in any state.
        key: Prefix of the widgets' keys.
    """
    if job.active:
        bar(job, key=key)
        return False
    if job.state == "done":
        return True
    if job.state == "cancelled":
        st.info(f"{job.name} was stopped.", icon=":material/info:")
    else:
        with guard():
            raise UserError(job.problem)
    st.button("Start again", key=f"{key} start again", on_click=_start_again, args=(job,), icon=":material/replay:")
    return False


def result(
    identity: Hashable,
    name: str,
    work: Callable[[Progress], Any],
    *,
    lane: Lane,
    key: str,
    ask: str = "",
) -> Any | None:
    """The result of a job that this page starts; ``None`` until there is one, after drawing what there is instead.

    A job that was started here with another identity is stopped: nobody looks at its result any more.

    Args:
        identity: Key of the job, see :func:`workbench.app.jobs.start`.
        name: Words for a person.
        work: Gets the progress callback and returns the result.
        lane: ``"short"`` or ``"long"``.
        key: Prefix of the widgets' keys.
        ask: Label of the button that starts it; without one it starts by itself, which is for work of less than a
            second.
    """
    known = jobs.find(identity)
    follow(None if known is None else identity, key=key)
    if known is None and ask and not st.button(ask, key=f"{key} start", type="primary", icon=":material/play_arrow:"):
        return None
    job = jobs.start(identity, name, work, lane=lane)
    follow(identity, key=key)
    if known is None and not job.wait(_GRACE) and ask:
        st.rerun()  # without the button, and with the job in the tray
    return job.result if finished(job, key=key) else None


def follow(identity: Hashable | None, *, key: str) -> None:
    """Note which job a widget shows; the one before it is stopped: nobody looks at its result any more.

    Args:
        identity: Key of the job, ``None`` while none was started.
        key: Of the widget.
    """
    shown = _STARTED.of(key)
    before = shown.get()
    if before is not None and before != identity:
        jobs.supersede(before)
    shown.set(identity)


def _start_again(job: Job) -> None:
    jobs.restart(job)


def bar(job: Job, *, key: str) -> None:
    """Draw how far a job is, every second, with a button that stops it; draw the whole page again when it ends."""

    @st.fragment(run_every=1.0)
    def live() -> None:
        if not job.active:
            st.rerun()
        progress(job, key=key)

    live()


def progress(job: Job, *, key: str) -> None:
    """Draw how far a job is now, with a button that stops it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.fraction, text=f"{job.name}: {job.status}")
        st.button("Stop", key=f"{key} stop", on_click=job.cancel, disabled=job.stopping, icon=":material/stop:")
