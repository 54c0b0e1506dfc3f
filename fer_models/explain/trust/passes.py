"""The forward passes of a trust card's many changed images: how long they are, and the fastest way to their logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from fer_models.complexity import count
from fer_models.errors import UserError
from fer_models.explain.faithfulness.base import Trial
from fer_models.explain.per_network import PerNetwork
from fer_models.inference.forwards import TorchForward, example_batch, winograd_forward
from fer_models.inference.winograd import suits

if TYPE_CHECKING:
    from fer_models.classifier import Classifier

#: Most images in one pass. Maps of more fall out of the processor's cache: in the multi-branch network an image of 64
#: takes twice as long; in a small network 64 would be a sixth faster.
MOST_IMAGES = 16
#: Multiply-adds of one pass: in the optimised CNN an image of 16 takes a fifth longer than one of four.
_MOST_MACS = 16e9
_MACS: PerNetwork[int] = PerNetwork(most=64)
#: Its copy of the large convolutions' weights can take four times their memory.
_FORWARDS: PerNetwork[TorchForward | None] = PerNetwork(most=2)


def fast_pass(classifier: Classifier) -> Callable[[Tensor], Tensor]:
    """Logits (B, K) of network inputs (B, C, H, W): plain torch's, to 1e-4, in less time where convolutions are large.

    The faster copy is made the first time, and again after the weights change.

    Args:
        classifier: The network, whose lock the calling thread holds while it uses the result.

    Example:
        >>> from fer_models import load_checkpoint
        >>> classifier = load_checkpoint("checkpoints/mini-xception-fer2013")
        >>> batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
        >>> with classifier.exclusive(), torch.no_grad():
        ...     fast_pass(classifier)(batch).shape
        torch.Size([1, 7])
    """
    forward = _FORWARDS.of(classifier, "fast", lambda: _made(classifier))
    if forward is None:
        return classifier.model
    return lambda batch: forward(batch)[0]


def multiply_adds(trial: Trial) -> int:
    """Multiply-adds of the image; 0 where layers are hidden, as in an ONNX file.

    Args:
        trial: Of one image.
    """
    shape = tuple(trial.batch.shape[1:])

    def counted() -> int:
        try:
            with trial.classifier.exclusive() as model:  # a copy would take along the hooks of another explanation
                return count(model, shape).macs
        except UserError:
            return 0

    return _MACS.of(trial.classifier, shape, counted)


def images_at_once(trial: Trial) -> int:
    """How many images go through the network together: 16, fewer in a very large one, at least four.

    Args:
        trial: Of one image.
    """
    return max(4, min(MOST_IMAGES, int(_MOST_MACS / max(1, multiply_adds(trial)))))


def _made(classifier: Classifier) -> TorchForward | None:
    with classifier.exclusive() as model:  # a copy would take along the hooks of another explanation
        wide = [m for m in model.modules() if isinstance(m, nn.Conv2d) and suits(m)]
        if not wide:
            return None
        size, device = classifier.checkpoint.preprocess.size, wide[0].weight.device
        with torch.no_grad():
            return winograd_forward(model, example_batch(2, model.in_channels, size, device))
