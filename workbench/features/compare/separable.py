"""The separable convolutions of a network beside standard ones, at every size of map that it has."""

from __future__ import annotations

import base64
import functools
import html
import json

import streamlit as st
import torch

from fer_models.architectures import create_model
from fer_models.separable import Scale, draw_scales, separable_scales
from workbench.features.compare.model.networks import Entry
from workbench.widgets import downloads

_HEADS = ("cells a side", "channels before", "channels after", "kernel", "times", "weights", "products")


def show(entry: Entry, *, key: str) -> None:
    """Draw them, folded; nothing for a network without them.

    Args:
        entry: The network.
        key: Prefix of the widgets' keys.
    """
    scales = _scales(entry.network, json.dumps(entry.options), entry.channels, entry.size)
    if not scales:
        return
    title = f"Standard and separable convolutions of {entry.name}"
    with st.expander("Standard and separable convolution", icon=":material/layers:", key=f"{key} separable"):
        ink = "#e8eaec" if st.context.theme.type == "dark" else "#1f2a30"
        drawn = base64.b64encode(draw_scales(scales, title, ink=ink, ground="").encode()).decode()
        st.html(
            '<div style="overflow-x:auto"><img style="width:100%;min-width:860px" '
            f'src="data:image/svg+xml;base64,{drawn}" alt="{html.escape(title)}; the CSV file has the numbers"></div>'
        )
        st.caption(_sentence(scales))
        with st.container(horizontal=True):
            downloads.button(
                "Drawing, SVG",
                lambda: draw_scales(scales, title),
                f"separable-{'-'.join(entry.key.split())}.svg",
                key=f"{key} separable svg",
            )
            downloads.show(
                (*_HEADS, "weights, standard", "products, standard"),
                [_line(scale) for scale in scales],
                f"separable-{'-'.join(entry.key.split())}.csv",
                key=f"{key} separable csv",
            )


def _line(s: Scale) -> tuple[int, ...]:
    counts = (s.parameters, s.macs, s.standard_parameters, s.standard_macs)
    return (s.side, s.c_in, s.c_out, s.kernel, s.times, *counts)


def _sentence(scales: tuple[Scale, ...]) -> str:
    ours = sum(scale.times * scale.macs for scale in scales)
    standard = sum(scale.times * scale.standard_macs for scale in scales)
    weights = sum(scale.times * scale.parameters for scale in scales)
    plain = sum(scale.times * scale.standard_parameters for scale in scales)
    return (
        f"Over all {sum(scale.times for scale in scales)} of them: {weights:,} weights instead of {plain:,}, and "
        f"{ours / 1e6:,.1f} instead of {standard / 1e6:,.1f} million products ({standard / ours:.1f} times fewer). "
        "With k x k kernels and D channels after them 1/D + 1/k² of the products are left, for any size of the map."
    )


@functools.lru_cache(64)
def _scales(network: str, options: str, channels: int, size: int) -> tuple[Scale, ...]:
    with torch.device("meta"):
        model = create_model(network, in_channels=channels, **json.loads(options))
    return tuple(separable_scales(model, (channels, size, size)))
