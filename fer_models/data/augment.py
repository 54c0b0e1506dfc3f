"""Random changes of training pictures, batched on the device: one affine resampling, then light, noise and erasing."""

from __future__ import annotations

import math
from typing import Annotated, Any

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fer_models.settings import checked, setting_fields


def _strength(label: str, high: float, description: str) -> Any:
    return Field(title=label, description=description, ge=0, le=high)


@checked("Augmentation")
class Augmentation:
    """Strength of each change; 0 switches it off.

    Ranges are symmetric: ``rotation=18`` draws from -18 to 18 degrees for each picture. ``noise`` is the upper bound of
    a picture's noise deviation on the pixel scale [0, 1] (half of that on the scale [-1, 1]). ``horizontal_flip``,
    ``vertical_flip`` and ``erasing`` are probabilities; ``mixup`` and ``cutmix`` are the alpha of their Beta law.

    Raises:
        UserError: If a strength is out of range; the message names it.
    """

    rotation: Annotated[float, _strength("Rotation, degrees", 180, "Largest angle either way.")] = 0.0
    translation: Annotated[
        float, _strength("Shift, part of the side", 0.5, "Largest shift in each direction, as a share of the side.")
    ] = 0.0
    scale: Annotated[float, _strength("Scale, plus or minus", 0.5, "0.1 scales by 0.9 to 1.1.")] = 0.0
    shear: Annotated[float, _strength("Shear, degrees", 60, "Largest angle either way.")] = 0.0
    horizontal_flip: Annotated[float, _strength("Mirror, probability", 1, "Left and right swapped.")] = 0.0
    vertical_flip: Annotated[float, _strength("Upside down, probability", 1, "Top and bottom swapped.")] = 0.0
    brightness: Annotated[
        float, _strength("Brightness, plus or minus", 1, "Largest offset, as a share of the pixel range.")
    ] = 0.0
    contrast: Annotated[
        float, _strength("Contrast, plus or minus", 1, "0.2 scales the distance from the mean by 0.8 to 1.2.")
    ] = 0.0
    noise: Annotated[
        float, _strength("Noise deviation, at most", 0.5, "Gaussian noise, as a share of the pixel range.")
    ] = 0.0
    erasing: Annotated[
        float, _strength("Erased rectangle, probability", 1, "A rectangle of 2 to 20 % of the image becomes noise.")
    ] = 0.0
    mixup: Annotated[float, _strength("Mixup, alpha", 10, "Alpha of the Beta law of the mixing share.")] = 0.0
    cutmix: Annotated[float, _strength("CutMix, alpha", 10, "Alpha of the Beta law of the pasted area.")] = 0.0

    def scaled(self, strength: float) -> Augmentation:
        """All settings times ``strength``, each kept in its range: the slider of a preview."""
        highest = {name: field.high or 0.0 for name, field in setting_fields(Augmentation).items()}
        return Augmentation(**{name: min(getattr(self, name) * strength, high) for name, high in highest.items()})

    @property
    def mixes(self) -> bool:
        """Whether targets become class shares."""
        return self.mixup > 0 or self.cutmix > 0


def _uniform(n: int, bound: float, generator: torch.Generator) -> Tensor:
    return (torch.rand(n, generator=generator, device=generator.device) * 2 - 1) * bound


