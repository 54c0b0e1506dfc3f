"""The tray at the foot of the sidebar: the jobs under way, of all pages and visitors, each with a button to stop it."""

from __future__ import annotations

import streamlit as st

from workbench.app import jobs


def show() -> None:
    """Draw the jobs under way and follow them; nothing where there are none."""
    if not jobs.under_way():
        return

    @st.fragment(run_every=1.0)
    def live() -> None:
        under_way = jobs.under_way()
        if not under_way:
            st.rerun()
        for number, job in enumerate(under_way):
            words, button = st.columns([3, 1], vertical_alignment="center", gap="small")
            with words:
                st.progress(job.fraction, text=f"**{job.name}**, {job.short_status}")
            with button:
                st.button(
                    "Stop",
                    key=f"tray {number} {job.name}",
                    on_click=job.cancel,
                    disabled=job.stopping,
                    type="tertiary",
                    help=f"Stop {job.name}: {job.status}",
                )

    with st.sidebar, st.container(key="tray", gap="xsmall"):
        live()
