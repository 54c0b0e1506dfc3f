"""A bidirectional LSTM over the embeddings of consecutive frames, for expressions that move.

It is not in the registry of networks: those take one image (B, C, H, W), have layers for class activation maps and
train on shuffled faces, none of which applies here. This network reads the embeddings (B, T, F) that any of them
computes for the frames of a video, in order; that network stays frozen.

Source: Schuster and Paliwal 1997 (bidirectional recurrent networks); Hochreiter and Schmidhuber 1997 (LSTM). Over frame
embeddings of a frozen convolutional network as in Donahue et al. 2015 (LRCN), without their fine-tuning.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from fer_models.errors import UserError
from fer_models.settings import checked


@checked("Sequence network")
class SequenceBiLSTMOptions:
    """Options of the network of sequences."""

    hidden: Annotated[int, Field(ge=1, le=4096, description="Units of each direction.")] = 64
    dropout: Annotated[float, Field(ge=0, lt=1, description="Before the recurrent layer and after it.")] = 0.2


class SequenceBiLSTM(nn.Module):
    r"""Logits of every frame from the embeddings of all frames of a sequence.

    Embeddings are standardised with the ``mean`` and ``scale`` of the training frames, buffers that travel with the
    weights.

    Shape:
        - Input :math:`(B, T, F)`, and optionally ``lengths`` int64 :math:`(B,)` on the CPU: frames beyond a sequence's
          length are padding, which changes nothing before it.
        - Output: logits :math:`(B, T, K)`; ignore those of padding.

    Raises:
        UserError: If the input is not (B, T, F) with T at least 1.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, num_features: int, num_classes: int, options: SequenceBiLSTMOptions | None = None):
        super().__init__()
        self.options = options or SequenceBiLSTMOptions()
        self.num_features, self.num_classes = num_features, num_classes
        self.register_buffer("mean", torch.zeros(num_features))
        self.register_buffer("scale", torch.ones(num_features))
        self.dropout = nn.Dropout(self.options.dropout)
        self.lstm = nn.LSTM(num_features, self.options.hidden, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * self.options.hidden, num_classes)

    def standardise(self, frames: Tensor) -> None:
        """Take mean and scale from training embeddings (N, F); a feature that never changes keeps the scale 1."""
        self.mean.copy_(frames.mean(0))
        spread = frames.std(0)
        self.scale.copy_(torch.where(spread > 1e-6, spread, torch.ones_like(spread)))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        if x.ndim != 3 or x.shape[1] < 1 or x.shape[2] != self.num_features:
            raise UserError(f"The sequence network takes (B, T, {self.num_features}), not {tuple(x.shape)}.")
        x = self.dropout((x - self.mean) / self.scale)  # (B, T, F)
        if lengths is None:
            hidden, _ = self.lstm(x)  # (B, T, 2 hidden)
        else:
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            hidden, _ = nn.utils.rnn.pad_packed_sequence(
                self.lstm(packed)[0], batch_first=True, total_length=x.shape[1]
            )
        return self.head(self.dropout(hidden))  # (B, T, K)
