"""A network as a drawing of its blocks, which can be saved as SVG."""

from __future__ import annotations

import base64
import functools
import html
import json
from collections.abc import Mapping
from typing import Any

import streamlit as st
import torch

from fer_models.architectures import create_model
from fer_models.block_drawing import LIGHT_INK, draw
from fer_models.blocks import blocks


def show(
    network: str, options: Mapping[str, Any], size: tuple[int, int], *, classes: int = 7, title: str, key: str
) -> None:
    """Draw the blocks of a network, attention in colour, with a button that saves the drawing.

    Args:
        network: Name of the architecture.
        options: Its options.
        size: Input channels, and the side of the input in pixels.
        classes: Outputs.
        title: What the drawing shows.
        key: Prefix of the widget's key.

    Raises:
        UserError: If the network does not take images of that size.
    """
    on_dark, file = _drawings(network, json.dumps(dict(options)), size, classes, f"Blocks of {title}")
    dark, light = (base64.b64encode(text.encode()).decode() for text in (on_dark, file))
    shown = dark if st.context.theme.type == "dark" else light
    st.html(
        '<div style="overflow-x:auto"><img style="width:100%;min-width:860px" '
        f'src="data:image/svg+xml;base64,{shown}" alt="Blocks of {html.escape(title)}"></div>'
    )
    st.caption("Each block with the shape of its output and its weights. Orange: attention; dashed: attention inside.")
    st.download_button(
        "Drawing, SVG",
        file,
        f"{'-'.join(title.replace('·', ' ').split())}.svg",
        "image/svg+xml",
        key=f"{key} svg",
        on_click="ignore",
        icon=":material/download:",
    )


@functools.lru_cache(64)
def _drawings(network: str, options: str, size: tuple[int, int], classes: int, title: str) -> tuple[str, str]:
    """The drawing for a dark page, and on white."""
    channels, side = size
    with torch.device("meta"):
        model = create_model(network, classes, channels, **json.loads(options))
    traced = blocks(model, (channels, side, side))
    return draw(traced, title, ink=LIGHT_INK, ground=""), draw(traced, title)
