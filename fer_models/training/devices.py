"""Several processes that train one run, started by ``torchrun``, one a device.

Each process holds the whole data and takes its own rows of every batch, so no picture is seen twice, and each batch is
the one that a single process would take.
"""

from __future__ import annotations

import os
from typing import cast

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from fer_models.system import cores
from fer_models.training.runs.side_by_side import CPU_SLOTS, GPU_SLOTS, chosen

_ROOM = 2 * 1024**3  # bytes that must be free on a GPU before a run begins there


def processes() -> int:
    """How many processes work on the run, 1 outside ``torchrun``."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "TORCHELASTIC_RUN_ID" in os.environ else 1


def rank() -> int:
    """Number of this process; 0 writes the run folder."""
    return int(os.environ.get("RANK", "0")) if processes() > 1 else 0


def slot_count() -> int:
    """How many runs may train at the same time: :func:`fer_models.training.runs.side_by_side.chosen` a GPU, or at all.

    Raises:
        UserError: If the variable is no whole number from 1 up.
    """
    if torch.cuda.is_available():
        return torch.cuda.device_count() * chosen(GPU_SLOTS)
    return chosen(CPU_SLOTS)


def gpu_of(slot: int) -> int:
    """The GPU of a slot: slots fill the GPUs in turn."""
    return slot % max(torch.cuda.device_count(), 1)


def has_room(gpu: int) -> bool:
    """Whether a GPU has memory for one more run: at least 2 GiB, or half of a smaller card. Yes without a GPU."""
    if not torch.cuda.is_available():
        return True
    free, whole = torch.cuda.mem_get_info(gpu)
    return free >= min(_ROOM, whole // 2)


def slots_of_a_run() -> int:
    """How many slots the run of this process takes: one a GPU that it trains on; on the CPU one."""
    return min(processes(), torch.cuda.device_count()) if torch.cuda.is_available() else 1


def share_cores() -> None:
    """Where several runs share the processor, give each its part of the cores; a setting of the user stays."""
    if (slots := slot_count()) > 1 and not torch.cuda.is_available() and "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, cores() // slots))


class SyncedNorm(_BatchNorm):
    """Batch norm whose mean and variance are those of the batches of all processes together.

    Unlike :class:`torch.nn.SyncBatchNorm` it also works on the CPU. Parameters and buffers are those of the norm that
    it replaces, under the same names.
    """

    def __init__(self, norm: _BatchNorm):
        super().__init__(norm.num_features, norm.eps, norm.momentum, affine=False, track_running_stats=False)
        self.affine, self.track_running_stats = norm.affine, norm.track_running_stats
        self.weight, self.bias = norm.weight, norm.bias
        self.running_mean, self.running_var = norm.running_mean, norm.running_var
        self.num_batches_tracked = norm.num_batches_tracked
        self.training = norm.training

    def _check_input_dim(self, input: Tensor) -> None:
        """Any (B, C, ...) fits."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        x = input.float()
        dims = [0, *range(2, x.ndim)]
        shape = [1, -1] + [1] * (x.ndim - 2)
        count = x.new_tensor([x.numel() / x.shape[1]])
        sums = _total(torch.cat([x.sum(dims), count]))
        n = sums[-1].detach()
        mean = sums[:-1] / n
        centred = x - mean.view(shape)
        variance = _total(centred.square().sum(dims)) / n
        y = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.weight is not None:
            y = y * self.weight.float().view(shape) + self.bias.float().view(shape)
        self._track(mean.detach(), variance.detach() * n / (n - 1).clamp_min(1))
        return y.to(input.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked += 1
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), share)
        self.running_var.lerp_(variance.to(self.running_var), share)


class _Total(torch.autograd.Function):
    """The sum over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: object, value: Tensor) -> Tensor:
        result = value.clone()
        dist.all_reduce(result)
        return result

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        result = gradients[0].contiguous().clone()
        dist.all_reduce(result)
        return result


def _total(value: Tensor) -> Tensor:
    return cast(Tensor, _Total.apply(value))


def sync_norms(network: nn.Module) -> int:
    """Replace every batch norm inside by a :class:`SyncedNorm`, and return how many there were."""
    replaced = 0
    for name, child in network.named_children():
        if isinstance(child, _BatchNorm):
            setattr(network, name, SyncedNorm(child))
            replaced += 1
        else:
            replaced += sync_norms(child)
    return replaced
