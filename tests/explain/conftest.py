"""A small held network for oracles and an untrained FCSDNet as an app would hold it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from fer_models import create_model, load_checkpoint
from fer_models.architectures.base import FERNetwork
from fer_models.checkpoint import save_checkpoint
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess


@dataclass(frozen=True)
class NoOptions:
    """The network below has none."""


class GapNetwork(FERNetwork):
    """Convolution, ReLU, convolution, ReLU, mean over space, linear layer: maps have closed forms here."""

    title, paper, summary, Options, native_input, min_size = "GAP network", "-", "-", NoOptions, (1, 12, 12), 4

    def __init__(self, num_classes: int = 4, in_channels: int = 1, norm: bool = False):
        super().__init__(num_classes, in_channels, NoOptions())
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, 6, 3, padding=1, bias=not norm),
            nn.BatchNorm2d(6) if norm else nn.Identity(),
            nn.ReLU(),
            nn.Conv2d(6, 5, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.num_features = 5
        self.head = nn.Linear(5, num_classes)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.body(x)

    def forward_head(self, features: Tensor, pre_logits: bool = False) -> Tensor:
        embedding = features.mean((2, 3))
        return embedding if pre_logits else self.head(embedding)

    @property
    def classifier(self) -> nn.Linear:
        return self.head

    def _set_classifier(self, layer: nn.Linear) -> None:
        self.head = layer

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        return {"last": self.body[4], "first": self.body[2]}


class Held:
    """What an explanation needs of a classifier, around a network that is no checkpoint."""

    def __init__(self, model: FERNetwork, classes: tuple[str, ...]):
        self.model, self.classes, self.lock = model.eval(), classes, threading.RLock()
        self.checkpoint = SimpleNamespace(preprocess=Preprocess(), identity="untrained")

    @contextmanager
    def exclusive(self) -> Iterator[nn.Module]:
        with self.lock:
            yield self.model


def make_tiny(norm: bool = False, seed: int = 0) -> Held:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = GapNetwork(norm=norm).double()
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=0.5)
        if norm:
            model.body[1].running_mean.normal_(std=0.3)
            model.body[1].running_var.uniform_(0.5, 2)
    return Held(model, ("a", "b", "c", "d"))


@pytest.fixture(scope="session")
def hold():
    """Build a held small network: ``hold(num_classes)`` gives untrained weights in float32."""
    return lambda classes: Held(GapNetwork(len(classes)), tuple(classes))


@pytest.fixture()
def tiny() -> Held:
    return make_tiny()


@pytest.fixture()
def tiny_norm() -> Held:
    return make_tiny(norm=True)


@pytest.fixture(scope="session")
def tiny_batch() -> Tensor:
    return torch.randn(3, 1, 12, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = create_model("fcsdnet", in_channels=1)
    folder = tmp_path_factory.mktemp("checkpoint") / "untrained"
    save_checkpoint(folder, model, FER7, Preprocess())
    return load_checkpoint(folder)


@pytest.fixture(scope="session")
def batch() -> Tensor:
    noise = torch.rand(4, 1, 12, 12, generator=torch.Generator().manual_seed(2))
    return nn.functional.interpolate(noise, size=48, mode="bilinear") * 2 - 1
