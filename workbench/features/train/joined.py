"""Further data sets to train on, and what becomes of each class."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from fer_models.data.joined import joined_name
from fer_models.labels import order
from workbench import state
from workbench.app import datasets, inventory
from workbench.app.wording import LEFT_OUT

MORE = state.Several("train.joined", address=False)


def show(name: str, *, key: str) -> str:
    """Draw the choice; return the name that opens the chosen sets as one, or the name itself.

    Args:
        name: The data set that was chosen above.
        key: Prefix of the widgets' keys.
    """
    titles = {item.name: item.listed for item in inventory.data_sets() if item.name != name}
    with st.popover("Join data sets, map classes", icon=":material/join:"):
        more = list(
            st.multiselect(
                "Also train on",
                list(titles),
                format_func=titles.__getitem__,
                help=(
                    "Joins the images of all sets at the size of the first. Each set keeps its own split; a set "
                    "without one is used for training only."
                ),
                **MORE.of(name).widget(list(titles)),
            )
        )
        class_map = _class_map([name, *more], key=f"{key} {name} {more}")
    return joined_name([name, *more], class_map) if more or class_map else name


def _class_map(names: Sequence[str], *, key: str) -> dict[str, str]:
    """Draw the table of classes; return those that get another name, or an empty one to be left out."""
    classes = order([label for name in names for label in datasets.classes(name)])
    if not classes:
        st.caption("Classes can be mapped after the data sets have been read.")
        return {}
    table = pd.DataFrame({"Class": classes, "Becomes": classes})
    edited = st.data_editor(
        table,
        key=f"{key} classes",
        hide_index=True,
        disabled=["Class"],
        column_config={"Becomes": st.column_config.SelectboxColumn(options=[*classes, LEFT_OUT], required=True)},
    )
    pairs = zip(edited["Class"], edited["Becomes"], strict=True)
    return {old: "" if new == LEFT_OUT else new for old, new in pairs if new != old}
