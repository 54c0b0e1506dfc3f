"""Classifier: a loaded checkpoint that predicts, safe to share among threads."""

from __future__ import annotations

import copy
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fer_models.architectures.base import FERNetwork
from fer_models.averaging import augmented_views
from fer_models.checkpoint import Checkpoint, read_checkpoint
from fer_models.device import full_float32, inference_device
from fer_models.display import Displayed
from fer_models.errors import UserError
from fer_models.inference import Choice, Forward, Optimised, optimise
from fer_models.inference.forwards import plain
from fer_models.layout import channels_last

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prediction:
    """Outputs for N pictures, float32 arrays: ``logits`` and ``probabilities`` (N, K), ``embedding`` (N, F)."""

    classes: tuple[str, ...]
    logits: np.ndarray
    probabilities: np.ndarray
    embedding: np.ndarray

    @property
    def top(self) -> np.ndarray:
        """int64 (N,), position of the most probable class."""
        return self.probabilities.argmax(1)

    def ranked(self, position: int = 0) -> list[tuple[str, float]]:
        """Class names and probabilities of one picture, the largest first."""
        order = np.argsort(-self.probabilities[position], kind="stable")
        return [(self.classes[k], float(self.probabilities[position, k])) for k in order]


class Classifier(Displayed):
    """A trained network with its classes and its preprocessing.

    Explanations and predictions in plain torch hold :attr:`lock`: hooks of two explanations on one model would mix.

    A classifier predicts in plain torch, channels last, until :meth:`optimise` finds a faster way with the same logits
    (to 1e-4); ``predict(exact=True)`` always uses plain torch, bit for bit the same before and after. Explanations
    always run on :attr:`model`, the torch network.

    Args:
        checkpoint: Its facts.
        device: Where it predicts.
        model: The network, where it is loaded already and lies on that device, as while it trains.

    Raises:
        UserError: If the checkpoint's weights cannot be loaded.
    """

    def __init__(self, checkpoint: Checkpoint, device: str | torch.device = "cpu", *, model: FERNetwork | None = None):
        self.checkpoint = checkpoint
        self.device = torch.device(device)
        self.model = checkpoint.build().place(self.device) if model is None else model
        self.lock = threading.RLock()
        self._optimised: Optimised | None = None
        self._optimising = threading.Lock()

    @property
    def choice(self) -> Choice | None:
        """What :meth:`optimise` measured, ``None`` before it."""
        return None if self._optimised is None else self._optimised.choice

    def optimise(self) -> Choice:
        """Find the fastest way to predict on this computer and use it from now on; done once, takes a few seconds.

        Batch norms are folded into convolutions, the network is exported to onnxruntime, each is compared with plain
        torch, and a probe of a few runs decides. The notes have a sentence for each variant that is not possible.
        Weights that are changed later do not affect the optimised network.
        """
        with self._optimising:
            if self._optimised is None:
                with self.exclusive() as model:
                    network = copy.deepcopy(model)
                self._optimised = optimise(network, self.checkpoint.preprocess.size, device=self.device)
            return self._optimised.choice

    def optimise_later(self) -> threading.Thread:
        """:meth:`optimise` in the background: predictions use plain torch until it is done."""
        # No daemon: an export that is cut off when the process ends aborts it.
        thread = threading.Thread(target=self._optimise_quietly, name="optimise")
        thread.start()
        return thread

    def _optimise_quietly(self) -> None:
        try:
            self.optimise()
        except Exception:  # Nobody above this thread would see it; predictions stay in plain torch.
            _LOG.exception("The network could not be optimised")

    @property
    def classes(self) -> tuple[str, ...]:
        return self.checkpoint.classes

    @contextmanager
    def exclusive(self) -> Iterator[FERNetwork]:
        """Hold the model alone, in evaluation mode; train flags are restored after the block, also after an error."""
        with self.lock:
            training = {module: module.training for module in self.model.modules()}
            self.model.eval()
            try:
                with full_float32(self.device):
                    yield self.model
            finally:
                for module, flag in training.items():
                    module.training = flag

    def prepare(self, images: Sequence[np.ndarray] | np.ndarray) -> Tensor:
        """Network input (B, C, size, size) on the device from uint8 face crops (H, W), (H, W, 1) or (H, W, 3).

        Example:
            >>> load_checkpoint("checkpoints/mini-xception-fer2013").prepare([np.zeros((90, 60, 3), np.uint8)]).shape
            torch.Size([1, 1, 48, 48])
        """
        return channels_last(self.checkpoint.preprocess(images).to(self.device))

    @contextmanager
    def _forward_for(self, exact: bool) -> Iterator[Forward]:
        """The forward pass to use. Only plain torch needs the lock: the other variants have copies of the network."""
        optimised = None if exact else self._optimised
        if optimised is not None:
            yield optimised
        else:
            with self.exclusive() as model:
                yield plain(model)

    def predict(
        self,
        images: Sequence[np.ndarray] | np.ndarray,
        *,
        batch_size: int = 64,
        averaging: str = "none",
        exact: bool = False,
    ) -> Prediction:
        """Classify face crops.

        Args:
            averaging: ``"none"``, ``"flip"`` for the mean of the logits of the picture and its mirror image, or
                ``"ten_crop"`` for that of five crops and their mirror images
                (:func:`fer_models.averaging.augmented_views`).
            exact: use plain torch even after :meth:`optimise`, for reproducible figures.

        Raises:
            UserError: If the averaging is unknown, or an output is NaN or infinite.

        Example:
            >>> classifier = load_checkpoint("checkpoints/mini-xception-fer2013")
            >>> faces = np.full((2, 48, 48), 128, np.uint8)  # two grey crops
            >>> prediction = classifier.predict(faces, averaging="flip")
            >>> prediction.probabilities.shape, len(prediction.ranked(0))
            ((2, 7), 7)
        """
        logits, embeddings = [], []
        for start in range(0, len(images), batch_size):
            batch = self.prepare(images[start : start + batch_size])
            with self._forward_for(exact) as run:
                (out, embedding), *others = [run(view) for view in augmented_views(batch, averaging)]
                if others:
                    out = torch.stack([out, *(logits for logits, _ in others)]).mean(0)
            logits.append(out.float().cpu())
            embeddings.append(embedding.float().cpu())
        if not logits:
            empty = np.zeros((0, len(self.classes)), np.float32)
            return Prediction(self.classes, empty, empty, np.zeros((0, self.model.num_features), np.float32))
        stacked = torch.cat(logits)
        check_finite(stacked, self.checkpoint.name)
        return Prediction(self.classes, stacked.numpy(), stacked.softmax(1).numpy(), torch.cat(embeddings).numpy())


def check_finite(logits: Tensor, name: str) -> None:
    """Refuse outputs that are no numbers, such as those of weights that overflow.

    Args:
        logits: Of any shape.
        name: The network, for the message.

    Raises:
        UserError: If one is NaN or infinite.
    """
    if not bool(torch.isfinite(logits).all()):
        raise UserError(f"{name} gives NaN or infinity instead of scores; use another checkpoint.")


def load_checkpoint(path: str | Path, device: str | torch.device | None = None) -> Classifier:
    """Load a checkpoint folder as a :class:`~fer_models.classifier.Classifier` that predicts.

    Args:
        path: The folder.
        device: Where it predicts; by default as :func:`fer_models.device.inference_device` says.

    Raises:
        UserError: If the folder or one of its files cannot be used; the message says which and what to do.

    Example:
        >>> classifier = load_checkpoint("checkpoints/mini-xception-fer2013")
        >>> classifier.classes
        ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
    """
    return Classifier(read_checkpoint(path), inference_device() if device is None else device)
