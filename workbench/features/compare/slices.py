"""Where one network fails over several data sets: its worst slices, the data sets first among the columns."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.transfer import Pair
from workbench import cache, state
from workbench.evidence import slices_table
from workbench.evidence.model import slices
from workbench.widgets.errors import guard

SLICES_OF = state.Choice("compare.slices of")


def show(rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]]) -> None:
    """Draw the slices of one network's answers on all of the data sets, joined; ``rows`` holds a row a network."""
    answered = {row[0][0].network.name: [(p, found) for p, found in row if found is not None] for row in rows}
    names = [name for name, found in answered.items() if found]
    if not names:
        return
    st.subheader("Where one network fails over these data sets", anchor=False)
    with guard("the slices"):
        name = str(st.selectbox("Slices of", names, **SLICES_OF.widget(names)))
        sources = [(pair.name, pair.dataset, found) for pair, found in answered[name]]
        key = tuple((data, found.identity) for data, _, found in sources)
        whole, known = cache.of_predictions(slices.across, sources[0][2], sources, key=key)
        slices_table.draw(whole, known, name=f"{name}-{'-'.join(d for d, _, _ in sources)}-slices.csv", scope="set ")
        if len(sources) > 1:
            st.caption(
                "Figures over all data sets depend on how many pictures each has; a data set's own line is that of "
                "the matrix. Sharpness and copies are left out, as they cannot be compared across data sets."
            )
