"""The overview of one face: prediction, heatmap, regions, trust card and own attention."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.architectures.hog import hog_picture
from workbench.app import pictures
from workbench.app.wording import percent
from workbench.face import bars, doubts
from workbench.face.model import crop
from workbench.face.model.crop import Framed, RegionShares
from workbench.features.explain import report as explain_report
from workbench.features.explain import trust_badge
from workbench.features.explain.model import report as sections
from workbench.features.explain.subject import Subject
from workbench.heatmap import cached, network_drawing, own_attention, view
from workbench.widgets import downloads, picture_grid
from workbench.widgets.errors import guard
from workbench.widgets.picture_grid import Cell, Row


def show(subject: Subject, *, key: str) -> None:
    """Draw prediction, heatmap, regions, trust card and the network's own attention.

    Raises:
        UserError: If the question cannot be answered with this network.
    """
    left, right = st.columns([6, 5], gap="medium")
    with right, st.container(key="question"):  # on a phone below the answer
        question, display = view.controls(subject.classifier, rail=True)
    look = cached.look(subject.checkpoint, subject.pixels, question)
    framed = subject.framed
    shares = crop.region_shares(look.attribution, subject.classifier.classes, framed)
    with left:
        view.show(look, framed.crop, display, key=key)
        with st.container(horizontal=True):
            view.downloads(look, framed.crop, display, subject.checkpoint, key=key)
            if shares is not None:
                columns = ("region", "share of relevance", "share of image")
                downloads.show(columns, shares.rows, "regions.csv", key=f"{key} regions", label="Regions, CSV")
            report = st.container()
        view.why(question.method)
    with right, st.container(key="prediction"):
        ranked = look.prediction.ranked()
        st.markdown(f"**The class is “{look.winner}”**, {percent(ranked[0][1])} sure")
        doubts.show(subject.picture, subject.face, framed.crop)
        bars.show_probabilities(ranked)
    with right, st.container(key="verdict"):
        verdict = st.container()
        st.markdown("**Where on the face**")
        if framed.problem is not None:
            st.caption(f"Not measured: {framed.problem}, and the template is a face seen from the front.")
        elif shares is None:
            st.caption("No part of this map is positive, so no region holds evidence.")
        else:
            regions(shares, framed, look.target)
    measured = st.container()  # below the columns: its table is as wide as the page
    if look.attribution.layer is not None:
        network_drawing.choose_layer(subject.checkpoint, look.attribution.layer, key=key)
    st.header("The network's own attention", anchor=False)
    attention = cached.own_attention(subject.checkpoint, subject.pixels)
    own_attention.show(attention, framed.crop, display)
    if not attention.empty:
        st.caption("The tab Attention has every gate and every query.")
    _network_input(subject)
    # Last, because it takes longest: the rest of the page is shown meanwhile.
    with verdict, guard("the trust card"), st.spinner("Testing the heatmap."):
        card = trust_badge.judge(subject, question)
        with measured:
            trust_badge.measured(card, subject.checkpoint.classes, key=key)
        with report:
            explain_report.show(
                "Overview of a face",
                [subject.checkpoint],
                sections.choices(look, display),
                lambda: [
                    sections.prediction(look.prediction.ranked()),
                    sections.heatmap(look, subject.pixels, display),
                    sections.trust(card, subject.checkpoint.classes),
                    sections.regions(shares, framed.source),
                    sections.attention(attention, subject.pixels, display),
                ],
                key=key,
            )


def regions(shares: RegionShares, framed: Framed, target: str) -> None:
    """Draw the relevance of each region beside their outlines, that of the action units, and the background alarm."""
    left, right = st.columns([5, 2], gap="small")
    with left:
        bars.show_regions(shares)
    with right:
        st.image(crop.outlined(framed, 144), output_format="PNG", alt="The face with the borders of its regions")
    units = ""
    if shares.units is not None:
        mass, area = shares.units
        units = f" The action units of {target} hold {percent(mass, 0)} of it on {percent(area, 0)} of the image."
    st.caption(
        "Bar: share of the heat in this region. Tick: share an even map would have. The factor compares the two."
        f"{units} Regions: {framed.source}."
    )
    if shares.alarm:
        st.warning(
            f"The background holds {percent(shares.shares['background'], 0)} of the relevance, more than its "
            f"{percent(shares.areas['background'], 0)} of the image: the network uses something other than the face.",
            icon=":material/warning:",
        )


def _network_input(subject: Subject) -> None:
    """Draw the grey crop and its HOG side by side; nothing for networks that read the image alone."""
    options = subject.classifier.model.options
    if not hasattr(subject.classifier.model, "hog") or options.input == "gray":
        return
    st.header("What it reads", anchor=False)
    hog = hog_picture(subject.pixels, options.orientation)
    cells = [
        Cell(pictures.as_rgb(subject.pixels), "grey", "The grey crop"),
        Cell(np.repeat(hog[..., None], 3, 2), "HOG", "Its histogram of oriented gradients, as strokes along its edges"),
    ]
    picture_grid.show([Row("", "", cells if options.input == "gray+hog" else cells[1:])], side=192, label="Input")
