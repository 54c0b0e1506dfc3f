"""Brightness and contrast of the pictures, by class or by split, from a sample."""

from __future__ import annotations

import streamlit as st

from fer_models.data import FaceDataset
from workbench import cache, state
from workbench.app import dataset_facts
from workbench.features.datasets import figures
from workbench.widgets import downloads, plot

_BY = ("class", "part")
DIVIDE_BY = state.Choice("datasets.divide by", _BY, address=False)


def show(dataset: FaceDataset) -> None:
    """Draw pixel levels, brightness and contrast."""
    sample = cache.of_dataset(dataset_facts.sample, dataset)
    count = len(sample.positions)
    part = "all images" if count == len(dataset) else f"a random sample of {count:,} of {len(dataset):,} images"
    by = st.segmented_control("Divide by", _BY, required=True, **DIVIDE_BY.widget())
    if by == "part":
        names, colours = list(dataset.split_names), figures.split_colours(len(dataset.split_names))
        groups = dataset.split[sample.positions]
    else:
        names, colours, groups = list(dataset.classes), None, dataset.labels[sample.positions]
    left, right = st.columns(2, gap="large")
    for column, title, values in (
        (left, "mean brightness of an image, 0 to 255", sample.brightness),
        (right, "contrast: standard deviation of an image, 0 to 255", sample.contrast),
    ):
        with column:
            plot.show(
                figures.spread(values, groups, names, title, colours), key=title, alt=f"{title} by {by}", tools="zoom"
            )
    plot.show(
        figures.pixel_levels(sample.pixels, dataset.split_names),
        key="levels",
        alt="Share of the pixels by level, a line for each part",
        tools="zoom",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"From {part}. Boxes: median and quartiles; whiskers: the farthest image within one and a half times the "
            "box. Peaks at 0 and 255 are clipped shadows, lights and padding."
        )
        rows = [
            (
                int(dataset.rows[i]),
                dataset.split_names[int(dataset.split[i])],
                dataset.classes[int(dataset.labels[i])] if dataset.labels[i] >= 0 else "",
                f"{b:.2f}",
                f"{c:.2f}",
            )
            for i, b, c in zip(sample.positions, sample.brightness, sample.contrast, strict=True)
        ]
        downloads.show(("row", "part", "class", "brightness", "contrast"), rows, "light.csv", key="light csv")
