"""Averaged weights: an exponential moving average of a network that training moves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from fer_models.architectures.base import FERNetwork


class WeightAverage:
    """Exponential average of parameters and buffers whose memory grows with the steps taken.

    Batch-norm variances of a trained layer can be a hundred times smaller than their start, 1: with a constant decay
    the averaged network would be useless for its first ten epochs. After n updates the decay is at most
    (1 + n) / (10 + n), and the first update copies the network.

    Args:
        network: The network that is trained, on its device.
        decay: Share of the old average in an update, below 1.

    Example:
        >>> from fer_models.architectures import create_model
        >>> network = create_model("mini_xception", 7, 1)
        >>> average = WeightAverage(network, decay=0.99)
        >>> average.count()
        >>> average.update()
        >>> int(average.holder.n_averaged)
        1
    """

    def __init__(self, network: FERNetwork, decay: float):
        self.holder = AveragedModel(network, use_buffers=True)
        self.decay = decay
        self._weight: Tensor | float = 1.0
        pairs = list(
            zip(
                chain(self.network.parameters(), self.network.buffers()),
                chain(network.parameters(), network.buffers()),
                strict=True,
            )
        )
        self._floats = _split(pairs, floating=True)
        self._counters = _split(pairs, floating=False)

    @property
    def network(self) -> FERNetwork:
        """The network with the averaged weights."""
        return cast(FERNetwork, self.holder.module)

    def use_tensor(self, device: torch.device) -> None:
        """Keep the weight of an update on the device, so that a CUDA graph reads the current one at each replay."""
        self._weight = torch.ones((), device=device)

    def count(self) -> None:
        """Set the weight of the next :meth:`update`; needs no device."""
        n = int(self.holder.n_averaged)  # the counter is on the CPU
        weight = 1.0 if n == 0 else 1 - min(self.decay, (1 + n) / (10 + n))
        if isinstance(self._weight, Tensor):
            self._weight.fill_(weight)
        else:
            self._weight = weight
        self.holder.n_averaged += 1

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the network."""
        average, current = self._floats
        if isinstance(self._weight, Tensor):
            difference = torch._foreach_sub(current, average)  # noqa: SLF001 - torch has no public name for it
            torch._foreach_mul_(difference, self._weight)
            torch._foreach_add_(average, difference)
        else:
            torch._foreach_lerp_(average, current, self._weight)
        torch._foreach_copy_(*self._counters)

    def state_dict(self) -> dict[str, Any]:
        """Weights and the number of updates."""
        return self.holder.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from :meth:`state_dict`."""
        self.holder.load_state_dict(state)


def _split(pairs: Sequence[tuple[Tensor, Tensor]], *, floating: bool) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters themselves, never aliases: cuDNN moves the weights of an LSTM to other memory on a GPU."""
    chosen = [pair for pair in pairs if pair[0].is_floating_point() == floating]
    return [average for average, _ in chosen], [current for _, current in chosen]
