"""Prediction, heatmap and own attention of a network for one face."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from fer_models.classifier import Classifier, Prediction
from fer_models.colours import USUAL_MAP, coloured
from fer_models.explain import (
    EXPLAINERS,
    USUAL_METHOD,
    Attribution,
    default_layer,
    explain,
    layer_sizes,
    unsupported_methods,
    usual_method,
)
from fer_models.explain.overlay import overlay
from fer_models.explain.own_attention.maps import AttentionMap, attention_maps
from fer_models.explain.titles import titles
from fer_models.explain.trust.card import TrustCard, trust_card
from fer_models.explain.trust.card import continued as test_further
from workbench.app import machine
from workbench.app.pictures import as_rgb, enlarged
from workbench.app.wording import percent

#: More channels than any network has: gates often tie at 1, so the order of the strongest few would be arbitrary.
ALL_CHANNELS = 1_000_000
#: The method shown first.
FIRST_METHOD = USUAL_METHOD


@dataclass(frozen=True)
class Question:
    """What to explain, and how.

    Args:
        target: class name, the most probable one if ``None``. against: the other class of a contrast.
        layer: name of a layer, the default layer if ``None``.
        of: ``"logit"`` or ``"probability"``. upsampling: ``"bilinear"`` or ``"nearest"``, for methods with a layer.
        variant: name and value of options of the method; other methods ignore them.
    """

    method: str = FIRST_METHOD
    target: str | None = None
    layer: str | None = None
    against: str | None = None
    of: str = "logit"
    upsampling: str = "bilinear"
    variant: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Look:
    """Prediction and attribution for one face."""

    prediction: Prediction
    attribution: Attribution
    target: str
    against: str | None = None

    @property
    def explained(self) -> str:
        """The class, or both classes of a contrast, in words."""
        return self.target if self.against is None else f"{self.target} rather than {self.against}"

    @property
    def winner(self) -> str:
        """The most probable class."""
        return self.prediction.ranked()[0][0]

    @property
    def title(self) -> str:
        """Method and class, with the class's probability."""
        probability = dict(self.prediction.ranked())[self.target]
        chance = f" ({percent(probability)})" if self.against is None else ""
        return f"{EXPLAINERS[self.attribution.method].title} for {self.explained}{chance}"


def methods(classifier: Classifier) -> dict[str, str]:
    """Key and title of every method that can run on this network."""
    refused = unsupported_methods(classifier)
    return titles(refused)


def layers(classifier: Classifier) -> dict[str, tuple[int, int]]:
    """Name and map size (h, w) of every layer for class activation maps, the deepest first."""
    side = classifier.checkpoint.preprocess.size
    with classifier.exclusive():
        return layer_sizes(classifier.model, (side, side))


def first_method(classifier: Classifier) -> str:
    """The method shown first: :data:`FIRST_METHOD`, or one that can run on this network."""
    return usual_method(classifier)


def usual_title(classifier: Classifier) -> str:
    """Title of that method."""
    return EXPLAINERS[first_method(classifier)].title


def usual_layer(classifier: Classifier) -> str | None:
    """The default layer of class activation maps; ``None`` for a network without layers, such as an ONNX file."""
    if not classifier.model.cam_layers:
        return None
    with classifier.exclusive():
        return default_layer(classifier.model, classifier.checkpoint.preprocess.size)


def prediction(classifier: Classifier, pixels: np.ndarray) -> Prediction:
    """The prediction for a face, uint8 (S, S, C)."""
    return classifier.predict([pixels])


def look(classifier: Classifier, pixels: np.ndarray, question: Question) -> Look:
    """Classify a face, uint8 (S, S, C), and explain one class, by default the most probable.

    Raises:
        UserError: If the method, class or layer is unknown or cannot be used with this network.
    """
    predicted = classifier.predict([pixels])
    target = question.target or predicted.ranked()[0][0]
    class_or_pair = target if question.against is None else (target, question.against)
    method = first_method(classifier) if question.method == FIRST_METHOD else question.method
    accepted = EXPLAINERS[method].options()
    requested: dict[str, Any] = {"upsampling": question.upsampling} | dict(question.variant)
    options = {name: value for name, value in requested.items() if name in accepted}
    attribution = explain(
        classifier,
        classifier.prepare([pixels]),
        method,
        class_or_pair,
        layer=question.layer,
        of=question.of,
        **options,
    )
    return Look(predicted, attribution, target, question.against)


def trust(classifier: Classifier, pixels: np.ndarray, attribution: Attribution, maps: int) -> TrustCard:
    """The verdict on a heatmap of one face, uint8 (S, S, C), with that many random maps."""
    with machine.all_cores():
        return trust_card(classifier, classifier.prepare([pixels]), attribution, maps=maps)


def continued(classifier: Classifier, pixels: np.ndarray, attribution: Attribution, card: TrustCard) -> TrustCard:
    """A quick verdict of :func:`trust` with the baseline that it left out."""
    with machine.all_cores():
        return test_further(classifier, classifier.prepare([pixels]), attribution, card)


def refused(classifier: Classifier) -> dict[str, str]:
    """Title of every method that cannot run on this network, with the reason in one sentence."""
    return {EXPLAINERS[key].title: reason for key, reason in unsupported_methods(classifier).items()}


