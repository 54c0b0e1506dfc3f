"""Test-time augmentation: the views of an image whose logits are averaged."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor
from torch.nn import functional

from fer_models.errors import UserError

#: Kinds of test-time augmentation, each with its description.
AVERAGINGS = {
    "none": "none",
    "flip": "mean of the image and its mirror image",
    "ten_crop": "mean of five crops and their mirror images",
}
#: Side of a crop over that of the image: 44 of 48 pixels, as is usual on FER2013.
_SIDE = 11 / 12


def augmented_views(batch: Tensor, averaging: str) -> Iterator[Tensor]:
    """The views to average, each (B, C, H, W) like the batch; the embedding is that of the first.

    ``"ten_crop"``: the centre and the four corners, 11/12 of each side, enlarged to full size (bilinear), and their
    mirror images. The views have the batch's size, so they fit networks with a fixed input size.

    Args:
        batch: (B, C, H, W).
        averaging: A key of :data:`AVERAGINGS`.

    Raises:
        UserError: If the averaging is unknown.

    Source:
        Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012,
        section 4.1, where the logits' softmax is averaged; here the logits, as for the mirror image.
    """
    if averaging not in AVERAGINGS:
        raise UserError(f"Test-time averaging is one of {', '.join(AVERAGINGS)}, not {averaging!r}.")
    if averaging != "ten_crop":
        yield batch
        if averaging == "flip":
            yield batch.flip(3)
        return
    height, width = batch.shape[2:]
    tall, wide = max(1, round(height * _SIDE)), max(1, round(width * _SIDE))
    down, right = height - tall, width - wide
    for top, left in ((down // 2, right // 2), (0, 0), (0, right), (down, 0), (down, right)):
        crop = batch[:, :, top : top + tall, left : left + wide]
        enlarged = functional.interpolate(crop, (height, width), mode="bilinear", align_corners=False)
        yield enlarged
        yield enlarged.flip(3)
