"""Self-attention between the pixels of a window."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fer_models.attention.base import AttentionTap
from fer_models.attention.self_attention_distillation import SpatialDistillation
from fer_models.errors import UserError


class WindowSelfAttention(nn.Module):
    r"""Dot-product attention inside square windows, all channels at once: :math:`\mathrm{softmax}(QK^\top/\sqrt C)\,V`.

    Maps are padded with zeros at the bottom and the right to a multiple of the window, without a mask, and cropped
    afterwards.

    Args:
        channels: C.
        window: side w.
        distill: keys and values pass a :class:`SpatialDistillation` each, so that a query of 49 sees 16 keys.

    Shape:
        - q, k, v :math:`(B, C, H, W)`. Output: the same shape.
        - The tap sees the weights :math:`(B, n, w^2, m)`, n windows in raster order, m keys (:math:`w^2`, or
          :math:`\lceil w/2 \rceil^2` distilled, a coarser raster of the same window); rows are queries and sum to one.

    Raises:
        UserError: If ``window`` is smaller than 1.

    Example:
        >>> x = torch.rand(2, 16, 10, 10)
        >>> WindowSelfAttention(16, window=7)(x, x, x).shape
        torch.Size([2, 16, 10, 10])

    Source:
        Jayaraman and Mahendran 2025, eq. 13-14, 17.
    """

    def __init__(self, channels: int, window: int = 7, distill: bool = True):
        super().__init__()
        if window < 1:
            raise UserError(f"The attention window must be at least 1, not {window}.")
        self.window = window
        self.distill_keys = SpatialDistillation(channels) if distill else nn.Identity()
        self.distill_values = SpatialDistillation(channels) if distill else nn.Identity()
        self.tap = AttentionTap("tokens", "window self-attention", grid="windows")

    def _split(self, x: Tensor) -> Tensor:
        """(B, C, H, W), H and W multiples of w, to (B * n, C, w, w)."""
        b, c, h, w = x.shape
        side = self.window
        x = x.reshape(b, c, h // side, side, w // side, side)
        return x.permute(0, 2, 4, 1, 3, 5).reshape(-1, c, side, side)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        b, c, h, w = q.shape
        side = self.window
        bottom, right = -h % side, -w % side
        q, k, v = (self._split(F.pad(x, (0, right, 0, bottom))) for x in (q, k, v))
        keys = self.distill_keys(k).flatten(2)  # (B n, C, m)
        values = self.distill_values(v).flatten(2)
        scores = q.flatten(2).transpose(1, 2) @ keys * c**-0.5  # (B n, w^2, m)
        weights = torch.softmax(scores, -1)
        rows, columns = (h + bottom) // side, (w + right) // side
        weights = self.tap(weights.reshape(b, rows * columns, side * side, -1)).flatten(0, 1)
        out = values @ weights.transpose(1, 2)  # (B n, C, w^2)
        out = out.reshape(b, rows, columns, c, side, side).permute(0, 3, 1, 4, 2, 5)
        return out.reshape(b, c, rows * side, columns * side)[:, :, :h, :w]
