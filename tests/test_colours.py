"""Colours that stand for no emotion: one table of maps and palettes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from fer_models import colours, labels

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", colours.COLOUR_MAPS)
def test_a_map_gets_lighter_step_by_step(name: str) -> None:
    shades = colours.coloured(np.linspace(0, 1, 60)[None], name)[0].astype(np.float64)
    brightness = shades @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(brightness) > 0).all()


def test_numbers_outside_the_scale_are_clipped() -> None:
    assert (colours.coloured(np.array([[-1.0, 2.0]])) == colours.coloured(np.array([[0.0, 1.0]]))).all()


def test_the_diverging_map_goes_through_its_stops() -> None:
    for stop, shade in zip(colours.DIVERGING, colours.scale("diverging", 5), strict=True):
        assert shade == f"rgb({int(stop[1:3], 16)}, {int(stop[3:5], 16)}, {int(stop[5:], 16)})"


def test_there_is_no_other_map() -> None:
    with pytest.raises(KeyError):
        colours.coloured(np.zeros((1, 1)), "jet")


def test_page_and_picture_draw_a_map_alike() -> None:
    from workbench.heatmap.figures import heatmap_overlay

    for signed, name in ((False, "viridis"), (True, "diverging")):
        figure = heatmap_overlay(b"", np.zeros((2, 2)), opacity=1, signed=signed, colours="viridis")
        assert [shade for _, shade in figure.data[1].colorscale] == colours.scale(name)


@pytest.mark.parametrize("palette", [colours.SERIES, colours.MANY, colours.CONTRASTING])
@pytest.mark.parametrize("ground", ["#FFFFFF", colours.ON_DARK[0]])
def test_lines_are_seen_on_both_pages(palette: tuple[str, ...], ground: str) -> None:
    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        return float(
            np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
        )

    for colour in palette:
        high, low = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (high + 0.05) / (low + 0.05) > 2, (colour, ground)


def test_the_tables_stand_in_one_place() -> None:
    palettes = (colours.SERIES, colours.MANY, colours.CONTRASTING, colours.DIVERGING, colours.ON_LIGHT, colours.ON_DARK)
    owned = {colours.GREY, colours.MARK, *(colour for palette in palettes for colour in palette)}
    owned -= {emotion.colour for emotion in labels.EMOTIONS}
    for top in ("fer_models", "workbench", "pages"):
        for file in (ROOT / top).rglob("*.py"):
            if file.name in ("colours.py", "labels.py") and top == "fer_models":
                continue
            text = file.read_text(encoding="utf-8")
            assert owned.isdisjoint(colour.upper() for colour in re.findall(r"#[0-9A-Fa-f]{6}", text)), file
            assert "COLORMAP_" not in text, file
