"""A network as a drawing of its blocks, in which a block can be chosen, and which can be saved as SVG."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st
import torch

from fer_models.architectures import create_model
from fer_models.block_drawing import draw
from fer_models.blocks import INPUT, Block, blocks, layers_of
from fer_models.checkpoint import Checkpoint
from workbench import shared
from workbench.widgets import downloads
from workbench.widgets.errors import guard

_BESIDE = Path(__file__).parent
_DRAWING = st.components.v2.component(
    "network_drawing",
    css=(_BESIDE / "network_drawing.css").read_text("utf-8"),
    js=(_BESIDE / "network_drawing.js").read_text("utf-8"),
)


@dataclass(frozen=True)
class Traced:
    """A network as blocks.

    Args:
        blocks: In the order in which they run, the input first.
        layers: Of the blocks in which a layer of class activation maps ends, the name of that layer.
    """

    blocks: tuple[Block, ...]
    layers: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """Of every block but the input."""
        return [block.name for block in self.blocks if block.name != INPUT]

    def block_of(self, layer: str | None) -> str:
        """The block in which a layer ends; empty where there is none."""
        return next((block for block, name in self.layers.items() if name == layer), "")


def trace(network: str, options: Mapping[str, Any], size: tuple[int, int], *, classes: int = 7) -> Traced:
    """The blocks of a network.

    Args:
        network: Name of the architecture.
        options: Its options.
        size: Input channels, and the side of the input in pixels.
        classes: Outputs.

    Raises:
        UserError: If the network does not take images of that size.
    """
    return _traced(network, json.dumps(dict(options)), size, classes)


def of_checkpoint(checkpoint: Checkpoint) -> Traced:
    """The blocks of a trained network."""
    size = (checkpoint.in_channels, checkpoint.preprocess.size)
    return trace(checkpoint.network, checkpoint.options, size, classes=len(checkpoint.classes))


def show(
    traced: Traced, *, title: str, key: str, buttons: Collection[str], chosen: str = "", words: str = ""
) -> str | None:
    """Draw the blocks, attention in colour, with a button that saves the drawing; return the block that was clicked.

    Args:
        traced: The network.
        title: What the drawing shows.
        key: Prefix of the widgets' keys.
        buttons: Names of the blocks that can be clicked.
        chosen: Name of the framed block.
        words: What a click does, after the caption.
    """
    about = f"Blocks of {title}"
    svg = draw(traced.blocks, about, ink="currentColor", ground="", buttons=buttons, chosen=chosen)
    result = _DRAWING(key=f"{key} blocks", data={"svg": svg}, on_clicked_change=_on_click)
    st.caption(
        "Each block with the shape of its output and its weights. Orange: attention; dashed: attention inside."
        + f" {words}".rstrip()
    )
    downloads.button("Drawing, SVG", lambda: draw(traced.blocks, about), f"drawing-{title}.svg", key=f"{key} svg")
    clicked = result.get("clicked")
    return str(clicked) if clicked in buttons else None


def fold(checkpoint: Checkpoint, draw_it: Callable[[], None], *, key: str) -> None:
    """Place of the drawing of a network, which is made when it is opened.

    Args:
        checkpoint: The network.
        draw_it: Draws it.
        key: Prefix of the widget's key.
    """
    place = st.expander(
        "The network as a drawing", icon=":material/account_tree:", key=f"{key} drawn", on_change="rerun"
    )
    if place.open:
        with place, guard(f"the drawing of {checkpoint.name}"):
            draw_it()


def choose_layer(checkpoint: Checkpoint, layer: str, *, key: str) -> None:
    """Draw a network, folded; a click on a block chooses the layer that all heatmaps are taken from.

    Args:
        checkpoint: The network.
        layer: The layer of the heatmap that is shown.
        key: Prefix of the widgets' keys.
    """

    def draw_it() -> None:
        traced = of_checkpoint(checkpoint)
        clicked = show(
            traced,
            title=checkpoint.name,
            key=f"{key} drawing",
            buttons=list(traced.layers),
            chosen=traced.block_of(layer),
            words="A click on a filled block takes the heatmap from there; the others have no layer to take it from.",
        )
        if clicked is not None:
            shared.LAYER.set(traced.layers[clicked])
            st.rerun()

    fold(checkpoint, draw_it, key=key)


def _on_click() -> None:
    """A trigger value exists only with a callback; the value itself is read from the result."""


@functools.lru_cache(64)
def _traced(network: str, options: str, size: tuple[int, int], classes: int) -> Traced:
    channels, side = size
    with torch.device("cpu"):  # the meta device imports the compiler of torch, which takes a second
        model = create_model(network, classes, channels, **json.loads(options))
    found = blocks(model, (channels, side, side))
    return Traced(tuple(found), layers_of(model, found))
