"""The face detector in use, a button that downloads YuNet, and the limits on detected faces."""

from __future__ import annotations

import streamlit as st

from workbench import cache, state
from workbench.face.model import detector
from workbench.widgets.errors import guard

SMALLEST_FACE = state.Number("face.smallest face", 24, 12, 240)
SCORE = state.Number("face.score", low=0.0, high=1.0)


def show(*, key: str) -> None:
    """Name the detector; offer to download YuNet if it is missing. After the download, faces are detected again."""
    with guard("the face detector"):
        current = detector.state()
        st.caption(f"Faces are found by {current.title}. {current.summary}")
        if not current.missing:
            return
        if st.button(detector.label(), key=f"{key} yunet", icon=":material/download:", help=detector.terms()):
            with st.spinner("Downloading YuNet and checking it."):
                detector.get()
            cache.forget_images()
            st.rerun()


def offer(*, key: str) -> None:
    """As :func:`show`, in a popover; draws nothing if YuNet is on this computer."""
    with guard("the face detector"):
        if not detector.state().missing:
            return
        with st.popover("Face detector", icon=":material/familiar_face_and_zone:", type="tertiary"):
            show(key=key)


def limits(*, key: str) -> tuple[float, float]:
    """Draw two sliders; return the smallest side of a face in pixels and the smallest score in [0, 1]."""
    current = detector.state()
    with st.popover("Which faces count", icon=":material/tune:"):
        smallest = st.slider(
            "Smallest face, pixels",
            step=4,
            help="Side of a face's box in the image as it was uploaded.",
            **SMALLEST_FACE.of(key).widget(),
        )
        # Scores of different detectors are not comparable, so each keeps its own.
        score = st.slider(
            "Score at least",
            step=0.05,
            help=f"How sure {current.title} must be, usually {current.threshold:.2f}. Less finds more, right or wrong.",
            **SCORE.of(key, current.title).widget(current.threshold),
        )
    return float(smallest), float(score)
