"""Everything around and in front of the face: background, clothes, occluders, light, and the effects of the camera."""

from __future__ import annotations

import cv2
import numpy as np

from fer_models.data.synthetic.canvas import NEUTRAL, Canvas, shade
from fer_models.data.synthetic.dice import Dice
from fer_models.data.synthetic.parameters import Identity, Nuisance
from fer_models.data.synthetic.sketch import Sketch


def backdrop(nuisance: Nuisance, side: int) -> np.ndarray:
    """Background picture (side, side, 3), drawn small and enlarged: it is out of focus."""
    small = np.empty((24, 24, 3), np.uint8)
    first, second = nuisance.backdrop
    small[:] = first
    dice = Dice(nuisance.scene, 6)
    if nuisance.background == "gradient":
        steps = np.arange(24)[:, None, None]
        small[:] = (np.array(first) * (23 - steps) + np.array(second) * steps) // 23
    elif nuisance.background == "blobs":
        for _ in range(7):
            at = (int(dice.uniform(-2, 26)), int(dice.uniform(-2, 26)))
            colour = shade(dice.pick((first, second)), dice.uniform(0.7, 1.2))
            cv2.circle(small, at, int(dice.uniform(2, 7)), colour, -1)
    elif nuisance.background == "panel":
        start = int(dice.uniform(2, 22))
        small[:, start:] = second
        if dice.chance(0.5):
            small[: int(dice.uniform(3, 12)), :] = shade(second, 1.1)
    return cv2.resize(cv2.blur(small, (3, 3)), (side, side), interpolation=cv2.INTER_LINEAR_EXACT)


def paint_clothes(canvas: Canvas, nuisance: Nuisance) -> None:
    """Shoulders, with a darker collar line."""
    canvas.fill("shoulders", nuisance.cloth)
    canvas.stroke(canvas.curves["shoulders"], shade(nuisance.cloth, 0.75), max(1, canvas.side // 80), closed=True)


def light_map(nuisance: Nuisance, half: int) -> np.ndarray:
    """Light on a rounded head, uint8 (half, half) with 128 neutral; coarse, as light on skin is smooth."""
    lx, ly, lz = nuisance.light_x, nuisance.light_y, 1.0
    norm = (lx * lx + ly * ly + lz * lz) ** 0.5
    grid = (np.arange(16) + 0.5) / 16
    nx = (grid[None, :] - 0.5 - nuisance.shift_x) / (0.52 * nuisance.zoom)
    ny = (grid[:, None] - 0.48 - nuisance.shift_y) / (0.72 * nuisance.zoom)
    nz = np.sqrt(np.maximum(0.08, 1.0 - nx * nx - ny * ny))
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    lambert = np.maximum(0.0, (nx * lx + ny * ly + nz * lz) / (norm * length))
    level = NEUTRAL * (nuisance.ambient + (1.0 - nuisance.ambient) * lambert * 1.25)
    small = np.clip(np.rint(level), 0, 255).astype(np.uint8)
    return cv2.resize(small, (half, half), interpolation=cv2.INTER_LINEAR_EXACT)


def add_occluder(sketch: Sketch, nuisance: Nuisance) -> None:
    """Outline of what hides a part of the face; never both brows and mouth."""
    if nuisance.occlusion == "none":
        return
    dice = Dice(nuisance.scene, 7)
    s = dice.pick((-1.0, 1.0))
    if nuisance.occlusion == "hand":
        x, y = s * dice.uniform(0.20, 0.30), dice.uniform(0.30, 0.44)
        for finger in range(4):
            top = y - 0.10 - (0.06, 0.0, 0.02, 0.07)[finger] * -1
            left = x + (finger - 2) * 0.055
            shape = [(left, top), (left + 0.025, top - 0.022), (left + 0.05, top), (left + 0.054, 0.72), (left, 0.72)]
            sketch.add(f"occluder_{finger}", shape, z=0.5)
    elif nuisance.occlusion == "bar":
        x, wide, lean = s * dice.uniform(0.12, 0.36), dice.uniform(0.05, 0.10), dice.spread(0.2)
        shape = [(x - lean, -0.9), (x - lean + wide, -0.9), (x + lean + wide, 1.2), (x + lean, 1.2)]
        sketch.add("occluder_0", shape, z=0.5, samples=1)
    elif nuisance.occlusion == "scarf":
        y = dice.uniform(0.40, 0.47)
        shape = [(-0.45, y + 0.02), (-0.2, y), (0.0, y + 0.02), (0.2, y), (0.45, y + 0.03), (0.55, 1.2), (-0.55, 1.2)]
        sketch.add("occluder_0", shape, z=0.4)
    else:
        x, y = s * dice.uniform(0.30, 0.36), dice.uniform(-0.10, 0.1)
        shape = [(x - 0.07, y), (x + 0.07, y - 0.02), (x + 0.10, y + 0.30), (x - 0.04, y + 0.32)]
        sketch.add("occluder_0", shape, z=0.45, samples=1)


def paint_occluder(canvas: Canvas, person: Identity, nuisance: Nuisance) -> None:
    """Draw the occluder, after the light: it is nearer to the camera."""
    colours = {"hand": shade(person.skin, 0.93), "phone": (40, 42, 46)}
    colour = colours.get(nuisance.occlusion, shade(nuisance.cloth, 1.05))
    for name in [name for name in canvas.curves if name.startswith("occluder_")]:
        canvas.fill(name, colour)
        canvas.stroke(canvas.curves[name], shade(colour, 0.78), max(1, canvas.side // 100), closed=True)


def expose(image: np.ndarray, nuisance: Nuisance, size: int, noise: Dice) -> np.ndarray:
    """The canvas (side, side, 3) as the camera records it: uint8 (size, size, 3) after blur, exposure and noise."""
    small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    sigma = nuisance.blur * size
    if sigma > 0.25:
        small = cv2.GaussianBlur(small, (0, 0), sigma)
    levels = np.arange(256)
    curve = 128 + (levels * nuisance.exposure - 128) * nuisance.contrast
    small = cv2.LUT(small, np.clip(np.rint(curve), 0, 255).astype(np.uint8))
    gain = round(nuisance.noise / 148 * 4096)
    if gain:
        grain = noise.noise((size, size)).astype(np.int32) * gain >> 12
        small = np.clip(small + grain[:, :, None], 0, 255).astype(np.uint8)
    return small
