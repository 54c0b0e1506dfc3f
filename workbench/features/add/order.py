"""What labelled faces say of an added network: seven faces, its confusion, and the order of its classes."""

from __future__ import annotations

import functools

import streamlit as st

from fer_models.checkpoint import Checkpoint
from fer_models.exchange.own_folder import rename_classes
from workbench import cache, navigation, state
from workbench.app import inventory
from workbench.app.pictures import enlarged
from workbench.app.wording import percent
from workbench.evidence.figures import Cells, confusion_heatmap
from workbench.evidence.model import confusion
from workbench.features.add.form import ADDED
from workbench.features.add.model import order
from workbench.features.add.model.order import Checked
from workbench.heatmap.model import look
from workbench.widgets import job as job_view
from workbench.widgets import picture_grid, plot
from workbench.widgets.errors import guard

DATA = state.Choice("add.data", address=False)
_SIDE = 62


def show(checkpoint: Checkpoint) -> None:
    """Draw the check of the class order, and what the network cannot do."""
    st.header(f"{checkpoint.name} was added", anchor=False)
    st.caption(f"{', '.join(checkpoint.classes)}, in this order · {checkpoint.preprocess.formula}")
    sets = {item.name: item.listed for item in inventory.data_sets()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        data = st.selectbox(
            "Labelled faces",
            list(sets),
            format_func=sets.__getitem__,
            **DATA.widget(list(sets), order.usual_set(list(sets))),
        )
        for page, label in (("explain", "Open in Explain"), ("confusion", "Measure it")):
            st.page_link(
                navigation.page(page),
                label=label,
                icon=f":material/{navigation.entry(page).icon}:",
                query_params={"checkpoint": checkpoint.name},
            )
    with guard("the check of the class order"):
        with st.spinner("Opening the network and the faces."):
            asked = functools.partial(order.checked, cache.classifier(checkpoint), cache.dataset(str(data)))
        checked = job_view.result(
            ("class order", checkpoint.identity, data),
            f"Class order of {checkpoint.name}",
            asked,
            lane="short",
            key="add order",
        )
        if checked is not None:
            _found(checkpoint, checked, sets[str(data)])
    with guard("the list of methods"):
        _refused(checkpoint)
    _remove(checkpoint)


def _found(checkpoint: Checkpoint, checked: Checked, title: str) -> None:
    check = checked.check
    share = f"{check.right:,} of {check.n:,} labelled faces of {title} are right"
    if check.other:
        st.warning(
            f"The class order may be wrong: {share} as given, {check.other_right:,} in the order {check.other_name}: "
            f"{', '.join(check.other)}.",
            icon=":material/swap_vert:",
        )
        if "imported" in checkpoint.provenance and st.button(
            "Use that order", type="primary", icon=":material/swap_vert:", key="add exchange"
        ):
            rename_classes(checkpoint, check.other)
            st.rerun()
    elif check.reads:
        st.success(f"The class order fits: {share}, and no other order does better.", icon=":material/check:")
    else:
        st.warning(
            f"{share}, no more than chance, in any order: check network, size, scale and margin, or whether "
            "these faces are of the kind that it was trained on.",
            icon=":material/help:",
        )
    cells = [
        picture_grid.Cell(
            enlarged(face, _SIDE),
            f"{label}: read as {read}, {percent(probability, 0)}",
            f"Face labelled {label}, read as {read}",
            strong=label != read,
        )
        for face, label, read, probability in checked.faces
    ]
    picture_grid.show([picture_grid.Row("", "", cells)], side=_SIDE, label="A face of each class and what is read")
    shown = confusion.values(check.confusion, "rows")
    figure = confusion_heatmap(
        Cells(shown, confusion.texts(shown, "rows"), check.classes, "% of the true class"),
        dark=st.context.theme.type == "dark",
    )
    figure.update_layout(height=330)
    plot.show(figure, key="add confusion", alt=f"Confusion of {check.n} labelled faces: {check.right} are right")


def _refused(checkpoint: Checkpoint) -> None:
    refused = look.refused(cache.classifier(checkpoint))
    if not refused:
        st.caption("Every explanation method works with it.")
        return
    with st.expander(
        f"{len(refused)} methods do not work with it; {look.usual_title(cache.classifier(checkpoint))} does"
    ):
        for title, reason in refused.items():
            st.caption(f"{title}: {reason}")


def _remove(checkpoint: Checkpoint) -> None:
    with st.popover("Remove", icon=":material/delete:", type="tertiary", key="add remove"):
        st.markdown(f"Delete {checkpoint.name} from this computer? The file that it came from stays.")
        if st.button("Delete it", type="primary", icon=":material/delete:", key="add remove now"):
            order.remove(checkpoint)
            ADDED.set(None)
            st.rerun()
