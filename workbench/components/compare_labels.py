"""How the classes of each network were matched with those of each data set."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench.components import table
from workbench.components.errors import guard
from workbench.services import compare_transfer
from workbench.services.compare_transfer import Pair


def show(rows: Sequence[Sequence[Pair]]) -> None:
    """Draw every different pair of class lists once, folded."""
    with st.expander("How classes were matched", icon=":material/join_inner:"):
        told: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Pair]] = {}
        for row in rows:
            for pair in row:
                told.setdefault((pair.network.classes, pair.dataset.classes), []).append(pair)
        for (network, data), pairs in told.items():
            names = ", ".join(dict.fromkeys(pair.network.name for pair in pairs))
            sets = ", ".join(dict.fromkeys(pair.name for pair in pairs))
            st.markdown(f"**{names}** and **{sets}**")
            with guard("the classes"):
                lines = compare_transfer.label_map(network, data)
                if all(own == other for own, other in lines):
                    st.caption(f"The same {len(lines)} classes: {', '.join(network)}.")
                else:
                    table.show(("Class of the network", "Class of the data set"), lines, label="Matched classes")
        st.caption(
            "By name and its synonyms, never by place. Pictures of a class that the network lacks are left out; a "
            "class that the data set lacks cannot be answered, the network then chooses among the common ones."
        )