def affine_matrices(n: int, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Random maps (n, 2, 3) from output to input places in the coordinates of ``affine_grid``, where the side is 2."""
    device = generator.device
    angle = _uniform(n, math.radians(settings.rotation), generator)
    shear = torch.tan(_uniform(n, math.radians(settings.shear), generator))
    zoom = 1 + _uniform(n, settings.scale, generator)
    flips = [
        1 - 2 * (torch.rand(n, generator=generator, device=device) < p).float()
        for p in (settings.horizontal_flip, settings.vertical_flip)
    ]
    shift = torch.stack([_uniform(n, 2 * settings.translation, generator) for _ in range(2)], 1)
    cos, sin = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    matrix = torch.stack(
        [
            torch.stack([cos * flips[0], (shear * cos - sin) * flips[1]], 1),
            torch.stack([sin * flips[0], (shear * sin + cos) * flips[1]], 1),
        ],
        1,
    )
    return torch.cat([matrix, shift[:, :, None]], 2)


def augment(images: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Changed copies of ``images``.

    Args:
        images: (B, C, H, W), pixel values 0..255 of any dtype, on the generator's device.

    Returns:
        float32 (B, C, H, W) in [0, 255]; places from outside the picture take the nearest border pixel.
    """
    n, _, height, width = images.shape
    x = images.float()
    s = settings
    if s.rotation or s.translation or s.scale or s.shear or s.horizontal_flip or s.vertical_flip:
        grid = F.affine_grid(affine_matrices(n, s, generator), [n, 1, height, width], align_corners=False)
        x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    if s.brightness or s.contrast:
        gain = 1 + _uniform(n, s.contrast, generator)[:, None, None, None]
        offset = 255 * _uniform(n, s.brightness, generator)[:, None, None, None]
        middle = x.mean((1, 2, 3), keepdim=True)
        x = (x - middle) * gain + middle + offset
    if s.noise:
        deviation = 255 * s.noise * torch.rand(n, 1, 1, 1, generator=generator, device=x.device)
        x = x + deviation * torch.randn(x.shape, generator=generator, device=x.device)
    x = x.clamp_(0, 255)
    if s.erasing:
        hidden = torch.rand(n, 1, 1, 1, generator=generator, device=x.device) < s.erasing
        area = 0.02 + 0.18 * torch.rand(n, generator=generator, device=x.device)
        box = _boxes(area, height, width, generator, aspect=3.3)
        filling = 255 * torch.rand(x.shape, generator=generator, device=x.device)
        x = torch.where(hidden & box, filling, x)
    return x


def _boxes(area: Tensor, height: int, width: int, generator: torch.Generator, aspect: float = 1.0) -> Tensor:
    """Masks (B, 1, H, W) of random rectangles that cover about ``area`` (B,) of the picture."""
    n, device = len(area), area.device
    ratio = torch.exp(_uniform(n, math.log(aspect), generator)) if aspect > 1 else torch.ones(n, device=device)
    h, w = (area * ratio).sqrt().clamp(max=1) * height, (area / ratio).sqrt().clamp(max=1) * width
    top = torch.rand(n, generator=generator, device=device) * (height - h)
    left = torch.rand(n, generator=generator, device=device) * (width - w)
    y = torch.arange(height, device=device)[None, :, None] + 0.5
    x = torch.arange(width, device=device)[None, None, :] + 0.5
    t, b, le, r = (v[:, None, None] for v in (top, top + h, left, left + w))
    return ((y >= t) & (y < b) & (x >= le) & (x < r))[:, None]


def mix(x: Tensor, targets: Tensor, settings: Augmentation, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mixup or CutMix of a batch with a shuffled copy of itself; one of the two by a coin where both are on.

    Args:
        x: (B, C, H, W).
        targets: class shares (B, K), rows sum to one.

    Returns:
        Mixed pictures and mixed shares.

    Source:
        Zhang et al., "mixup", 2018; Yun et al., "CutMix", 2019. One mixing share for each picture, not a batch.
    """
    n = len(x)
    both = settings.mixup > 0 and settings.cutmix > 0
    coin = torch.rand(1, generator=generator, device=x.device) < 0.5 if both else None
    partner = torch.randperm(n, generator=generator, device=x.device)
    ways = []
    if settings.mixup:
        share = _beta(settings.mixup, n, generator)
        weight = share[:, None, None, None]
        ways.append((weight * x + (1 - weight) * x[partner], share))
    if settings.cutmix:
        box = _boxes(1 - _beta(settings.cutmix, n, generator), x.shape[2], x.shape[3], generator)
        ways.append((torch.where(box, x[partner], x), 1 - box.float().mean((1, 2, 3))))
    mixed, share = ways[0]
    if coin is not None:  # computed both ways, since reading the coin would wait for the device
        mixed, share = (torch.where(coin, first, second) for first, second in zip(*ways, strict=True))
    return mixed, share[:, None] * targets + (1 - share[:, None]) * targets[partner]


def _beta(alpha: float, n: int, generator: torch.Generator) -> Tensor:
    """Beta(alpha, alpha) draws (n,), as the ratio of two gamma draws."""
    device = generator.device
    if alpha == 1:
        return torch.rand(n, generator=generator, device=device)
    a = torch._standard_gamma(torch.full((n,), alpha, device=device), generator=generator)
    b = torch._standard_gamma(torch.full((n,), alpha, device=device), generator=generator)
    return a / (a + b).clamp_min(1e-12)
