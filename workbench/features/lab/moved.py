"""The tab "Does it look where the face moved?": every network's heatmap against what each unit changed."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from fer_models.lab import UNITS, FaceParameters, draw, moved_masks, unit_shares
from fer_models.lab.truth import UnitShare
from workbench.app.wording import percent
from workbench.features.lab.answers import Answered
from workbench.widgets import downloads, picture_grid, table
from workbench.widgets.picture_grid import Cell, Row

_SIDE = 192
#: Share of an even map below which a network is said not to look there.
_LITTLE = 0.5


def show(answers: list[Answered], face: FaceParameters, *, key: str) -> None:
    """Draw the true masks, and a table of networks and units."""
    if not face.moved:
        st.info("No unit is moved, so there is no truth to look at; move a slider.", icon=":material/info:")
        return
    cells = [
        Cell(_outlined(face, mask), f"{unit} {UNITS[unit]}: {percent(float(mask.mean()), 0)} of the image")
        for unit, mask in moved_masks(face, _SIDE).items()
    ]
    rows = [shares(answered, face) for answered in answers]
    st.markdown(_sentence(answers, rows))
    units = list(face.moved)
    body = [
        [answered.checkpoint.name, answered.look.target, *(_text(row[unit]) for unit in units)]
        for answered, row in zip(answers, rows, strict=True)
    ]
    columns = ("Network", "Heatmap of", *units)
    table.show(columns, body, right=range(2, len(columns)), label="Share of the heatmap on each unit's mask")
    st.caption("Share of the heatmap on the pixels that the unit changes · times the share of an even map.")
    picture_grid.show([Row("", "", cells)], side=112, label="Where each unit moves the face")
    lines = [
        [answered.checkpoint.name, answered.look.target, unit, share.mass, share.area, share.ratio]
        for answered, row in zip(answers, rows, strict=True)
        for unit, share in row.items()
    ]
    downloads.show(("network", "class", "unit", "mass", "area", "times even"), lines, "moved.csv", key=f"{key} csv")


def shares(answered: Answered, face: FaceParameters) -> dict[str, UnitShare]:
    """Share of a network's heatmap on the mask of each moved unit."""
    return unit_shares(answered.look.attribution, moved_masks(face, answered.pixels.shape[0]))


def _text(share: UnitShare) -> str:
    if np.isnan(share.ratio):
        return "–"
    return f"{percent(share.mass, 0)} · {share.ratio:.1f} x"


def _sentence(answers: list[Answered], rows: list[dict[str, UnitShare]]) -> str:
    """What stands out: units that a network hardly looks at."""
    missed = [
        f"{answered.checkpoint.name} hardly looks at {unit} ({share.ratio:.1f} times an even map)"
        for answered, row in zip(answers, rows, strict=True)
        for unit, share in row.items()
        if share.ratio < _LITTLE
    ]
    if missed:
        return "**" + "; ".join(missed[:4]).replace("_", "\\_") + ".**"
    return "**Every heatmap gives every moved unit at least half of what an even map would.**"


def _outlined(face: FaceParameters, mask: np.ndarray) -> np.ndarray:
    """The face, darker where the unit changes nothing, with the border of the mask."""
    image = draw(face, size=_SIDE).image.copy()
    image[~mask] = (image[~mask] * 0.55).astype(np.uint8)
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(image, outlines, -1, (255, 170, 0), 1)
    return image
