"""TensorFlow's "same" padding, which the papers' Keras code uses: the extra cell goes to the bottom and the right."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def pad_same(x: Tensor, kernel: int, stride: int, value: float = 0.0) -> Tensor:
    """Pad (B, C, H, W) so that a ``kernel`` window with ``stride`` gives ceil(H / stride) x ceil(W / stride) cells."""

    def split(n: int) -> tuple[int, int]:
        total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
        return total // 2, total - total // 2

    (top, bottom), (left, right) = split(x.shape[2]), split(x.shape[3])
    return F.pad(x, (left, right, top, bottom), value=value) if top or bottom or left or right else x


class SamePad(nn.Module):
    """:func:`pad_same` as a layer; ``value`` is 0 before a convolution and -inf before a max-pool.

    Shape:
        - Input (B, C, H, W). Output: padded at the bottom and the right first.
    """

    def __init__(self, kernel: int, stride: int, value: float = 0.0):
        super().__init__()
        self.kernel, self.stride, self.value = kernel, stride, value

    def forward(self, x: Tensor) -> Tensor:
        return pad_same(x, self.kernel, self.stride, self.value)


class SameAvgPool(nn.Module):
    """Average pool with "same" padding whose padded cells are not counted, as TensorFlow's.

    Shape:
        - Input (B, C, H, W). Output (B, C, ceil(H / stride), ceil(W / stride)).
    """

    def __init__(self, kernel: int, stride: int):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        # torch's pool pads both sides alike, so the padding is done before it and the count corrected after it.
        total = F.avg_pool2d(pad_same(x, self.kernel, self.stride), self.kernel, self.stride)
        counted = F.avg_pool2d(pad_same(torch.ones_like(x[:1, :1]), self.kernel, self.stride), self.kernel, self.stride)
        return total / counted
