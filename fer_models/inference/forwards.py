"""The ways in which one network can run, each held against plain torch."""

from __future__ import annotations

import contextlib
import copy
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.architectures.base import FERNetwork
from fer_models.errors import UserError
from fer_models.inference.fold import fold_batch_norms
from fer_models.inference.onnx_runtime import OnnxForward
from fer_models.layout import channels_last

PLAIN, FOLDED, ONNX = "torch", "torch, folded", OnnxForward.name
#: Largest difference of a logit from plain torch's that counts as none.
TOLERANCE = 1e-4


class Forward(Protocol):
    """One way to run a network: (B, C, H, W) to logits (B, K) and embedding (B, F), without gradients."""

    @property
    def name(self) -> str: ...

    def __call__(self, batch: Tensor) -> tuple[Tensor, Tensor]: ...


class Outputs(nn.Module):
    """Logits and embedding of a network in one call.

    With ``shared_head`` the last linear layer reads the embedding, so that the head runs once, not twice; an ensemble,
    whose head is not one linear layer, cannot have it.
    """

    def __init__(self, network: FERNetwork, shared_head: bool):
        super().__init__()
        self.network = network
        self.shared_head = shared_head

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.forward_features(self.network.check_input(x))
        embedding = self.network.forward_head(features, pre_logits=True)
        if self.shared_head:
            return self.network.classifier(embedding), embedding
        return self.network.forward_head(features), embedding


class TorchForward:
    """A network in torch, channels last and in inference mode.

    The network must be in evaluation mode and stay so: this is called without a lock.
    """

    def __init__(self, name: str, network: FERNetwork, *, shared_head: bool = False):
        self.name = name
        self.module = Outputs(network, shared_head).eval()

    def __call__(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            return self.module(channels_last(batch))


def plain(network: FERNetwork) -> TorchForward:
    """The network as it is, with both heads run."""
    return TorchForward(PLAIN, network)


def example_batch(count: int, channels: int, size: int, device: torch.device | str = "cpu") -> Tensor:
    """Reproducible pictures (count, channels, size, size) in [-1, 1]: fine noise and coarse patches in turn."""
    generator = torch.Generator().manual_seed(7)
    fine = torch.rand(count, channels, size, size, generator=generator)
    coarse = F.interpolate(torch.rand(count, channels, 6, 6, generator=generator), size=(size, size), mode="bilinear")
    mixed = torch.where((torch.arange(count) % 2 == 0)[:, None, None, None], fine, coarse)
    return channels_last((2 * mixed - 1).to(device))


def difference(one: Forward, other: Forward, batch: Tensor) -> float:
    """Largest difference of a logit, and of the embedding in parts of its largest value where that is above 1."""
    (logits, embedding), (others, other_embedding) = one(batch), other(batch)
    if logits.shape != others.shape or embedding.shape != other_embedding.shape:
        return float("inf")
    scale = float(embedding.abs().max().clamp(min=1))
    worst = max(float((logits - others).abs().max()), float((embedding - other_embedding).abs().max()) / scale)
    return worst if worst == worst else float("inf")


def forwards(network: FERNetwork, example: Tensor, *, onnx: bool = True) -> tuple[list[Forward], list[str]]:
    """Every way to run the network whose logits are plain torch's within :data:`TOLERANCE`, plain torch first, and a
    sentence for each way that is left out.

    The network is copied first; later changes of its weights do not reach these ways.

    Args:
        example: (B, C, H, W) with B of at least 2, on the network's device.
        onnx: whether to export for onnxruntime, which takes a second or a few; on a GPU it is left out.
    """
    notes: list[str] = []
    network = copy.deepcopy(network).eval()
    reference = plain(network)
    found: list[Forward] = [reference]
    quick = _quick_torch(network, reference, example, notes)
    if quick is not None:
        found.append(quick)
    if onnx:
        try:
            found.append(_onnx(network, quick or reference, reference, example))
        except UserError as error:
            notes.append(str(error))
    return found, notes


def _quick_torch(
    network: FERNetwork, reference: TorchForward, example: Tensor, notes: list[str]
) -> TorchForward | None:
    """With batch norms folded, and the head run once where it is one linear layer on the embedding."""
    folded, count = fold_batch_norms(network, example)
    if not count:
        return None
    for shared_head in (True, False):
        quick = TorchForward(FOLDED, folded, shared_head=shared_head)
        with contextlib.suppress(RuntimeError, AttributeError):  # a network that looks into its norms, or another head
            if difference(quick, reference, example) <= TOLERANCE:
                return quick
    notes.append(f"Batch norms are not folded: that would change a logit by more than {TOLERANCE:g}.")
    return None


def _onnx(network: FERNetwork, quick: TorchForward, reference: TorchForward, example: Tensor) -> OnnxForward:
    if example.device.type != "cpu":
        raise UserError("onnxruntime is not used: the network runs on a GPU.")
    session = OnnxForward(quick.module, example.contiguous())
    for batch in (example, example[:1]):  # also another number of pictures than the exporter saw
        try:
            far = difference(session, reference, batch)
        except Exception as error:  # onnxruntime has no common class for what it refuses
            raise UserError(f"onnxruntime is not used: it stops on this network ({type(error).__name__}).") from error
        if not far <= TOLERANCE:
            raise UserError(f"onnxruntime is not used: its logits differ by up to {far:.1g}.")
    return session
