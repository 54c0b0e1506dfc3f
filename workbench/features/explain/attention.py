"""The network's own attention in full: every gate, every query, and attention rollout."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.explain.own_attention.maps import AttentionMap
from workbench import cache, state
from workbench.features.explain import attention_means
from workbench.features.explain.figures import gate_bars, weight_matrix
from workbench.features.explain.model import attention
from workbench.features.explain.subject import Subject
from workbench.heatmap import cached, network_drawing, own_attention, view
from workbench.heatmap.model import drawing
from workbench.heatmap.model.drawing import Display
from workbench.widgets import downloads, picture_grid, plot
from workbench.widgets.errors import guard
from workbench.widgets.picture_grid import Cell, Row

MODULE = state.Choice("explain.module")
QUERY_ROW = state.Number("explain.query row")
QUERY_COLUMN = state.Number("explain.query column")
GROUP = state.Number("explain.group", 1)

_LARGE, _SMALL = 264, 84


def show(subject: Subject, *, key: str) -> None:
    """Draw one module in full, then all modules in short.

    Raises:
        UserError: If the network cannot be loaded.
    """
    checkpoint = subject.checkpoint
    modules = cache.of_face(attention.modules, checkpoint, subject.pixels)
    if not modules:
        st.info(
            "This network has no attention module: nothing in it weighs places or channels. Choose another network, or "
            "look at its heatmaps under Compare, Methods.",
            icon=":material/info:",
        )
        return
    titles = [attention.title(module) for module in modules]
    by_name = {module.name: title for module, title in zip(modules, titles, strict=True)}
    network_drawing.fold(checkpoint, lambda: _drawing(checkpoint, by_name, key), key=key)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        title = st.selectbox("Module", titles, **MODULE.widget(titles))
    with right:
        _, _, display = view.choose_display()
    module = modules[titles.index(title)]
    draw = {"spatial": _spatial, "channel": _channel, "tokens": _tokens, "channels": _channels}[module.kind]
    draw(module, subject, display, key)
    buffer = io.BytesIO()
    np.save(buffer, module.weights[0], allow_pickle=False)
    downloads.button(
        "Weights, .npy",
        buffer.getvalue(),
        f"attention-{module.name}.npy",
        key=f"{key} npy",
        help=f"As the network used them, float32 {module.weights[0].shape}.",
    )
    flow = cache.of_face(attention.flow, subject.checkpoint, subject.pixels)
    if flow.values is not None:
        st.markdown("**Attention rollout**: which places the answer's tokens come from, residual paths included")
        drawn = drawing.spread_over_face(subject.pixels, flow.values, display, _LARGE)
        picture_grid.show(
            [Row("", "", [Cell(drawn, "Attention rollout", "Attention rollout over the face")])],
            side=_LARGE,
            label="Attention rollout",
        )
    else:
        st.caption(f"Attention rollout is not possible here: {flow.reason}.")
    st.header("All modules at a glance", anchor=False)
    own_attention.show(cached.own_attention(subject.checkpoint, subject.pixels), subject.framed.crop, display)
    if any(m.overlay is not None for m in modules):
        with guard("the means"):
            attention_means.show(subject, display, key=key)


def _drawing(checkpoint: Checkpoint, titles: Mapping[str, str], key: str) -> None:
    """The network as a drawing, in which a click on a block shows its attention.

    Args:
        titles: Of each attention module by its dotted name.
    """
    traced = network_drawing.of_checkpoint(checkpoint)
    inside = {
        block: [title for name, title in titles.items() if f"{name}.".startswith(f"{block}.")] for block in traced.names
    }
    buttons = [block for block, found in inside.items() if found]
    chosen = next((block for block, found in inside.items() if MODULE.get(list(titles.values())) in found), "")
    clicked = network_drawing.show(
        traced,
        title=checkpoint.name,
        key=f"{key} drawing",
        buttons=buttons,
        chosen=chosen,
        words="A click on a block with attention shows it below.",
    )
    if clicked is not None:
        MODULE.set(inside[clicked][0])
        st.rerun()


def _spatial(module: AttentionMap, subject: Subject, display: Display, key: str) -> None:
    assert module.map is not None and module.overlay is not None
    values, side = module.map[0], subject.pixels.shape[0]
    cells = np.asarray(drawing.fitted_map(values, side))
    picture_grid.show(
        [
            Row(
                "",
                "",
                [
                    Cell(
                        drawing.spread_over_face(subject.pixels, drawn, display, _LARGE),
                        f"{words}: {values.min():.3g} (dark) to {values.max():.3g} (bright)",
                        f"{module.title} over the face, {words}",
                    )
                    for words, drawn in (("smooth", module.overlay[0]), ("its own cells", cells))
                ],
            )
        ],
        side=_LARGE,
        label="Spatial gate over the face",
    )
    st.caption(
        f"One gate a place, shared by all channels, mean {values.mean():.3g}. A gate that is nearly the same "
        "everywhere changes little, however bright its image."
    )


def _channel(module: AttentionMap, subject: Subject, display: Display, key: str) -> None:
    gates = module.weights[0]
    alt = f"{module.title}: {len(gates)} gates from {gates.min():.3g} to {gates.max():.3g}"
    plot.show(gate_bars(gates), key=f"{key} bars", alt=alt)
    channels = attention.channel_maps(module, subject.pixels.shape[0])
    if not channels:
        return
    st.markdown("**What the channels with the highest and the lowest gates hold**, before the gate")
    cells = [
        Cell(
            drawing.spread_over_face(subject.pixels, values, display, _SMALL),
            f"channel {channel}, gate {gate:.2f}",
            f"Feature map of channel {channel} over the face",
        )
        for channel, gate, values in channels
    ]
    picture_grid.show(
        [Row("", "", cells[start : start + 6]) for start in range(0, len(cells), 6)],
        side=_SMALL,
        label="Feature maps by gate",
    )


def _tokens(module: AttentionMap, subject: Subject, display: Display, key: str) -> None:
    if module.query_grid is None or min(module.query_grid) < 2:
        st.caption("Its tokens make no grid over the face, so the weights are shown as a matrix.")
        weights = module.weights[0].reshape(-1, module.weights.shape[-1])
        plot.show(weight_matrix(weights, "tokens", "tokens"), key=f"{key} matrix", alt="Attention weights as a matrix")
        return
    rows, columns = module.query_grid
    side = subject.pixels.shape[0]
    left, right = st.columns(2)
    with left:
        row = int(st.slider("Query, row", **QUERY_ROW.widget((rows + 1) // 2, 1, rows))) - 1
    with right:
        column = int(st.slider("Query, column", **QUERY_COLUMN.widget((columns + 1) // 2, 1, columns))) - 1
    query_weights = attention.query_map(module, row, column, side)
    assert module.overlay is not None
    large = drawing.spread_over_face(subject.pixels, query_weights, display, _LARGE)
    cells = [
        Cell(
            attention.with_query(large, module, row, column),
            f"where the query in the frame looks: weights {query_weights.min():.2g} to {query_weights.max():.2g}",
            f"Attention of the query in row {row + 1}, column {column + 1}, over the face",
        ),
        Cell(
            drawing.spread_over_face(subject.pixels, module.overlay[0], display, _LARGE),
            "what each place receives, the mean over all queries",
            "Attention received, over the face",
        ),
    ]
    picture_grid.show([Row("", "", cells)], side=_LARGE, label="Attention of one query, and of all")
    down, across = attention.query_places(module)
    st.markdown("**A map for every query**, each at its query's place on the face")
    small = [
        Row("", "", [_query(module, r, c, subject, display, strong=(r, c) == (row, column)) for c in across])
        for r in down
    ]
    picture_grid.show(small, side=64, label="Attention of every query")
    thinned = "" if len(down) == rows and len(across) == columns else f" {len(down)} x {len(across)} of them are shown."
    st.caption(f"{rows} x {columns} queries.{thinned} Each map has its own scale.")


def _query(module: AttentionMap, row: int, column: int, subject: Subject, display: Display, *, strong: bool) -> Cell:
    values = attention.query_map(module, row, column, subject.pixels.shape[0])
    drawn = drawing.spread_over_face(subject.pixels, values, display, 64)
    marked = attention.with_query(drawn, module, row, column)
    return Cell(marked, "", f"Query in row {row + 1}, column {column + 1}", strong)


def _channels(module: AttentionMap, subject: Subject, display: Display, key: str) -> None:
    groups = module.weights.shape[1]
    group = 1
    if groups > 1:
        group = int(st.slider("Group", **GROUP.widget(1, 1, groups)))
    weights = module.weights[0, group - 1]
    alt = f"{module.title}: weights between channels"
    plot.show(weight_matrix(weights, "channels", "channels"), key=f"{key} matrix", alt=alt)
    st.caption("Attention between channels has no place on the face; each row sums to one.")
