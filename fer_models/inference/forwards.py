"""Variants of a network that run faster, each compared with plain torch."""

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
from fer_models.inference.winograd import suits, use_winograd
from fer_models.layout import channels_last

PLAIN, FOLDED, WINOGRAD, ONNX = "torch", "torch, folded", "torch, Winograd", OnnxForward.name
#: Largest difference of a logit from plain torch's that is accepted.
TOLERANCE = 1e-4


class Forward(Protocol):
    """One variant of a network: (B, C, H, W) to logits (B, K) and embedding (B, F), without gradients."""

    @property
    def name(self) -> str: ...

    def __call__(self, batch: Tensor) -> tuple[Tensor, Tensor]: ...


class Outputs(nn.Module):
    """Logits and embedding of a network in one call.

    With ``shared_head`` the last linear layer reads the embedding, so the head runs once instead of twice. Not for an
    ensemble, whose head is not one linear layer.
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

    The network must stay in evaluation mode, because this is called without a lock.
    """

    def __init__(self, name: str, network: FERNetwork, *, shared_head: bool = False):
        self.name = name
        self.module = Outputs(network, shared_head).eval()

    def __call__(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        with torch.inference_mode():
            return self.module(channels_last(batch))


def plain(network: FERNetwork) -> TorchForward:
    """The unchanged network; the head runs twice, for logits and embedding."""
    return TorchForward(PLAIN, network)


def example_batch(count: int, channels: int, size: int, device: torch.device | str = "cpu") -> Tensor:
    """Reproducible pictures (count, channels, size, size) in [-1, 1]: fine noise and coarse patches in turn."""
    generator = torch.Generator().manual_seed(7)
    fine = torch.rand(count, channels, size, size, generator=generator)
    coarse = F.interpolate(torch.rand(count, channels, 6, 6, generator=generator), size=(size, size), mode="bilinear")
    mixed = torch.where((torch.arange(count) % 2 == 0)[:, None, None, None], fine, coarse)
    return channels_last((2 * mixed - 1).to(device))


def difference(first: Forward, second: Forward, batch: Tensor) -> float:
    """Largest difference of a logit, and of the embedding in parts of its largest value where that is above 1."""
    (logits, embedding), (second_logits, second_embedding) = first(batch), second(batch)
    if logits.shape != second_logits.shape or embedding.shape != second_embedding.shape:
        return float("inf")
    scale = float(embedding.abs().max().clamp(min=1))
    worst = max(float((logits - second_logits).abs().max()), float((embedding - second_embedding).abs().max()) / scale)
    return worst if worst == worst else float("inf")


def forwards(network: FERNetwork, example: Tensor, *, onnx: bool = True) -> tuple[list[Forward], list[str]]:
    """Every variant whose logits equal plain torch's within :data:`TOLERANCE`, plain torch first, and a sentence for
    each variant that is left out.

    The network is copied; later changes of its weights do not affect the variants.

    Args:
        network: The network.
        example: (B, C, H, W) with B of at least 2, on the network's device.
        onnx: Whether to export for onnxruntime, which takes a few seconds; on a GPU it is left out.
    """
    notes: list[str] = []
    network = copy.deepcopy(network).eval()
    reference = plain(network)
    usable: list[Forward] = [reference]
    folded = _folded_forward(network, reference, example, notes)
    if folded is not None:
        usable.append(folded)
    if (fast := winograd_forward(network, example)) is not None:
        usable.append(fast)
    if onnx and network.differentiable:  # a network that is an ONNX file runs there already
        try:
            usable.append(_onnx_forward(folded or reference, reference, example))
        except UserError as error:
            notes.append(f"onnxruntime is not used. {error}")
    return usable, notes


def _folded_forward(
    network: FERNetwork, reference: TorchForward, example: Tensor, notes: list[str]
) -> TorchForward | None:
    """With batch norms folded, and the head run once where it is one linear layer on the embedding."""
    folded, count = fold_batch_norms(network, example)
    if not count:
        return None
    if (found := _agreeing(FOLDED, folded, reference, example)) is None:
        notes.append(f"Batch norms are not folded: that would change a logit by more than {TOLERANCE:g}.")
    return found


def winograd_forward(network: FERNetwork, example: Tensor) -> TorchForward | None:
    """The network with large convolutions after Winograd and batch norms folded.

    Args:
        network: In evaluation mode, on a CPU; it is copied, not changed.
        example: (B, C, H, W) on the network's device.

    Returns:
        ``None`` if no convolution gains from it, or a logit would change by more than :data:`TOLERANCE`.
    """
    if example.device.type != "cpu" or not any(suits(module) for module in network.modules()):
        return None
    changed, _ = fold_batch_norms(network, example)
    if not use_winograd(changed, example):
        return None
    return _agreeing(WINOGRAD, changed, plain(network), example)


def _agreeing(name: str, network: FERNetwork, reference: TorchForward, example: Tensor) -> TorchForward | None:
    """A changed network as a variant, the head run once if it can be, where its logits are those of plain torch."""
    for shared_head in (True, False):
        candidate = TorchForward(name, network, shared_head=shared_head)
        with contextlib.suppress(RuntimeError, AttributeError):  # a network that reads its norms, or another head
            if difference(candidate, reference, example) <= TOLERANCE:
                return candidate
    return None


def _onnx_forward(fastest: TorchForward, reference: TorchForward, example: Tensor) -> OnnxForward:
    if example.device.type != "cpu":
        raise UserError("The network runs on a GPU.")
    session = OnnxForward(fastest.module, example.contiguous())
    for batch in (example, example[:1]):  # also a batch size that the exporter did not see
        try:
            largest = difference(session, reference, batch)
        except Exception as error:  # onnxruntime has no common base class of its errors
            raise UserError(f"It fails on this network ({type(error).__name__}).") from error
        if not largest <= TOLERANCE:
            raise UserError(f"Its logits differ by up to {largest:.1g}.")
    return session
