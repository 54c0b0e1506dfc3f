"""The queue: waiting runs in order, with buttons to move or remove each."""

from __future__ import annotations

import streamlit as st

from fer_models.training.runs import side_by_side
from workbench.app import machine, runs
from workbench.features.train.model import queue
from workbench.widgets.errors import guard


def show() -> None:
    """Draw the waiting runs, if any, every two seconds."""
    if not queue.waiting():
        return

    @st.fragment(run_every=2.0)
    def live() -> None:
        with guard("the queue"):
            _draw()

    live()


def _draw() -> None:
    order = queue.waiting()
    if not order:
        st.rerun()
    at_work = queue.at_work()
    st.markdown(f"**Queue** · {len(order)} waiting" + (f" for {at_work}" if at_work else ""))
    _side_by_side()
    last = len(order) - 1
    for position, run in enumerate(order):
        with st.container(horizontal=True, vertical_alignment="center", key=f"queue {run.run_id}"):
            st.markdown(f"{position + 1}. {run.title}", help=f"Run {run.run_id}")
            about = f"{run.title}, place {position + 1}"
            for icon, words, steps, off in (
                (":material/arrow_upward:", "Earlier", -1, position == 0),
                (":material/arrow_downward:", "Later", 1, position == last),
            ):
                key = f"queue {run.run_id} {words}"
                if st.button(words, key=key, icon=icon, help=f"{words}: {about}", disabled=off):
                    queue.move(run.run_id, steps)
                    st.rerun()
            if st.button("Remove", key=f"queue {run.run_id} remove", icon=":material/close:", help=f"Cancel {about}"):
                runs.cancel(run.run_id)
                st.rerun()


def _side_by_side() -> None:
    """Choose how many runs train at once; waiting ones start when there is a place."""
    count = queue.at_once()
    if count is None:
        return
    gpu = bool(machine.describe().gpus)
    chosen = st.number_input(
        "Train side by side" + (", on each GPU" if gpu else ""),
        1,
        side_by_side.MOST,
        count,
        key="queue side by side",
        width=220,
        help="Small networks leave a GPU half idle: two to four side by side finish sooner than one after another."
        if gpu
        else "The runs share the cores; more than one at once helps with small networks on many cores.",
    )
    if chosen != count:
        queue.choose_at_once(int(chosen))
        st.rerun()
