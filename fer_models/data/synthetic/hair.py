"""Hair styles, head scarf, beards and glasses: their curves, and how they are drawn."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from fer_models.data.synthetic.canvas import Canvas, shade
from fer_models.data.synthetic.dice import Dice
from fer_models.data.synthetic.geometry import SIDES, Units, jaw_drop
from fer_models.data.synthetic.parameters import Identity
from fer_models.data.synthetic.sketch import Points, Sketch

# Hairlines from the left of the picture to the right, nine stations each, y before the person's hairline shift.
HAIRLINES: dict[str, Points] = {
    "crop": [(-0.372, 0.04), (-0.352, -0.10), (-0.295, -0.185), (-0.165, -0.225), (0.0, -0.232), (0.165, -0.225),
             (0.295, -0.185), (0.352, -0.10), (0.372, 0.04)],
    "receding": [(-0.374, 0.04), (-0.360, -0.10), (-0.325, -0.215), (-0.215, -0.300), (0.0, -0.262), (0.215, -0.300),
                 (0.325, -0.215), (0.360, -0.10), (0.374, 0.04)],
    "part": [(-0.372, 0.05), (-0.350, -0.07), (-0.300, -0.145), (-0.160, -0.195), (0.020, -0.245), (0.170, -0.285),
             (0.285, -0.205), (0.350, -0.09), (0.372, 0.05)],
    "fringe": [(-0.374, 0.06), (-0.356, -0.06), (-0.305, -0.165), (-0.160, -0.190), (0.0, -0.196), (0.160, -0.190),
               (0.305, -0.165), (0.356, -0.06), (0.374, 0.06)],
    "centre": [(-0.385, 0.34), (-0.362, 0.08), (-0.330, -0.085), (-0.195, -0.215), (0.0, -0.305), (0.195, -0.215),
               (0.330, -0.085), (0.362, 0.08), (0.385, 0.34)],
    "sweep": [(-0.385, 0.34), (-0.366, 0.09), (-0.335, -0.055), (-0.215, -0.165), (-0.02, -0.235), (0.150, -0.295),
              (0.305, -0.185), (0.364, 0.02), (0.385, 0.34)],
    "bob": [(-0.372, 0.38), (-0.352, 0.12), (-0.336, -0.080), (-0.200, -0.195), (0.030, -0.270), (0.170, -0.265),
            (0.330, -0.120), (0.354, 0.12), (0.372, 0.38)],
    "scarf": [(-0.345, 0.30), (-0.356, 0.12), (-0.335, -0.080), (-0.205, -0.200), (0.0, -0.235), (0.205, -0.200),
              (0.335, -0.080), (0.356, 0.12), (0.345, 0.30)],
}  # fmt: skip
HAIRLINES["curly"] = HAIRLINES["crop"]
HAIRLINES["fringe_long"] = [(-0.385, 0.34), (-0.364, 0.10), *HAIRLINES["fringe"][2:7], (0.364, 0.10), (0.385, 0.34)]
LONG = {"centre": 0.80, "sweep": 0.80, "fringe_long": 0.72, "bob": 0.42, "scarf": 0.9}
"""How far down the hair behind the face reaches."""


def add_hair(sketch: Sketch, person: Identity) -> None:
    """Hair before and behind the face."""
    if person.style == "bald":
        scalp = [(0.0, -0.345), (0.19, -0.300), (0.292, -0.18), (0.338, -0.03), (0.315, -0.10), (0.24, -0.215)]
        sketch.add("scalp", [*scalp, (0.0, -0.27), *[(-x, y) for x, y in reversed(scalp[1:])]], z=0.09)
        return
    m, v, w = person.mirror, person.hair_volume, person.width
    line = [(m * x * w, y + (person.hairline if y < 0 else 0.0)) for x, y in HAIRLINES[person.style]]
    if m < 0:
        line = line[::-1]
    bulge = {"curly": 0.095, "scarf": 0.035, "receding": 0.030}.get(person.style, 0.040) * v
    half = [(0.0, -0.385), (0.165, -0.365), (0.300, -0.275), (0.372, -0.115), (0.382, line[-1][1])]
    grown = [(x * w + bulge * k, y - bulge * h) for (x, y), k, h in
             zip(half, (0.0, 0.35, 0.75, 0.85, 0.25), (1.0, 0.9, 0.6, 0.2, 0.0), strict=True)]  # fmt: skip
    outer = [(-x, y) for x, y in reversed(grown[1:])] + grown
    if person.style == "curly":
        outer = _bumps(outer, person)
    sketch.add_with_heights("hair", [*line, *outer[::-1]], [0.10, *[None] * (len(line) - 2), 0.10] + [0.0] * len(outer))
    sketch.add("hair_line", line, lift=0.012, closed=False)
    sketch.add("hair_top", outer, z=0.0, closed=False)
    if person.style in LONG:
        end = LONG[person.style]
        side = 0.425 * w + 0.5 * bulge
        back = [
            (0.31 * w, -0.27),
            (side - 0.03, -0.08),
            (side, 0.08),
            (side + 0.012, 0.30),
            (side - 0.01, end),
            (0.2, end + 0.06),
        ]
        if person.style == "scarf":
            wrap = [(0.40 * w, 0.10), (0.36 * w, 0.36), (0.30, 0.62), (0.34, 0.95)]
            sketch.add("hair_wrap", [*wrap, *[(-x, y) for x, y in reversed(wrap)]], z=0.0)
        sketch.add("hair_back", [(0.0, -0.36), *back, *[(-x, y) for x, y in reversed(back)]], z=-0.10)


def _bumps(outer: list[tuple[float, float]], person: Identity) -> list[tuple[float, float]]:
    """The outline with a curl between every two stations."""
    dice = Dice(person.texture, 3)
    bumpy = [outer[0]]
    for (x0, y0), (x1, y1) in pairwise(outer):
        for t in (0.25, 0.5, 0.75):
            x, y = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t
            out = 1.0 + (0.05 if t != 0.5 else 0.12) + dice.spread(0.03)
            bumpy.append((x * out, (y + 0.05) * out - 0.05))
        bumpy.append((x1, y1))
    return bumpy


def add_beard(sketch: Sketch, person: Identity, units: Units) -> None:
    """Areas where a beard grows; follows the jaw."""
    drop = 0.70 * jaw_drop(units)
    w, j = person.width, person.jaw * person.width
    half = [(0.345 * w, 0.17), (0.30 * j, 0.34 + 0.5 * drop), (0.20 * j, 0.475 + drop), (0.08 * j, 0.545 + drop)]
    inner = [(0.335 * w, 0.08), (0.295 * w, 0.225), (0.235, 0.300), (0.160, 0.312), (0.06, 0.276)]
    right = [*inner[::-1], *half, (0.0, 0.558 + drop)]
    sketch.add("beard", right + [(-x, y) for x, y in right[-2::-1]], z=0.09)
    chin = [(0.035, 0.425), (0.060, 0.455), (0.095, 0.480), (0.090, 0.520), (0.045, 0.548)]
    sketch.add("goatee", [*[(x, y + drop) for x, y in chin], *[(-x, y + drop) for x, y in reversed(chin)]], lift=0.01)
    lip = [(0.012, 0.274), (0.085, 0.290), (0.150, 0.345), (0.140, 0.368), (0.075, 0.328), (0.010, 0.318)]
    lift = -0.4 * 0.054 * units["AU12"]
    sketch.add("moustache", [*[(x, y + lift) for x, y in lip], *[(-x, y + lift) for x, y in reversed(lip)]], lift=0.015)


def add_glasses(sketch: Sketch, person: Identity) -> None:
    """Two frames, the bridge and the temples."""
    if person.glasses == "none":
        return
    for name, s in SIDES.items():
        cx = 0.172 * person.eye_spacing
        if person.glasses == "round":
            rim = [(-0.108, 0.0), (-0.076, -0.072), (0.0, -0.096), (0.076, -0.072), (0.108, 0.0), (0.076, 0.072),
                   (0.0, 0.098), (-0.076, 0.072)]  # fmt: skip
        else:
            rim = [(-0.112, -0.045), (-0.098, -0.062), (0.0, -0.070), (0.105, -0.066), (0.122, -0.046), (0.112, 0.040),
                   (0.085, 0.068), (0.0, 0.074), (-0.080, 0.066), (-0.104, 0.036)]  # fmt: skip
        sketch.add(f"glass_{name}", [(s * (cx + x), y + 0.008) for x, y in rim], lift=0.06)
        sketch.add_with_heights(f"temple_{name}", [(s * (cx + 0.108), -0.02), (s * 0.375 * person.width, -0.015)],
                                [0.36, 0.0], samples=1)  # fmt: skip
    inner = 0.172 * person.eye_spacing - 0.108
    sketch.add("glass_bridge", [(-inner, -0.004), (0.0, -0.022), (inner, -0.004)], lift=0.08, closed=False)


def draw_hair_behind(canvas: Canvas, person: Identity) -> None:
    """Long hair behind neck and face, or the back of a head scarf."""
    if person.style in LONG:
        canvas.fill("hair_back", shade(_cover(person), 0.84 if person.style == "scarf" else 0.72))


def draw_wrap(canvas: Canvas, person: Identity) -> None:
    """The part of a head scarf that goes under the chin, over neck and ears."""
    if person.style == "scarf":
        canvas.fill("hair_wrap", shade(_cover(person), 0.92))


def draw_hair(canvas: Canvas, person: Identity) -> None:
    """Hair before the face, with strands; a shaven head keeps its shadow."""
    if person.style == "bald":
        canvas.tint(["scalp"], person.hair, 0.20, softness=0.022)
        return
    colour = _cover(person)
    canvas.fill("hair", colour)
    # Where a turned head makes the outline cross itself, its edge closes the gap.
    canvas.stroke(canvas.curves["hair"], colour, max(1, canvas.side // 60), closed=True)
    low, high = canvas.curves["hair_line"], canvas.curves["hair_top"]
    steps = 24
    low = low[np.arange(steps + 1) * (len(low) - 1) // steps]
    high = high[np.arange(steps + 1) * (len(high) - 1) // steps]
    dice = Dice(person.texture, 4)
    width = max(1, canvas.side // 110)
    if person.style == "scarf":
        for share in (24, 66):
            strand = low + (high - low) * share // 128
            canvas.stroke(strand[4:-4], shade(colour, 0.86), width)
        return
    if person.style == "curly":
        for step in [*range(1, steps), *range(2, steps, 2)]:
            at = low[step] + (high[step] - low[step]) * int(dice.uniform(30, 128)) // 128
            canvas.dot(at, dice.uniform(0.014, 0.030) * canvas.side, shade(colour, dice.uniform(0.86, 1.14)))
        return
    if person.style in LONG or person.style == "part":
        for share in (14, 34, 56, 80, 106):
            strand = low + (high - low) * (share + int(dice.spread(9))) // 128
            canvas.stroke(strand, shade(colour, dice.uniform(0.72, 1.35)), width)
        return
    for step in range(1, steps, 1):
        a, b = low[step], high[step]
        start, end = int(dice.uniform(-6, 30)), int(dice.uniform(60, 124))
        strand = np.stack([a + (b - a) * start // 128, a + (b - a) * end // 128])
        canvas.stroke(strand, shade(colour, dice.uniform(0.68, 1.40)), width)


def draw_beard(canvas: Canvas, person: Identity) -> None:
    """Hair on jaw, chin and upper lip, before the lips are drawn."""
    if person.beard == "none":
        return
    names = {"stubble": ["beard"], "full": ["beard", "moustache"], "goatee": ["goatee", "moustache"]}
    alpha = 0.22 + 0.18 * person.beard_strength if person.beard == "stubble" else 0.62 + 0.30 * person.beard_strength
    softness = 0.028 if person.beard in ("stubble", "full") else 0.010
    canvas.tint(names.get(person.beard, ["moustache"]), person.brow_colour, alpha, softness)


def draw_glasses(canvas: Canvas, person: Identity) -> None:
    """Frames over everything else on the face."""
    if person.glasses == "none":
        return
    width = max(1, round(canvas.side * (0.010 if person.glasses == "round" else 0.014)))
    for name in SIDES:
        canvas.stroke(canvas.curves[f"glass_{name}"], person.glasses_colour, width, closed=True)
        canvas.stroke(canvas.curves[f"temple_{name}"], person.glasses_colour, width)
    canvas.stroke(canvas.curves["glass_bridge"], person.glasses_colour, width)


def _cover(person: Identity) -> tuple[int, int, int]:
    """Colour of the hair, or of the scarf that covers it."""
    if person.style != "scarf":
        return person.hair
    return ((92, 110, 134), (148, 92, 96), (110, 128, 108), (72, 72, 84), (186, 170, 150))[person.texture % 5]
