"""What was measured here on a data set and, separately, what a paper prints for it."""

from __future__ import annotations

import streamlit as st

from fer_models.architectures import ARCHITECTURES
from fer_models.papers import PAPERS
from fer_models.reproduction.origin import HEADS, cells, components
from workbench import navigation, state
from workbench.app import inventory
from workbench.features.compare.figures.printed_bars import grouped
from workbench.features.compare.model import papers, printed_bars, reproduce
from workbench.widgets import downloads, plot, table

PAPER = state.Choice("compare.paper")
PAPER_DATA = state.Choice("compare.paper data")
METRIC = state.Choice("compare.paper metric", address=False)
ROW = state.Choice("compare.row", address=False)


def show(*, key: str) -> None:
    """Draw the choice of paper and data set, the measured table, and the printed ones."""
    left, right = st.columns(2)
    networks = inventory.trained_networks()
    with left:
        keys = list(PAPERS)
        paper = str(
            st.selectbox(
                "Paper",
                keys,
                format_func=lambda k: f"{PAPERS[k].short}: {ARCHITECTURES[PAPERS[k].network].title}",
                **PAPER.widget(keys, papers.first_measured(keys, networks)),
            )
        )
    with right:
        names = papers.datasets(paper)
        usual = papers.usual_dataset(paper, networks)
        data = str(st.selectbox("Data set of the paper", names, **PAPER_DATA.widget(names, usual)))
    _measured(paper, data, key)
    _printed(paper, data, key)
    _bars(paper, key)
    _reproduce(paper, data, key)
    _whose(paper, key)


def _bars(paper: str, key: str) -> None:
    """One metric over all methods and data sets of the paper, with our figures beside it."""
    st.header("Over all data sets", anchor=False)
    names = printed_bars.metrics(paper)
    titles = papers.METRIC_TITLES
    metric = str(
        st.segmented_control(
            "Metric", names, format_func=titles.__getitem__, required=True, **METRIC.of(paper).widget(names)
        )
    )
    bars = printed_bars.bars(paper, metric, inventory.trained_networks())
    plot.show(
        grouped(bars, titles[metric]),
        key=f"{key} bars {paper} {metric}",
        alt=f"{titles[metric]} of each method on each data set of {PAPERS[paper].short}; the tables say the same.",
        tools="zoom",
    )
    st.caption(
        "Plain bars: printed, under the paper's own protocols. Hatched: the best network of this architecture measured "
        "here, with its 95 % interval; the table above says on what."
    )


def _reproduce(paper: str, data: str, key: str) -> None:
    """Links that fill the form of a study with the recipe, data and folds of a printed row or of a whole table."""
    choices = reproduce.links(paper, data)
    if not choices:
        return
    st.header("Reproduce", anchor=False)
    titles = list(choices)
    title = str(st.selectbox("Row or table", titles, **ROW.of(paper, data).widget(titles)))
    link = choices[title]
    st.code(link.command, language="bash")
    with st.container(horizontal=True):
        st.page_link(
            navigation.page("studies"),
            label="Reproduce this table" if link.table else "Reproduce this row",
            icon=":material/science:",
            query_params=link.query,
        )
        if link.twin is not None:
            st.page_link(
                navigation.page("studies"),
                label="The same without shared people",
                icon=":material/group_off:",
                query_params=link.twin,
            )
    if link.remark:
        st.caption(link.remark)


def _whose(paper: str, key: str) -> None:
    with st.expander("What is the paper's and what is ours", icon=":material/fact_check:", key=f"{key} whose"):
        rows = [cells(part) for part in components(paper)]
        st.caption(
            "Each part of its networks and of the recipes that follow it: paper, its author's code, or ours; with the "
            "place in the text or the reason."
        )
        table.show(HEADS, rows, label="Origin of each part")
        downloads.show(HEADS, rows, f"origin-{paper}.csv", key=f"{key} origin")


def _printed(paper: str, data: str, key: str) -> None:
    st.header(f"Printed: {PAPERS[paper].short}, {data}", anchor=False)
    st.caption(PAPERS[paper].citation)
    for number, protocol in enumerate(papers.protocols(paper, data)):
        figures = papers.printed(paper, data, protocol)
        st.markdown(f"Their protocol: {protocol}")
        table.show(figures.heads, figures.rows, right=papers.numbers(figures), label=f"Printed figures, {protocol}")
        downloads.show(
            (*figures.heads, "Protocol"),
            [(*row, protocol) for row in figures.rows],
            f"printed-{paper}-{number + 1}.csv",
            key=f"{key} printed {number}",
        )
    for note in papers.notes(paper, data):
        st.caption(note)


def _measured(paper: str, data: str, key: str) -> None:
    st.header("Measured here", anchor=False)
    figures = papers.measured(paper, data, inventory.trained_networks())
    if figures is None:
        st.info(
            f"No trained network was measured on {data} yet; train one on it, and its figures appear here.",
            icon=":material/info:",
        )
        st.page_link(navigation.page("train"), label="Train a network", icon=":material/model_training:")
        return
    st.caption(
        "With 95 % intervals, each under the protocol named beside it. The printed figures below are claims of their "
        "authors under another protocol, so no difference between the two tables is tested."
    )
    table.show(figures.heads, figures.rows, right=papers.numbers(figures), label=f"Measured here on {data}")
    downloads.show(figures.heads, figures.rows, f"measured-{paper}.csv", key=f"{key} measured")
