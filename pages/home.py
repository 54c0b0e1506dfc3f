"""Home: this machine, the trained networks, the data sets, the runs under way, and the way to every page."""

from __future__ import annotations

import streamlit as st

from workbench import navigation
from workbench.app import inventory, machine, runs
from workbench.app.wording import interval, measured_on, percent, selection, size
from workbench.widgets import empty, heading, table
from workbench.widgets.errors import guard


def _machine() -> None:
    computer = machine.describe()
    parts = [f"{computer.processor}, {computer.cores} {'core' if computer.cores == 1 else 'cores'}"]
    if computer.memory:
        parts.append(f"{size(computer.memory)} of memory")
    parts.append(", ".join(computer.gpus) if computer.gpus else "no GPU: training runs on the processor")
    st.markdown(f"**This computer**: {' · '.join(parts)}")


def _networks() -> None:
    st.subheader("Trained networks", anchor=False)
    networks = inventory.trained_networks()
    rows = []
    for network in inventory.usable(networks).values():
        metric = network.accuracy
        if metric is None:
            rows.append((network.title, "not measured", "", "", ""))
            continue
        chosen_by = [selection(str(metric["selection"]))] if metric.get("selection") else []
        how = " · ".join([measured_on(metric), *chosen_by])
        rows.append((network.title, percent(metric["value"]), interval(metric), f"{metric.get('n', 0):,}", how))
    if rows:
        table.show(
            ("Network", "Accuracy", "95 % interval", "n", "Measured on"),
            rows,
            right=(1, 2, 3),
            label="Trained networks",
        )
    else:
        empty.show("No trained network yet.", page="train", label="Train a network", key="nothing trained")
    for network in networks:
        if network.problem:
            st.warning(network.problem, icon=":material/warning:")


def _runs() -> None:
    active = [run for run in runs.runs() if run.status().active]
    st.subheader("Runs under way", anchor=False)
    if not active:
        st.caption("None.")
    for run in active:
        with guard(f"the run {run.id}"):
            title, _, facts = runs.label(run).partition(" · ")
            st.page_link(
                navigation.page("train"), label=title, icon=":material/play_circle:", query_params={"run": run.id}
            )
            st.caption(facts)


def _data_sets() -> None:
    st.subheader("Data sets", anchor=False)
    rows = [(item.title, item.location) for item in inventory.data_sets()]
    table.show(("Data set", "Where"), rows, label="Data sets at hand")


def _pages() -> None:
    st.subheader("Pages", anchor=False)
    for page in (page for page in navigation.PAGES if page.key != navigation.FIRST):
        with st.container(gap=None):
            st.page_link(navigation.page(page.key), label=f"**{page.title}**", icon=f":material/{page.icon}:")
            st.caption(page.question)


heading.show("home", title="FER Workbench")
with guard("the description of this computer"):
    _machine()
left, right = st.columns([5, 2], gap="large")
with left:
    with guard("the list of trained networks"):
        _networks()
    with guard("the list of runs"):
        _runs()
    with guard("the list of data sets"):
        _data_sets()
with right:
    _pages()
