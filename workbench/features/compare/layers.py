"""The layers of one network, or of two side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.layer_names import block_title
from workbench import navigation, state
from workbench.features.compare import separable
from workbench.features.compare.model import networks, networks_table
from workbench.features.compare.model.networks import Entry
from workbench.heatmap import network_drawing
from workbench.widgets import downloads
from workbench.widgets.errors import guard

_NOTHING = ""
_USUAL = ("fcsdnet", "resnet18")
NETWORK = state.Choice("compare.network")
BESIDE = state.Choice("compare.beside")
BLOCK = state.Choice("compare.block", address=False)
_MARK = "background-color: rgba(196, 106, 45, 0.2)"


def show(entries: Sequence[Entry], *, key: str) -> None:
    """Two choices, and a table for each that is made."""
    named = {entry.key: entry for entry in entries}
    trained = [entry.key for entry in entries if entry.checkpoint is not None]
    usual = [*trained[:2], *(name for name in _USUAL if name not in trained)]
    first, second = st.columns(2, gap="medium")
    with first:
        first_entry = _choice("Network", named, list(named), NETWORK, usual[0])
    with second:
        second_entry = _choice("Compare with", named, [_NOTHING, *named], BESIDE, usual[1])
    chosen = {"one": first_entry, "other": second_entry}
    blocks = {name: _drawing(entry, f"{key} {name}") for name, entry in chosen.items() if entry is not None}
    for column, (name, entry) in zip(st.columns(2, gap="medium"), chosen.items(), strict=True):
        with column:
            if entry is not None:
                _table(entry, blocks[name], f"{key} {name}")


def _drawing(entry: Entry, key: str) -> str:
    """Draw a network; returns the block that is chosen in it, empty for none."""
    choice = BLOCK.of(entry.key)
    with guard(f"the drawing of {entry.name}"):
        st.markdown(f"**{entry.name}**")
        traced = network_drawing.trace(entry.network, entry.options, (entry.channels, entry.size))
        names = ["", *traced.names]
        before = choice.get(names)
        clicked = network_drawing.show(
            traced,
            title=entry.name,
            key=f"{key} drawing",
            buttons=traced.names,
            chosen=before,
            words="A click on a block shows its layers alone in the table; another click, all.",
        )
        if clicked is not None:
            choice.set("" if clicked == before else clicked)
            st.rerun()
        layer = traced.layers.get(before)
        if layer is not None and entry.checkpoint is not None:
            st.page_link(
                navigation.page("explain"),
                label=f"Explain a face with the layer “{layer}”",
                icon=":material/visibility:",
                query_params={"checkpoint": entry.checkpoint.name, "layer": layer},
            )
        separable.show(entry, key=key)
        return str(before)
    return ""


def _choice(
    label: str, named: dict[str, Entry], options: list[str], choice: state.Choice, default: str | None
) -> Entry | None:
    key_chosen = st.selectbox(
        label,
        options,
        format_func=lambda key: named[key].name if key else "nothing",
        **choice.widget(options, default),
    )
    return named.get(key_chosen)


def _table(entry: Entry, block: str, key: str) -> None:
    with guard(f"the layers of {entry.name}"):
        rows = networks.layer_rows(entry)
        if block:
            rows = [row for row in rows if f"{row.name}.".startswith(f"{block}.")]
            st.markdown(f"**{block_title(block)}**")
        parameters, macs = sum(row.parameters for row in rows), sum(row.macs for row in rows)
        st.markdown(
            f"{entry.size} x {entry.size} x {entry.channels} · {parameters:,} parameters · {macs / 1e6:,.1f} MMACs"
        )
        mark = f"{networks_table.MARK} " if any(row.attention for row in rows) else ""
        st.caption(f"{mark}{networks.attention_share(rows)} {networks.source(entry)}")
        table = networks_table.layer_table(rows)
        marked = [row.attention for row in rows]
        st.dataframe(
            table.style.apply(lambda row: [_MARK if marked[row.name] else ""] * len(row), axis=1),
            key=f"{key} layers",
            hide_index=True,
            height=420,
            column_config={
                "Layer": st.column_config.TextColumn(width=236),
                "Output": st.column_config.TextColumn(width=88, help="Without the batch: channels, height, width."),
                "Parameters": st.column_config.NumberColumn(format="localized", width=84),
                "MMACs": st.column_config.NumberColumn(format="%.2f", width=62, help="Million multiply-accumulates."),
            },
        )
        _download(entry, networks_table.layer_csv(rows), key)


def _download(entry: Entry, content: str, key: str) -> None:
    name = "-".join(entry.key.split())
    downloads.button("Layers, CSV", content, f"layers-{name}-{entry.size}.csv", key=f"{key} csv")