def facts(look: Look) -> str:
    """The caption of a map: layer, score, upsampling and range of values."""
    attribution = look.attribution
    values = attribution.values[0]
    parts = []
    if attribution.layer is not None and attribution.layer_size is not None:
        height, width = attribution.layer_size
        parts.append(f"layer {attribution.layer}, {height} x {width} cells, {attribution.options['upsampling']}")
    parts += [f"{name} {attribution.options[name]}" for name in EXPLAINERS[attribution.method].choices]
    parts.append(f"{attribution.of} of {look.explained}")
    if (sums := completeness(attribution)) is not None:
        parts.append(sums)
    if attribution.agreement is not None:
        parts.append(f"correlation with as many other noisy copies {attribution.agreement[0]:.2f}")
    parts.append(f"values {values.min():.3g} to {values.max():.3g}")
    return " · ".join(parts)


def completeness(attribution: Attribution) -> str | None:
    """What the values sum to and should sum to; ``None`` for a method that claims no sum."""
    if attribution.sums is None or attribution.completeness_error is None:
        return None
    total, expected = attribution.sums[0]
    error = percent(float(attribution.completeness_error[0]), 1)
    return f"sums to {total:.3g} of {expected:.3g}, completeness error {error}"


def incomplete(attribution: Attribution) -> str | None:
    """A sentence if the values miss what the method says that they sum to by more than 5 %."""
    error = attribution.completeness_error
    if error is None or attribution.sums is None or error[0] <= MOST_ERROR:
        return None
    total, expected = (float(value) for value in attribution.sums[0])
    if attribution.method == "lrp":
        return (
            f"{percent(total / expected, 0)} of the logit reaches the pixels; the network's biases hold the rest, "
            "which this map does not show."
        )
    what = "signed terms" if attribution.method == "full_grad" else "values"
    return (
        f"Completeness error {percent(float(error[0]), 0)}: the {what} of this map sum to {total:.3g}, not to the "
        f"{expected:.3g} that {EXPLAINERS[attribution.method].title} shares out."
    )


#: Completeness error above which a map is marked.
MOST_ERROR = 0.05


@dataclass(frozen=True)
class OwnAttention:
    """Maps and gates of the network's attention modules for one face.

    Args:
        overlays: words and map (H, W) at input resolution of every module that attends over places, in order.
        channels: the same for channel attention: the mean of all feature maps, weighted by their gates.
        gates: words and gates (C,) of every channel gate.
    """

    overlays: list[tuple[str, np.ndarray]]
    channels: list[tuple[str, np.ndarray]]
    gates: dict[str, np.ndarray]

    @property
    def empty(self) -> bool:
        """Whether the network has no attention."""
        return not (self.overlays or self.channels or self.gates)


def own_attention(classifier: Classifier, pixels: np.ndarray) -> OwnAttention:
    """Record the network's own gates and attention weights for one face, uint8 (S, S, C)."""
    result = OwnAttention([], [], {})
    for record in attention_maps(classifier, classifier.prepare([pixels]), strongest=ALL_CHANNELS):
        words = record.title
        if record.overlay is not None:
            result.overlays.append((words, record.overlay[0]))
        if record.kind == "channel":
            result.gates[words] = record.weights[0]
            if (entered := _open_channels(record)) is not None:
                result.channels.append((words, resized(entered, pixels.shape[0])))
    return result


def _open_channels(record: AttentionMap) -> np.ndarray | None:
    """Gate-weighted mean (h, w) of the feature maps that entered the module."""
    if record.strongest is None or record.order is None:
        return None
    maps = record.strongest[0]
    gates = record.weights[0][record.order[0, : len(maps)]]
    return np.tensordot(gates, maps, 1) / max(float(gates.sum()), 1e-12)


def resized(values: np.ndarray, side: int) -> np.ndarray:
    """A map (h, w) resized to (side, side), bilinear."""
    return cv2.resize(values, (side, side), interpolation=cv2.INTER_LINEAR)


def raw(attribution: Attribution) -> bytes:
    """The signed values (H, W) as the bytes of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, attribution.values[0], allow_pickle=False)
    return buffer.getvalue()


def overlaid(
    pixels: np.ndarray, heat: np.ndarray | None, side: int, *, opacity: float, signed: bool, colours: str = USUAL_MAP
) -> np.ndarray:
    """The heatmap over the face enlarged to about ``side`` pixels, uint8 (side, side, 3).

    Args:
        pixels: uint8 (S, S, C). heat: (S, S) in [0, 1], or in [-1, 1] when ``signed``; ``None`` for the face alone.
        colours: one of ``COLOUR_MAPS``; signed maps have their own colours.
    """
    face = enlarged(as_rgb(pixels), side)
    if heat is None:
        return face
    large = enlarged(heat, side)  # repeated, not smoothed: a cell of the map is a cell of the picture
    if not signed:
        return overlay(face, large, opacity, colours)
    mixed = (1 - opacity) * face + opacity * coloured((large + 1) / 2, "diverging")
    return np.rint(mixed).astype(np.uint8)
