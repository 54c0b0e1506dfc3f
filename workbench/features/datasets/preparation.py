"""Preprocessing of one face: random changes of a recipe, and the input tensor."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fer_models.architectures.hog import hog_picture
from fer_models.data import FaceDataset
from fer_models.data.augment import Augmentation
from fer_models.preprocess import Preprocess
from fer_models.settings import setting_fields
from workbench import shared, state
from workbench.app import dataset_facts, inventory, pictures, runs
from workbench.features.datasets import figures
from workbench.features.datasets.faces import position
from workbench.features.datasets.model import augmentation
from workbench.widgets import dataclass_form, downloads, picture_grid, plot

_COUNT = 15
_SIDE = 104
PREPARATION_ROW = state.Number("datasets.preparation row", 0)
STRENGTH = state.Number("datasets.strength", 100, 0, 300)
DRAWN = state.Kept("datasets.drawn", 0)
PREPARED_FOR = state.Choice("datasets.prepared for", address=False)


def show(dataset: FaceDataset) -> None:
    """Draw the chosen face, augmented versions, and the tensor."""
    row = _row(dataset)
    picture = np.asarray(dataset.images[row])
    st.header("Augmentation: what training changes at random", anchor=False)
    preprocess = _augmentation(dataset, picture, row)
    st.header("How the network sees it", anchor=False)
    _tensor(picture, preprocess, row)


def _row(dataset: FaceDataset) -> int:
    last = len(dataset) - 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        PREPARATION_ROW.set(position(dataset))
        binding = PREPARATION_ROW.widget()
        row = int(st.number_input(f"Image, 0 to {last:,}", 0, last, step=1, width=170, **binding))
        if st.button("Another one", key="another", icon=":material/casino:"):
            row = int(np.random.default_rng().integers(len(dataset)))
            shared.ROW.set(str(row))
            st.rerun()
        st.caption(dataset_facts.caption(dataset, row))
    shared.ROW.set(str(row))
    return row


def _augmentation(dataset: FaceDataset, picture: np.ndarray, row: int) -> Preprocess:
    names = list(runs.presets())
    left, right = st.columns([2, 5], gap="large")
    with left:
        preset = str(st.selectbox("Recipe", names, **shared.RECIPE.widget(names, "quick")))
        recipe = runs.recipe(preset, {})
        strength = st.slider("Strength, %", step=10, **STRENGTH.widget())
        with st.expander("Change the settings", icon=":material/tune:"):
            values = vars(recipe.augmentation)
            settings = Augmentation(
                **dataclass_form.show(Augmentation, values, key=f"preview {preset}", columns=1)
            ).scaled(strength / 100)
        if st.button("Draw again", key="draw again", icon=":material/casino:"):
            DRAWN.set(DRAWN.get() + 1)
    preprocess = recipe.preprocess
    with right:
        seed = 1000 * int(DRAWN.get()) + row
        partners = np.random.default_rng(seed).integers(len(dataset), size=_COUNT)
        changed = augmentation.variants(
            picture,
            preprocess,
            settings,
            count=_COUNT - 1,
            seed=seed,
            partners=dataset.images[np.sort(partners)] if settings.mixes else None,
        )
        picture_grid.wrapped(
            [preprocess.stored(picture), *changed],
            ["as stored", *(f"change {number}" for number in range(1, _COUNT))],
            side=_SIDE,
            label=f"Augmentation of row {row} by {preset} at {strength} %",
        )
        st.caption(_sentence(settings, strength, recipe.size, recipe.channels))
    return preprocess


def _sentence(settings: Augmentation, strength: int, size: int, channels: int) -> str:
    fields = setting_fields(Augmentation)
    on = [_setting(fields[name].label, value) for name, value in vars(settings).items() if value]
    changes = "; ".join(on) if on else "nothing is changed"
    colour = "grey" if channels == 1 else "RGB"
    drawn = f"Drawn by the code that trains, at {size} pixels, {colour}."
    return f"At {strength} % of the recipe's strength: {changes}. {drawn}"


def _setting(label: str, value: float) -> str:
    """``rotation 10 (degrees)``, from a label such as ``Rotation, degrees``."""
    name, _, unit = label.lower().partition(", ")
    return f"{name} {value:g} ({unit})" if unit else f"{name} {value:g}"


def _tensor(picture: np.ndarray, of_recipe: Preprocess, row: int) -> None:
    networks = inventory.usable(inventory.trained_networks())
    titles = {"": "the recipe above"} | {name: network.listed for name, network in networks.items()}
    left, right = st.columns([2, 5], gap="large")
    with left:
        network_name = str(
            st.selectbox(
                "Prepared for",
                list(titles),
                format_func=titles.__getitem__,
                **PREPARED_FOR.widget(list(titles)),
            )
        )
        checkpoint = networks[network_name].checkpoint if network_name else None
        preprocess = of_recipe if checkpoint is None else checkpoint.preprocess
        tensor = augmentation.network_input(picture, preprocess)
        st.markdown(augmentation.describe(tensor, preprocess, picture.shape[0]))
        downloads.button(
            "Tensor, .npy",
            augmentation.npy(tensor),
            f"network-input-{network_name or 'recipe'}-row-{row}.npy",
            key="tensor npy",
        )
    low, high = float(preprocess.black.min()), float(preprocess.white.max())
    with right:
        columns = st.columns(max(2, tensor.shape[1]))
        for channel, column in zip(tensor[0].numpy(), columns, strict=False):
            with column:
                name = {1: "grey", 3: "RGB"}[tensor.shape[1]]
                plot.show(
                    figures.tensor_heatmap(channel, low, high),
                    key=f"tensor {columns.index(column)}",
                    alt=f"Values of the tensor, {name}",
                    tools="zoom",
                )
        if tensor.shape[1] == 1:
            with columns[1], st.container(key="pixels stored"):
                side = preprocess.size
                st.image(
                    pictures.as_rgb(preprocess.stored(picture)),
                    width=side,
                    output_format="PNG",
                    alt="The prepared image at its true size",
                )
                st.caption(f"The same at its true size, {side} x {side} pixels.")
                st.image(
                    hog_picture(preprocess.stored(picture)),
                    width=4 * side,
                    output_format="PNG",
                    alt="Histogram of oriented gradients of the prepared image, as strokes along its edges",
                )
                st.caption("Its HOG: strokes along the edges, the second input of HOG + DCNN-BiLSTM.")
