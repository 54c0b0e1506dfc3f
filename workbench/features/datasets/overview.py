"""Leaks of the split, class balance and mean faces."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.data import FaceDataset
from workbench import cache, state
from workbench.app import dataset_facts
from workbench.app.dataset_facts import Answer
from workbench.app.wording import percent
from workbench.features.datasets import figures, sections
from workbench.widgets import downloads, picture_grid, plot

_SIDE = 112
MEAN_A = state.Choice("datasets.mean a", default="happy", address=False)
MEAN_B = state.Choice("datasets.mean b", default="sad", address=False)


def show(dataset: FaceDataset, protocol: str) -> None:
    """Draw leaks, class balance and mean faces; of a set without labels, what it can be used for."""
    if not (dataset.labels >= 0).any():
        st.info(
            "No image of this set has a label: a network can read them (Faces opens one on Explain), but nothing can "
            "be trained or measured on them.",
            icon=":material/info:",
        )
        _notes(dataset)
        return
    _answer(dataset, protocol)
    counts = dataset.counts()
    smallest, largest = counts.sum(axis=0).argmin(), counts.sum(axis=0).argmax()
    st.header("Class balance", anchor=False)
    plot.show(
        figures.class_balance(counts, dataset.classes, dataset.split_names),
        key="balance",
        alt=f"Images by class and split; {dataset.classes[largest]} has most, {dataset.classes[smallest]} fewest",
        tools="zoom",
    )
    total = counts.sum(axis=0)
    ratio = total[largest] / max(1, total[smallest])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{dataset.classes[largest]} has {total[largest]:,} images, {dataset.classes[smallest]} "
            f"{total[smallest]:,}: {ratio:.1f} to one. Always answering “{dataset.classes[largest]}” is right in "
            f"{percent(total[largest] / max(1, total.sum()))}."
        )
        rows = [
            (split, name, int(counts[i, k]))
            for i, split in enumerate(dataset.split_names)
            for k, name in enumerate(dataset.classes)
        ]
        downloads.show(("split", "class", "images"), rows, "classes.csv", key="balance csv")
    _mean_faces(dataset)


def _answer(dataset: FaceDataset, protocol: str) -> None:
    small = dataset_facts.is_small(dataset)
    with st.spinner("Looking for copies across the split.", show_time=True):
        copies = cache.of_dataset(dataset_facts.exact_copies, dataset) if small else None
        answer = dataset_facts.answer(dataset, cache.of_dataset(dataset_facts.split_of, dataset, protocol), copies)
    parts = f"{answer.name}: {answer.train:,} training · {answer.val:,} validation · {answer.test:,} test"
    leaks = _leaks(answer)
    if leaks:
        st.warning(f"**This split leaks.** {' '.join(leaks)}", icon=":material/water_drop:")
    elif answer.copies is None:
        st.info("This set is large: run the audit to look for copies across its parts.", icon=":material/info:")
    else:
        people = "no subject is in two parts" if answer.subjects is not None else "subjects are not known"
        st.success(
            f"No held-out image is byte for byte in training, and {people}. Near copies are found by the audit.",
            icon=":material/check_circle:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(parts)
        if st.button("Look closer in the audit", key="to audit", type="tertiary", icon=":material/troubleshoot:"):
            sections.SECTION.set("Audit")
            st.rerun()
    _notes(dataset)


def _notes(dataset: FaceDataset) -> None:
    for note in dataset.notes:
        st.caption(f":material/info: {note}")


def _leaks(answer: Answer) -> list[str]:
    sentences = []
    if answer.copies:
        share = percent(answer.copies / max(1, answer.held_out))
        sentences.append(
            f"{answer.copies:,} of {answer.held_out:,} held-out images ({share}) are byte for byte in training too."
        )
    if answer.subjects:
        sentences.append(f"{answer.subjects:,} subjects are in training and held out.")
    return sentences


def _mean_faces(dataset: FaceDataset) -> None:
    st.header("Mean faces", anchor=False)
    means, used = cache.of_dataset(dataset_facts.mean_faces, dataset)
    present = [k for k in range(len(dataset.classes)) if used[k]]
    left, right = st.columns([5, 3], gap="large")
    with left:
        drawn = [np.clip(np.rint(means[k]), 0, 255).astype(np.uint8)[..., None] for k in present]
        captions = [f"{dataset.classes[k]}, {used[k]:,}" for k in present]
        picture_grid.wrapped(drawn, captions, side=_SIDE, label="Mean faces")
        whole = int(used.sum()) == int((dataset.labels >= 0).sum())
        st.caption(
            "Mean grey image of each class, with the number of images that it was made of"
            + ("." if whole else ": a random sample, not the whole set.")
        )
    if len(present) < 2:
        return
    with right:
        names = [dataset.classes[k] for k in present]
        left_choice, right_choice = st.columns(2)
        with left_choice:
            first = st.selectbox("Mean of", names, **MEAN_A.widget(names))
        with right_choice:
            second = st.selectbox("minus mean of", names, **MEAN_B.widget(names))
        values = means[dataset.classes.index(str(first))] - means[dataset.classes.index(str(second))]
        plot.show(
            figures.difference(values, str(first), str(second)),
            key="difference",
            alt=f"Mean face of {first} minus mean face of {second}",
            tools="zoom",
        )
