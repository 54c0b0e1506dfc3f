"""Which class of a data set counts as which class of a network: matched by name, changed by hand, listed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.errors import UserError
from fer_models.evaluation.class_match import LabelMap, parse_label_map
from fer_models.evaluation.comparison.label_maps import label_lines, map_choices, map_text
from fer_models.evaluation.comparison.transfer import Pair
from workbench import cache, state
from workbench.app.wording import LEFT_OUT
from workbench.widgets import table
from workbench.widgets.errors import guard

#: A data set's label map as the command line takes it, and each of its classes.
MAP_OF = state.Choice("compare.map of")
COUNTS_AS = state.Choice("compare.counts as", address=False)


def choose(networks: Sequence[Checkpoint], data: Sequence[str]) -> dict[str, LabelMap]:
    """Draw a choice for every class of every data set; returns the label maps, which the address keeps.

    Raises:
        UserError: If a data set cannot be opened.
    """
    st.caption("A class counts as the network's class of the same name, unless something else is chosen here.")
    return {name: _choose(networks, name) for name in data}


def _choose(networks: Sequence[Checkpoint], name: str) -> LabelMap:
    memory = MAP_OF.of(name)
    try:
        earlier = dict(parse_label_map(memory.get() or ""))
    except UserError:  # The address was edited.
        earlier = {}
    usual: dict[str, str] = {}

    def changed() -> None:
        counted = ((data_class, _class(COUNTS_AS.of(name, data_class).get())) for data_class in usual)
        memory.set(map_text([line for line in counted if line[1] != usual[line[0]]]) or None)

    label_map = []
    st.markdown(f"**{name}**")
    for data_class, by_name, choices in map_choices(networks, cache.dataset(name)):
        usual[data_class] = by_name
        COUNTS_AS.of(name, data_class).set(earlier.get(data_class, by_name) or LEFT_OUT)
        options = [choice or LEFT_OUT for choice in choices]
        bound = COUNTS_AS.of(name, data_class).widget(options, by_name or LEFT_OUT, then=changed)
        counted = _class(st.selectbox(f"{data_class} counts as", options, **bound))
        if counted != by_name:
            label_map.append((data_class, counted))
    return tuple(label_map)


def _class(choice: str) -> str:
    return "" if choice == LEFT_OUT else choice


def show(rows: Sequence[Sequence[Pair]]) -> None:
    """Draw each distinct pair of class lists once, in an expander."""
    with st.expander("How classes were matched", icon=":material/join_inner:"):
        groups: dict[tuple[tuple[str, ...], tuple[str, ...], LabelMap], list[Pair]] = {}
        for row in rows:
            for pair in row:
                key = (pair.network.classes, pair.dataset.classes, pair.part.label_map)
                groups.setdefault(key, []).append(pair)
        for (network, data, label_map), pairs in groups.items():
            names = ", ".join(dict.fromkeys(pair.network.name for pair in pairs))
            sets = ", ".join(dict.fromkeys(pair.name for pair in pairs))
            st.markdown(f"**{names}** and **{sets}**")
            with guard("the classes"):
                lines = label_lines(network, data, label_map)
                if all(data_class == counted for data_class, counted, _ in lines):
                    st.caption(f"The same {len(lines)} classes: {', '.join(network)}.")
                else:
                    table.show(
                        ("Class of the data set", "Counts as the network's", "Matched"), lines, label="Matched classes"
                    )
                if label_map:
                    st.caption(f"On the command line: `--map {map_text(label_map)}`")
        st.caption(
            "Classes are matched by name and synonyms, never by position, unless Label maps says otherwise. Images of "
            "a class that the network lacks are left out; a class that the data set lacks is dropped, and the network "
            "chooses among the common ones."
        )
