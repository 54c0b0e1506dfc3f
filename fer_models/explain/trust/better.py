"""Which method or layer has a better verdict on a face, found by trying."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from fer_models.errors import UserError
from fer_models.explain.base import EXPLAINERS, USUAL_METHOD, explain
from fer_models.explain.layers import layer_sizes
from fer_models.explain.trust.card import QUICK_MAPS, TrustCard, continued, trust_card
from fer_models.explain.usable import unsupported_methods
from fer_models.progress import Progress, silent

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: Tried at every layer, then once, in this order: quick ones first.
AT_LAYERS = (USUAL_METHOD, "grad_cam", "hires_cam")
ONCE = ("input_x_gradient", "saliency", "integrated_gradients")
#: Ways that are tried however long they take.
LEAST = 3
_LEVELS = {"good": 0, "doubtful": 1, "bad": 2}


@dataclass(frozen=True)
class Tried:
    """One way to explain a face, and its quick verdict.

    Args:
        method: Its key.
        layer: Name of its layer, ``None`` for a method without one.
        card: With :data:`~fer_models.explain.trust.card.QUICK_MAPS` random maps.
    """

    method: str
    layer: str | None
    card: TrustCard

    @property
    def order(self) -> tuple[int, float, float]:
        """Sorts the better first: by verdict, then by the larger p of both baselines, then by the smaller difference
        of insertion and deletion, falling."""
        standings = self.card.standings.values()
        return _LEVELS[self.card.level], max(s.rank.p for s in standings), -min(s.gap for s in standings)


def ways(classifier: Classifier, size: int) -> list[tuple[str, str | None]]:
    """Methods and layers to try, those that are usual first.

    Args:
        classifier: The network.
        size: Side of its input.
    """
    refused = unsupported_methods(classifier)
    with classifier.exclusive() as model:
        layers = list(layer_sizes(model, (size, size))) if model.cam_layers else []
    at_layers: list[tuple[str, str | None]] = [(m, layer) for m in AT_LAYERS for layer in layers]
    once: list[tuple[str, str | None]] = [(method, None) for method in ONCE]
    return [way for way in (*at_layers, *once) if way[0] in EXPLAINERS and way[0] not in refused]


def try_ways(
    classifier: Classifier,
    batch: Tensor,
    target: Any = None,
    *,
    of: str = "logit",
    known: tuple[str, str | None] | None = None,
    seconds: float = 4.0,
    progress: Progress = silent,
) -> list[Tried]:
    """Explain one face in many ways and test each map quickly, until the time is used up; the best first.

    A quick verdict can change with more random maps, and the best of many tries looks better than it is: the full card
    of the chosen map decides.

    Args:
        classifier: The network.
        batch: Network input (1, C, H, W).
        target: As for :func:`~fer_models.explain.base.explain`.
        of: ``"logit"`` or ``"probability"``.
        known: Method and layer that need not be tried.
        seconds: After which no other way is begun, once :data:`LEAST` were tried.
        progress: Called with the fraction done and a message; an exception raised in it cancels.

    Raises:
        UserError: If the batch is not one picture, or the class is unknown.

    Example:
        >>> from fer_models import load_checkpoint
        >>> classifier = load_checkpoint("checkpoints/fcsdnet-synthetic")
        >>> batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
        >>> tried = try_ways(classifier, batch, seconds=0)
        >>> {(way.method, way.card.maps) for way in tried}
        {('layer_cam', 10)}
    """
    if len(batch) != 1:
        raise UserError(f"One image is tried at a time, not {len(batch)}.")
    began, tried = time.monotonic(), list[Tried]()
    plan = [way for way in ways(classifier, batch.shape[2]) if way != known]
    for number, (method, layer) in enumerate(plan):
        spent = time.monotonic() - began
        if len(tried) >= LEAST and spent >= seconds:
            break
        part = max(number / len(plan), min(spent / seconds, 1.0) if seconds else 1.0)
        progress(part, f"{EXPLAINERS[method].title}{f', {layer}' if layer else ''}")
        attribution = explain(classifier, batch, method, target, layer=layer, of=of)
        card = trust_card(classifier, batch, attribution, maps=QUICK_MAPS)
        tried.append(Tried(method, layer, continued(classifier, batch, attribution, card)))
    return sorted(tried, key=lambda way: way.order)
