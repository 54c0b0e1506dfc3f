"""A lesson in reading maps: the same faces drawn four ways, with the figures that do not depend on the drawing."""

from __future__ import annotations

import dataclasses

import streamlit as st

from fer_models.embedding import MapSettings
from fer_models.evaluation.evaluate import Evaluation
from workbench import cache
from workbench.app import jobs
from workbench.app.wording import percent
from workbench.evidence.model import face_maps
from workbench.features.clusters import maps as map_view
from workbench.features.clusters.figures import Points, cluster_map
from workbench.features.clusters.maps import Mapped
from workbench.features.clusters.model import colours
from workbench.features.clusters.model import maps as maps_model

_FACES = 800
_VARIANTS = {
    "Perplexity 5": {"perplexity": 5.0},
    "Perplexity 30": {"perplexity": 30.0},
    "Perplexity 100": {"perplexity": 100.0},
    "Raw pixels, perplexity 30": {"perplexity": 30.0, "features": "pixels"},
}


def show(mapped: Mapped) -> None:
    """Draw the fold with the four maps and what may be concluded from them."""
    fold = st.expander(
        "Lesson: the same faces, drawn four ways", icon=":material/school:", key="lesson fold", on_change="rerun"
    )
    if not fold.open:
        return
    faces = cache.of_predictions(maps_model.part, mapped.faces, _FACES, key=("lesson", _FACES))
    with fold:
        usual = dataclasses.replace(MapSettings(), seed=mapped.settings.seed)
        variants = {name: dataclasses.replace(usual, **change) for name, change in _VARIANTS.items()}  # type: ignore[arg-type]
        if not _begun(mapped, faces, list(variants.values())):
            return
        maps_by_name: dict[str, Mapped] = {}
        for name, settings in variants.items():
            mapped_variant = map_view.compute(mapped.checkpoint, mapped.name, mapped.dataset, faces, settings)
            if mapped_variant is None:
                return
            maps_by_name[name] = mapped_variant
        rows = (list(maps_by_name.items())[:2], list(maps_by_name.items())[2:])
        for row in rows:
            for (name, mapped_variant), column in zip(row, st.columns(2), strict=True):
                with column:
                    _small(name, mapped_variant)
        _conclude(maps_by_name)


def _begun(mapped: Mapped, faces: Evaluation, variants: list[MapSettings]) -> bool:
    """Whether all maps were made or begun; else draw the button that begins them."""
    checkpoint = mapped.checkpoint
    missing = [
        settings
        for settings in variants
        if face_maps.read(checkpoint, faces, settings) is None
        and jobs.find(face_maps.key(checkpoint, faces, settings)) is None
    ]
    if not missing:
        return True
    label = f"Make {len(missing)} {'map' if len(missing) == 1 else 'maps'} of {faces.n:,} faces"
    if not st.button(label, key="lesson start", type="primary", icon=":material/play_arrow:"):
        return False
    for settings in missing:
        face_maps.start(cache.classifier(checkpoint), mapped.dataset, faces, settings)
    return True


def _small(name: str, mapped: Mapped) -> None:
    faces = mapped.faces
    points = Points(mapped.map.coordinates, faces.positions, faces.predictions != faces.targets)
    dark = st.context.theme.type == "dark"
    figure = cluster_map(points, colours.colouring(faces, mapped.dataset, "class"), order=faces.classes, dark=dark)
    figure.update_layout(height=300, showlegend=False, dragmode=False)
    faithfulness = mapped.map.faithfulness
    st.markdown(f"**{name}**")
    st.plotly_chart(
        figure, key=f"lesson {name}", alt=f"t-SNE map of {faces.n} faces, {name}", config={"displayModeBar": False}
    )
    st.caption(
        f"Trustworthiness {faithfulness.trustworthiness:.3f}, continuity {faithfulness.continuity:.3f}, neighbour "
        f"overlap {faithfulness.overlap:.2f} · kNN accuracy before the map "
        f"{percent(mapped.map.separation.knn_accuracy)}"
    )


def _conclude(maps_by_name: dict[str, Mapped]) -> None:
    five, thirty, hundred, pixels = (mapped.map for mapped in maps_by_name.values())
    separation, raw = thirty.separation, pixels.separation
    overlaps = [m.faithfulness.overlap for m in (five, thirty, hundred)]
    st.markdown(
        f"**What changes.** The number, size and distance of the clumps: all from one table of numbers. The share of "
        f"true neighbours that the map keeps goes from {overlaps[0]:.2f} over {overlaps[1]:.2f} to "
        f"{overlaps[2]:.2f}.\n\n"
        f"**What does not.** The features: {separation.knn_accuracy:.0%} of the faces have the class of their nearest "
        f"{separation.k} in all of the first three, however the map looks.\n\n"
        f"**What may be concluded.** Classes that stay apart at every perplexity are apart in the features; a clump "
        f"that one perplexity alone shows is the drawing's. With raw pixels {raw.knn_accuracy:.0%} is reached: what "
        "lies together there is alike in light and pose, and only what the network adds to it speaks of expressions."
    )
