"""Which methods can run on a network, and the one that is shown first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fer_models.explain.base import EXPLAINERS, USUAL_METHOD
from fer_models.explain.per_network import PerNetwork
from fer_models.explain.untouched import untouched

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

_UNSUPPORTED: PerNetwork[dict[str, str]] = PerNetwork(most=64)


def unsupported_methods(classifier: Classifier) -> dict[str, str]:
    """Key of every method that cannot run on this network, with the reason in one sentence.

    Example:
        >>> from fer_models import load_checkpoint
        >>> unsupported_methods(load_checkpoint("checkpoints/fcsdnet-synthetic"))
        {}
    """
    return dict(_UNSUPPORTED.of(classifier, None, lambda: _unsupported(classifier)))


def _unsupported(classifier: Classifier) -> dict[str, str]:
    with classifier.exclusive(), untouched(classifier.model):
        reasons = {key: method().refusal(classifier.model) for key, method in EXPLAINERS.items()}
    return {key: reason for key, reason in reasons.items() if reason}


def usual_method(classifier: Classifier) -> str:
    """The method to show first for this network: :data:`USUAL_METHOD`, occlusion where that cannot run.

    Example:
        >>> from fer_models import load_checkpoint
        >>> usual_method(load_checkpoint("checkpoints/fcsdnet-synthetic"))
        'layer_cam'
    """
    return "occlusion" if USUAL_METHOD in unsupported_methods(classifier) else USUAL_METHOD
