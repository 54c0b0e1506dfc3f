"""Every network trains, explains and shows its attention without a special case anywhere."""

import numpy as np
import pytest
import torch

from fer_models.architectures import ARCHITECTURES, create_model
from fer_models.attention.base import AttentionTap
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import load_checkpoint
from fer_models.explain import explain
from fer_models.explain.own_attention.maps import attention_maps
from fer_models.labels import FER7
from fer_models.losses import create_loss
from fer_models.preprocess import Preprocess
from fer_models.training.fabric import Fabric
from fer_models.training.loop import Loop
from fer_models.training.recipe import Recipe
from fer_models.training.step import TrainingData

#: Small members, since the default ones are the three largest networks.
OPTIONS = {"ensemble": {"members": ["mini_xception", "separable_attention"]}}


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_two_epochs_a_heatmap_and_the_attention(name, tmp_path):
    torch.manual_seed(0)
    pictures = torch.randint(0, 256, (8, 1, 48, 48), dtype=torch.uint8)
    labels = torch.arange(8) % 7
    recipe = Recipe(network=name, epochs=2, batch_size=4, lr=1e-4, precision="float32")
    network = create_model(name, 7, 1, **OPTIONS.get(name, {}))
    loss = create_loss("cross_entropy", num_classes=7, num_features=network.num_features)
    data = TrainingData(pictures, labels, pictures, labels)
    loop = Loop(recipe, network, loss, Preprocess(), data, fabric=Fabric(accelerator="cpu", devices=1))
    before = network.classifier.weight.detach().clone() if name != "ensemble" else None
    for _ in range(2):
        row = loop.train_epoch(lambda step, steps: None, lambda: False)
        assert np.isfinite(row["train_loss"])
    assert np.sum(loop.validate().figures["val_confusion"]) == 8
    if before is not None:
        assert not torch.equal(network.classifier.weight, before)
    save_checkpoint(tmp_path / name, network, FER7, Preprocess())
    classifier = load_checkpoint(tmp_path / name)
    batch = classifier.prepare([picture[0].numpy() for picture in pictures[:1]])
    heatmap = explain(classifier, batch, "grad_cam")
    assert heatmap.values.shape == (1, 48, 48)
    assert np.isfinite(heatmap.values).all()
    taps = [module for module in network.modules() if isinstance(module, AttentionTap)]
    assert len({tap.name for tap in attention_maps(classifier, batch)}) == len(taps)
