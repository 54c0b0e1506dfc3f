"""The tab that saves a face and loads it again."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from fer_models.errors import UserError
from fer_models.faces.image import encode_png
from fer_models.lab import FaceParameters, draw, from_json, to_json, to_words
from workbench import cache, state
from workbench.features.lab import choice
from workbench.features.lab.answers import Answered
from workbench.features.lab.model.strip import STEPS, strip
from workbench.heatmap.model import printed
from workbench.heatmap.model.drawing import Display
from workbench.widgets import downloads

PROBLEM = state.Kept("lab.problem")
_UPLOAD = "lab upload"


def show(answers: list[Answered], face: FaceParameters, display: Display, *, key: str) -> None:
    """Draw the downloads, and the upload of a saved face."""
    classifiers = [cache.classifier(answered.checkpoint) for answered in answers]
    with st.container(horizontal=True):
        _download("Face, PNG", lambda: encode_png(draw(face).image, {"Title": to_words(face)}), "face.png", key)
        _download("Face, JSON", lambda: json.dumps(_record(answers, face), indent=2), "face.json", key)
        _download(f"Strip of {STEPS}, PNG", lambda: strip(classifiers, face), "strip.png", key)
        for answered in answers:
            name = answered.checkpoint.name
            _download(
                f"Heatmap of {name}, PNG",
                _heatmap(answered, display),
                f"heatmap-{answered.look.attribution.method}-{answered.look.explained}-{name}.png",
                key,
            )
        rows = [
            [answered.checkpoint.name, label, value]
            for answered in answers
            for label, value in answered.look.prediction.ranked()
        ]
        downloads.show(("network", "class", "probability"), rows, "scores.csv", key=f"{key} csv", label="Scores, CSV")
    st.caption(
        "The strip shows the face from neutral to full intensity with each network's answer under it. The JSON draws "
        "the same face again, here or with `fer lab --face face.json`; figures and tables are saved in their tabs."
    )
    st.file_uploader("Load a face, JSON", type="json", key=_UPLOAD, on_change=_load)
    if PROBLEM.get():
        st.error(str(PROBLEM.get()), icon=":material/error:")


def _download(label: str, content: Any, name: str, key: str) -> None:
    downloads.button(label, content, name, key=f"{key} {label}")


def _heatmap(answered: Answered, display: Display) -> Any:
    return lambda: printed.png(answered.pixels, answered.look, display, answered.checkpoint)


def _record(answers: list[Answered], face: FaceParameters) -> dict[str, Any]:
    networks = [
        {
            "name": answered.checkpoint.name,
            "weights_sha256": answered.checkpoint.sha256,
            "scores": dict(answered.look.prediction.ranked()),
        }
        for answered in answers
    ]
    return {"parameters": to_json(face), "networks": networks}


def _load() -> None:
    file = state.value_of(_UPLOAD)
    PROBLEM.set(None)
    if file is None:
        return
    try:
        choice.set_face(from_json(file.getvalue()))
    except UserError as error:
        PROBLEM.set(str(error))
