"""A small evaluation of a fresh network on faces of noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fer_models import create_model
from fer_models.checkpoint import Checkpoint, save_checkpoint
from fer_models.data import FaceDataset
from fer_models.evaluation.evaluate import Evaluation
from fer_models.evaluation.part import Part
from fer_models.evaluation.predictions import predictions_for
from fer_models.evaluation.protocol import Protocol
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

COUNT = 42


@pytest.fixture(scope="module")
def faces() -> FaceDataset:
    """Forty-two pictures of noise, six of each class, the classes at brightnesses of their own."""
    rng = np.random.default_rng(0)
    labels = np.arange(COUNT) % 7
    images = (rng.integers(0, 90, (COUNT, 48, 48, 1)) + 20 * labels[:, None, None, None]).astype(np.uint8)
    return FaceDataset("noise", images, labels, FER7, np.zeros(COUNT, np.int8), ("all",), np.arange(COUNT), "memory")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    torch.manual_seed(0)
    model = create_model("sldcnn", 7, 1)
    return save_checkpoint(tmp_path_factory.mktemp("network") / "fresh", model, FER7, Preprocess(48, 1))


@pytest.fixture
def evaluation(faces: FaceDataset, checkpoint: Checkpoint, own_folders: None) -> Evaluation:
    return predictions_for(checkpoint, faces, Protocol(Part("all", np.arange(COUNT)), selection="nothing"))


@pytest.fixture(scope="session")
def clumps() -> tuple[np.ndarray, np.ndarray]:
    """Three clumps of 40 points in 20 dimensions, float32 (120, 20), and their numbers."""
    rng = np.random.default_rng(1)
    targets = np.repeat(np.arange(3), 40)
    return (rng.normal(size=(120, 20)) + 8 * rng.normal(size=(3, 20))[targets]).astype(np.float32), targets
