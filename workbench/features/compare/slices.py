"""The worst slices of one network over several data sets, with the data set as the first column."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from fer_models.evaluation.comparison.transfer import Pair
from fer_models.evaluation.evaluate import Evaluation
from workbench import cache, state
from workbench.evidence import slices_table
from workbench.evidence.model import slices
from workbench.widgets.errors import guard

SLICES_OF = state.Choice("compare.slices of")


def show(rows: Sequence[Sequence[tuple[Pair, Evaluation | None]]]) -> None:
    """Draw the slices of one network over all data sets together; ``rows`` has one row per network."""
    predicted = {
        row[0][0].network.name: [(p, evaluation) for p, evaluation in row if evaluation is not None] for row in rows
    }
    names = [name for name, evaluation in predicted.items() if evaluation]
    if not names:
        return
    st.header("Where one network fails over these data sets", anchor=False)
    with guard("the slices"):
        name = str(st.selectbox("Slices of", names, **SLICES_OF.widget(names)))
        sources = [(pair.name, pair.dataset, evaluation) for pair, evaluation in predicted[name]]
        key = tuple((data, evaluation.identity) for data, _, evaluation in sources)
        whole, columns = cache.of_predictions(slices.across, sources[0][2], sources, key=key)
        slices_table.draw(whole, columns, name=f"{name}-{'-'.join(d for d, _, _ in sources)}-slices.csv", scope="set ")
        if len(sources) > 1:
            st.caption(
                "Figures over all data sets depend on how many images each has; a data set's own line is that of "
                "the matrix. Sharpness and copies are left out, as they cannot be compared across data sets."
            )
