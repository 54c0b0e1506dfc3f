"""The leaderboard of explanation methods, with reference maps that do not use the network."""

from __future__ import annotations

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.data.builtin import NAME as BUILT_IN
from fer_models.evaluation.sentence import images_text
from fer_models.explain import EXPLAINERS
from fer_models.explain.benchmark.run import USUAL_METHODS, Leaderboard
from fer_models.explain.benchmark.table import leaderboard_csv, leaderboard_latex
from workbench import cache, state
from workbench.features.heatmaps.model import leaderboard
from workbench.features.heatmaps.model.leaderboard import COUNTS, Question
from workbench.widgets import downloads, table
from workbench.widgets import job as job_view

_SETS = {"quick": "the quick ones", "all": "all, some minutes"}
HEATMAP_SOURCE = state.Choice("heatmaps.heatmap-source")
HEATMAP_METHODS = state.Choice("heatmaps.heatmap-methods", _SETS)
HEATMAP_FACES = state.Choice("heatmaps.heatmap-faces", COUNTS)


def show(networks: dict[str, Checkpoint], data: str) -> None:
    """Draw the choices, then the tables, the progress, or the button that starts the measurement.

    Raises:
        UserError: If the data set cannot be opened.
    """
    sources = {BUILT_IN: "built-in faces: the truth is known"}
    if data != BUILT_IN:
        sources[data] = f"{data}: places from a template"
    first, second, third = st.columns(3)
    with first:
        source = st.selectbox(
            "Tested on", list(sources), format_func=sources.__getitem__, **HEATMAP_SOURCE.widget(list(sources))
        )
    with second:
        which = st.selectbox("Methods", list(_SETS), format_func=_SETS.__getitem__, **HEATMAP_METHODS.widget())
    with third:
        count = st.selectbox("Faces", list(COUNTS), format_func=COUNTS.__getitem__, **HEATMAP_FACES.widget())
    methods = USUAL_METHODS if which == "quick" else tuple(EXPLAINERS)
    question = Question(networks, cache.dataset(str(source)), methods, int(count))
    board = leaderboard.read(question)
    if board is None:
        board = _measured(question)
    if board is not None:
        _tables(board, str(source))


def _measured(question: Question) -> Leaderboard | None:
    job = leaderboard.find(question)
    if job is None:
        st.info(
            f"{len(question.methods)} methods and three reference maps on {question.count} faces and "
            f"{len(question.networks)} {'network' if len(question.networks) == 1 else 'networks'}: it takes a minute "
            "or more, runs in the background and is kept.",
            icon=":material/info:",
        )
        if st.button("Measure", type="primary", key="measure methods", icon=":material/play_arrow:"):
            leaderboard.start(
                question, lambda: {name: cache.classifier(one) for name, one in question.networks.items()}
            )
            st.rerun()
        return None
    if not job_view.finished(job, key="leaderboard"):
        return None
    board: Leaderboard = job.result
    return board


def _tables(board: Leaderboard, source: str) -> None:
    for network in board.networks:
        st.markdown(f"**{network}**")
        heads, rows, bold = leaderboard.rows(board, network)
        table.show(heads, rows, right=range(1, len(heads)), bold=bold, label=f"Tests of heatmap methods on {network}")
        st.markdown(leaderboard.sentence(board, network))
    faces = "built-in faces" if source == BUILT_IN else f"faces of {source}"
    unit = "person" if board.people else "image"
    st.caption(
        f"{images_text(board.n, board.people)}, {faces}, the labelled class explained; mean and 95 % bootstrap "
        f"interval. Bold: better than each other row by more than chance, compared {unit} by {unit}. A reference map "
        "knows nothing of the network: a method that does not beat it is not worth a look."
    )
    for note in board.notes:
        st.caption(note)
    with st.container(horizontal=True):
        for label, content, end in (
            ("CSV", leaderboard_csv(board), "csv"),
            ("LaTeX", leaderboard_latex(board), "tex"),
        ):
            downloads.button(label, content, f"methods-{source}.{end}", key=f"methods {end}")
