"""Settings of a map: the features, the projection and its parameters, each with a line of explanation."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

from pydantic import Field

from fer_models.errors import UserError
from fer_models.settings import checked

Method = Literal["tsne", "umap", "pca", "lda"]
METHODS: dict[str, str] = {
    "tsne": "t-SNE",
    "umap": "UMAP",
    "pca": "PCA",
    "lda": "LDA (is told the classes)",
}
#: Settings that a method reads besides the shared ones; the others do not affect its map.
_OWN: dict[str, tuple[str, ...]] = {
    "tsne": ("perplexity",),
    "umap": ("neighbours", "minimum_distance"),
    "pca": (),
    "lda": (),
}
_SHARED = ("features", "method", "dimensions", "metric", "components", "seed")


def _entry(label: str, text: str, **bounds: Any) -> Any:
    return Field(title=label, description=text, **bounds)


@checked("Map")
class MapSettings:
    """Settings of a map. Each field holds its label, a one-line explanation, and its range.

    Raises:
        UserError: If a value is unknown or out of range; the message names it.

    Example:
        >>> MapSettings(method="umap").relevant()["neighbours"]
        15
    """

    features: Annotated[
        str, _entry("Features", "What is compared: the network's embedding, a layer, or raw pixels.")
    ] = "embedding"
    method: Annotated[
        Method, _entry("Projection", "How many dimensions become two. t-SNE keeps neighbours together.")
    ] = "tsne"
    dimensions: Annotated[
        int, _entry("Dimensions", "2 for a map with selection, 3 to turn and look only.", ge=2, le=3)
    ] = 2
    perplexity: Annotated[
        float,
        _entry(
            "Perplexity",
            "How many neighbours t-SNE gives each face: few show detail, many show the whole.",
            ge=2,
            le=500,
        ),
    ] = 30.0
    neighbours: Annotated[
        int,
        _entry("Neighbours", "How many neighbours UMAP looks at: few show detail, many show the whole.", ge=2, le=500),
    ] = 15
    minimum_distance: Annotated[
        float,
        _entry("Minimum distance", "How close UMAP may put two faces: 0 packs the clumps tightly.", ge=0, le=0.99),
    ] = 0.1
    metric: Annotated[
        Literal["cosine", "euclidean"],
        _entry("Distance", "Cosine compares directions only (features of length 1), Euclidean lengths as well."),
    ] = "cosine"
    components: Annotated[
        int,
        _entry(
            "PCA first, dimensions",
            "The features are reduced to so many dimensions first; 0 leaves them as they are.",
            ge=0,
            le=500,
        ),
    ] = 50
    seed: Annotated[int, _entry("Seed", "The same seed gives the same map.", ge=0, le=2**31 - 1)] = 0

    def fitted(self, count: int) -> MapSettings:
        """The same for ``count`` pictures: perplexity below a third of them, fewer neighbours than pictures.

        Raises:
            UserError: If there are fewer than 5 pictures.
        """
        if count < 5:
            raise UserError(f"A map needs at least 5 images, not {count}; choose a larger split.")
        return dataclasses.replace(
            self,
            perplexity=float(min(self.perplexity, max(2.0, (count - 1) / 3))),
            neighbours=min(self.neighbours, count - 1),
        )

    def relevant(self) -> dict[str, Any]:
        """The settings that affect the method's map, by name; they identify a map."""
        return {name: getattr(self, name) for name in (*_SHARED, *_OWN[self.method])}

    @classmethod
    def fields_of(cls, method: str) -> tuple[str, ...]:
        """Names of the settings that shape a map of that method, those of the method first."""
        return (*_OWN[method], "metric", "components", "seed")
