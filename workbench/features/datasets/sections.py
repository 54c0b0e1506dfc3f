"""The open section of the page."""

from __future__ import annotations

from workbench import state

SECTION = state.Choice("datasets.section", ("Overview", "Faces", "Pixels", "Preparation", "Audit", "All sets"))
