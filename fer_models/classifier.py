"""Classifier: a loaded checkpoint that predicts, safe to share among threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fer_models.architectures.base import FERNetwork
from fer_models.checkpoint import Checkpoint


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


class Classifier:
    """A trained network with its classes and its preprocessing.

    Every forward pass and every explanation holds :attr:`lock`: hooks of two explanations on one model would mix.

    Raises:
        UserError: If the checkpoint's weights cannot be loaded.
    """

    def __init__(self, checkpoint: Checkpoint, device: str | torch.device = "cpu"):
        self.checkpoint = checkpoint
        self.device = torch.device(device)
        self.model = checkpoint.build().place(self.device)
        self.lock = threading.RLock()

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
                yield self.model
            finally:
                for module, flag in training.items():
                    module.training = flag

    def prepare(self, images: Sequence[np.ndarray] | np.ndarray) -> Tensor:
        """Network input (B, C, size, size) on the device from uint8 face crops (H, W), (H, W, 1) or (H, W, 3)."""
        return self.checkpoint.preprocess(images).to(self.device, memory_format=torch.channels_last)

    def predict(
        self, images: Sequence[np.ndarray] | np.ndarray, *, batch_size: int = 64, averaging: str = "none"
    ) -> Prediction:
        """Classify face crops.

        Args:
            averaging: ``"none"``, or ``"flip"`` for the mean of the logits of the picture and its mirror image.
        """
        logits, embeddings = [], []
        for start in range(0, len(images), batch_size):
            batch = self.prepare(images[start : start + batch_size])
            with self.exclusive() as model, torch.inference_mode():
                features = model.forward_features(batch)
                embeddings.append(model.forward_head(features, pre_logits=True).float().cpu())
                out = model.forward_head(features)
                if averaging == "flip":
                    out = (out + model(batch.flip(3))) / 2
                logits.append(out.float().cpu())
        if not logits:
            empty = np.zeros((0, len(self.classes)), np.float32)
            return Prediction(self.classes, empty, empty, np.zeros((0, self.model.num_features), np.float32))
        stacked = torch.cat(logits)
        return Prediction(self.classes, stacked.numpy(), stacked.softmax(1).numpy(), torch.cat(embeddings).numpy())
