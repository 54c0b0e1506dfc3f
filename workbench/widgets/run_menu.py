"""A menu for a run, or for the runs of a study: rename, hide, and delete after a question."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.training.runs import labels
from fer_models.training.runs.run import Run
from workbench import shared, state
from workbench.widgets.errors import guard

#: Menus in which Delete was pressed.
ASKED = state.Kept("widgets.delete asked", default=False)


def show(runs: Sequence[Run], *, key: str) -> None:
    """Draw the menu.

    Args:
        runs: One, or the runs of a study, which are hidden and deleted together.
        key: Prefix of the widgets' keys.
    """
    name = runs[0].id if len(runs) == 1 else f"these {len(runs)} runs"
    menu = st.popover("Manage", icon=":material/more_horiz:", type="tertiary", key=f"{key} menu", help=f"Manage {name}")
    with menu, guard("the change of the run"):
        if len(runs) == 1:
            _rename(runs[0], key)
        _hide(runs, key)
        _delete(runs, name, key)


def _rename(run: Run, key: str) -> None:
    old = labels.label_of(run).title
    with st.form(f"{key} rename", border=False):
        title = st.text_input("Name", old, key=f"{key} name {old}", placeholder=run.id, max_chars=80)
        if st.form_submit_button("Rename", icon=":material/edit:"):
            labels.set_title(run, str(title or ""))
            st.rerun()


def _hide(runs: Sequence[Run], key: str) -> None:
    hidden = all(labels.label_of(run).hidden for run in runs)
    label, icon = ("Show in lists", "visibility") if hidden else ("Hide from lists", "visibility_off")
    if st.button(label, key=f"{key} hide", icon=f":material/{icon}:", help="Nothing is deleted."):
        for run in runs:
            labels.hide(run, hidden=not hidden)
        st.rerun()


def _delete(runs: Sequence[Run], name: str, key: str) -> None:
    active = any(run.status().active for run in runs)
    asked = ASKED.of(name)
    if not asked.get():
        st.button(
            "Delete",
            key=f"{key} delete",
            icon=":material/delete:",
            disabled=active,
            help="Cancel the training first." if active else None,
            on_click=asked.set,
            args=(True,),
        )
        return
    st.markdown(f"Delete {name} with weights, curves and log? This cannot be undone.")
    with st.container(horizontal=True):
        if st.button("Delete for good", key=f"{key} delete now", type="primary", icon=":material/delete:"):
            asked.set(None)
            for run in runs:
                labels.delete(run)
                if shared.CHECKPOINT.get() == run.id:
                    shared.CHECKPOINT.set(None)
            st.rerun()
        st.button("Keep", key=f"{key} keep", on_click=asked.set, args=(None,))
