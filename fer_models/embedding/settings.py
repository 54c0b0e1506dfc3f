"""What a map is made with: the features, the projection and its settings, with a line on what each one does."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from fer_models.errors import UserError

Method = Literal["tsne", "umap", "pca", "lda"]
METHODS: dict[str, str] = {
    "tsne": "t-SNE",
    "umap": "UMAP",
    "pca": "PCA",
    "lda": "LDA (is told the classes)",
}
#: Settings that a method listens to besides those of every method; the others change nothing of its map.
_OWN: dict[str, tuple[str, ...]] = {
    "tsne": ("perplexity",),
    "umap": ("neighbours", "minimum_distance"),
    "pca": (),
    "lda": (),
}
_SHARED = ("features", "method", "dimensions", "metric", "components", "seed")


def _ask(default: Any, label: str, text: str, **bounds: float) -> Any:
    return dataclasses.field(default=default, metadata={"label": label, "help": text, **bounds})


@dataclass(frozen=True)
class MapSettings:
    """Settings of a map. ``metadata`` of each field holds its label, a one-line explanation, and its range.

    Raises:
        UserError: If a value is unknown or out of range; the message names it.
    """

    features: str = _ask("embedding", "Features", "What is compared: the network's embedding, a layer, or raw pixels.")
    method: Method = _ask("tsne", "Projection", "How many dimensions become two. t-SNE keeps neighbours together.")
    dimensions: int = _ask(2, "Dimensions", "2 for a map with selection, 3 to turn and look only.", low=2, high=3)
    perplexity: float = _ask(
        30.0, "Perplexity", "How many neighbours t-SNE gives each face: few show detail, many show the whole.",
        low=2, high=500,
    )  # fmt: skip
    neighbours: int = _ask(
        15, "Neighbours", "How many neighbours UMAP looks at: few show detail, many show the whole.", low=2, high=500
    )
    minimum_distance: float = _ask(
        0.1, "Minimum distance", "How close UMAP may put two faces: 0 packs the clumps tightly.", low=0.0, high=0.99
    )
    metric: Literal["cosine", "euclidean"] = _ask(
        "cosine", "Distance", "Cosine compares directions only (features of length 1), Euclidean lengths as well."
    )
    components: int = _ask(
        50, "PCA first, dimensions", "The features are reduced to so many dimensions first; 0 leaves them as they are.",
        low=0, high=500,
    )  # fmt: skip
    seed: int = _ask(0, "Seed", "The same seed gives the same map.", low=0, high=2**31 - 1)

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UserError(f"There is no projection {self.method!r}; choose one of: {', '.join(METHODS)}.")
        if self.metric not in ("cosine", "euclidean"):
            raise UserError(f"The distance is cosine or euclidean, not {self.metric!r}.")
        for field in dataclasses.fields(self):
            low, high = field.metadata.get("low"), field.metadata.get("high")
            value = getattr(self, field.name)
            if low is not None and not low <= value <= high:
                raise UserError(f"{field.metadata['label']} lies between {low:g} and {high:g}, not {value:g}.")

    def fitted(self, count: int) -> MapSettings:
        """The same for ``count`` pictures: perplexity below a third of them, fewer neighbours than pictures.

        Raises:
            UserError: If there are fewer than 5 pictures.
        """
        if count < 5:
            raise UserError(f"A map needs at least 5 pictures, not {count}; choose a larger split.")
        return dataclasses.replace(
            self,
            perplexity=float(min(self.perplexity, max(2.0, (count - 1) / 3))),
            neighbours=min(self.neighbours, count - 1),
        )

    def relevant(self) -> dict[str, Any]:
        """The settings that the method listens to, by name: what the identity of a map is made from."""
        return {name: getattr(self, name) for name in (*_SHARED, *_OWN[self.method])}

    @classmethod
    def fields_of(cls, method: str) -> tuple[str, ...]:
        """Names of the settings that shape a map of that method, those of the method first."""
        return (*_OWN[method], "metric", "components", "seed")
