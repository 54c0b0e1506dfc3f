"""Compare: every network with its cost, the trained ones with their accuracy, and what a network is made of."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from workbench import state
from workbench.features.compare import claims, networks, papers, same_faces, training, transfer
from workbench.widgets import heading
from workbench.widgets.errors import guard

_SECTIONS: dict[str, Callable[..., None]] = {
    "Networks": networks.show,
    "On the same faces": same_faces.show,
    "Across data sets": transfer.show,
    "Training": training.show,
    "Printed in the papers": papers.show,
    "Claims check": claims.show,
}
_READING = {
    "Networks": (
        "A network on the dashed line is the most accurate one at its cost; one below and to the right of another is "
        "worse in both. Where the bars of two networks overlap widely, their difference may be chance, and only "
        "figures of the same split can be compared at all. Multiply-accumulates are counted and the same everywhere; "
        "milliseconds depend on this device and on what else it runs, and a layer with few multiply-accumulates can "
        "still be slow.",
        "Canziani, Paszke and Culurciello, An Analysis of Deep Neural Network Models for Practical Applications, 2016",
    ),
    "On the same faces": (
        "Two intervals that overlap do not settle it: both networks saw the same images, so what counts is where "
        "they differ. McNemar's test looks only at images that one gets right and the other wrong; if those split "
        "evenly, the difference can be chance. With many pairs some look different by luck, which Holm's correction "
        "takes into account. The test says nothing about chance in training: another seed gives another network.",
        "McNemar 1947; Holm 1979; Dietterich, Approximate Statistical Tests for Comparing Supervised Classification "
        "Learning Algorithms, 1998",
    ),
    "Across data sets": (
        "A row is a network, a column the faces it predicts. A network usually does best on faces collected and "
        "labelled like those it learned from; how much it loses elsewhere says more about real use than the "
        "figure at home. Part of the loss comes from the labels: two data sets may name the same face differently.",
        "Torralba and Efros, Unbiased Look at Dataset Bias, 2011",
    ),
    "Training": (
        "A validation curve that stays flat while the training curve keeps rising means overfitting; two that still "
        "rise together need more epochs. The highest point of a noisy curve flatters: it was chosen for being high.",
        "Goodfellow, Bengio and Courville, Deep Learning, 2016, chapters 7 and 11",
    ),
    "Printed in the papers": (
        "A printed figure belongs to its authors' data, split, preparation and choice of weights, which papers "
        "seldom state in full. A network measured here under another protocol can come out higher or lower for "
        "that reason alone, so the two tables are kept apart and no difference between them is tested.",
        "Each table names the paper and the table it comes from",
    ),
    "Claims check": (
        "All these figures come from one confusion matrix, whose rows add up to the class counts. So they constrain "
        "each other: recall of every class near one leaves no room for a low accuracy. “Cannot” is certain for these "
        "counts and this averaging; before a paper is called wrong, try the other averaging and its own counts. "
        "“No contradiction” does not say that the figures are right.",
        "Bounds by linear programming over the confusion matrix; Sokolova and Lapalme, A systematic analysis of "
        "performance measures for classification tasks, 2009",
    ),
}
SECTION = state.Choice("compare.section", _SECTIONS)

heading.show("compare")
section = st.segmented_control(
    "Section", SECTION.options, required=True, label_visibility="collapsed", **SECTION.widget()
)
with guard(f"the section {section}"):
    _SECTIONS[str(section)](key="compare")
heading.show_reading(*_READING[str(section)])
