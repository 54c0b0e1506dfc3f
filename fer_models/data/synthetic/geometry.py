"""Where the parts of a face lie, given the person and the action units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fer_models.data.synthetic.parameters import Identity, Nuisance
from fer_models.data.synthetic.sketch import Points, Sketch

SIDES = {"right": -1.0, "left": 1.0}
"""The person's sides and the sign of their x in the picture: the person's right is on the picture's left."""


@dataclass(frozen=True)
class Units:
    """Intensities of all action units in [0, 1], with those of one side resolved by :meth:`corner`."""

    values: Mapping[str, float]

    def __getitem__(self, unit: str) -> float:
        return self.values.get(unit, 0.0)

    def corner(self, side: str) -> float:
        """Pull of the lip corner on one side."""
        return max(self["AU12"], self["R12" if side == "right" else "L12"])

    def dimple(self, side: str) -> float:
        """Tightening of the lip corner on one side."""
        return self["R14" if side == "right" else "L14"]


def jaw_drop(units: Units) -> float:
    """How far the lower jaw goes down, in picture sides; a stretched mouth holds it back."""
    return 0.118 * units["AU26"] * (1.0 - 0.50 * units["AU20"])


def add_head(sketch: Sketch, person: Identity, units: Units) -> None:
    """Neck, shoulders, ears and the outline of the face."""
    drop = 0.70 * jaw_drop(units)
    w, puff = person.width, 0.012 * units["AU12"] + 0.006 * (units["R12"] + units["L12"])
    half = [
        (0.215 * w, -0.325),
        (0.325 * w, -0.19),
        (0.368 * w, -0.01),
        (0.352 * w * person.cheek + puff, 0.17),
        (0.298 * w * person.jaw, 0.34 + 0.5 * drop),
        (0.196 * w * person.jaw, (0.475 + drop) * person.chin),
        (0.080 * w * person.jaw, (0.548 + drop) * person.chin),
    ]
    chin = (0.560 + drop) * person.chin
    outline = [(0.0, -0.37), *half, (0.0, chin), *[(-x, y) for x, y in reversed(half)]]
    sketch.add("face", outline, z=0.08)
    core = [(0.80 * x, 0.03 + 0.86 * (y - 0.03)) for x, y in outline]
    sketch.add("face_core", core, z=0.20, samples=3)
    ridge = [(0.0, -0.30), (0.18, -0.25), (0.21, -0.13), (0.0, -0.12), (-0.21, -0.13), (-0.18, -0.25)]
    sketch.add("brow_ridge", ridge, samples=3)
    sketch.add("neck", _mirrored([(0.225, 0.25), (0.215, 0.5), (0.25, 0.64), (0.3, 1.0)]), z=-0.08)
    sketch.add("shoulders", _mirrored([(0.10, 0.69), (0.26, 0.64), (0.50, 0.72), (0.80, 0.84), (0.85, 1.3)]), z=-0.1)
    for name, s in SIDES.items():
        x, size = 0.366 * w, person.ear
        ear = [(-0.012, -0.075), (0.030, -0.085), (0.052, -0.04), (0.042, 0.02), (0.026, 0.075), (-0.006, 0.088)]
        sketch.add(f"ear_{name}", [(s * (x + dx * size), 0.06 + dy * size) for dx, dy in ear], z=-0.03)
        rim = [(0.012, -0.05), (0.034, -0.045), (0.036, 0.0), (0.018, 0.03)]
        sketch.add(f"ear_rim_{name}", [(s * (x + dx * size), 0.06 + dy * size) for dx, dy in rim], z=-0.03,
                   closed=False)  # fmt: skip


def add_brows(sketch: Sketch, person: Identity, units: Units) -> None:
    """Two brows: an upper and a lower edge through five stations each."""
    a1, a2, a4 = units["AU01"], units["AU02"], units["AU04"]
    a9 = units["AU09"]
    held = a4 * (1.0 - 0.85 * min(1.0, a1))
    inner_dy = -0.054 * a1 - 0.006 * a2 + 0.042 * held + 0.020 * a9
    mid_dy = -0.012 * a1 - 0.046 * a2 + 0.024 * held + 0.012 * a9
    outer_dy = 0.020 * a1 * (1 - a2) - 0.046 * a2 + 0.012 * a4 * (1 - a2) + 0.004 * units["AU06"]
    gather = 0.024 * a4 + 0.006 * a9
    base = -0.088 + person.brow_height
    for name, s in SIDES.items():
        x0, x1 = 0.072 * person.eye_spacing - gather, 0.270 * person.width - 0.3 * gather
        centre = []
        for t in (0.0, 0.25, 0.55, 0.8, 1.0):
            dy = _bend(inner_dy, mid_dy, outer_dy, t)
            arch = -(0.018 + person.brow_arch) * 4 * t * (1 - 0.62 * t) * 0.62 + 0.022 * t * t
            centre.append((x0 + (x1 - x0) * t, base + dy + arch + person.brow_slant * (t - 0.4)))
        widths = (0.016, 0.021, 0.019, 0.012, 0.003)
        upper = [(s * x, y - 0.62 * w * person.brow_thick) for (x, y), w in zip(centre, widths, strict=True)]
        lower = [(s * x, y + 0.55 * w * person.brow_thick) for (x, y), w in zip(centre, widths, strict=True)]
        sketch.add(f"brow_{name}", upper + lower[::-1], lift=0.03)
        sketch.add(f"brow_line_{name}", [(s * x, y) for x, y in centre], lift=0.03, closed=False, samples=2)


def add_eyes(sketch: Sketch, person: Identity, units: Units, nuisance: Nuisance) -> None:
    """Openings of the eyes, lids, lashes and irises."""
    a5, a6, a7, a9 = units["AU05"], units["AU06"], units["AU07"], units["AU09"]
    sad = units["AU01"] * (1 - units["AU02"])
    w = 0.080 * person.eye_size
    wide = 1 + 0.62 * a5 - 0.34 * a7 * (1 - 0.7 * a5) - 0.42 * a6 - 0.42 * a9 - nuisance.squint
    up = 0.038 * person.eye_open * wide
    up *= 1 - 0.22 * sad
    low = 0.024 * person.eye_open * (1 - 0.62 * a7 * (1 - 0.3 * a5) - 0.95 * a6 - 0.55 * a9 + 0.15 * a5)
    for name, s in SIDES.items():
        cx = 0.172 * person.eye_spacing
        corner_in = (cx - w, 0.012)
        corner_out = (cx + w, 0.004 - person.eye_tilt + 0.010 * sad)
        top = [
            (cx - 0.62 * w, 0.006 - up * (0.62 + 0.22 * sad)),
            (cx - 0.10 * w, -up),
            (cx + 0.52 * w, -up * (0.80 - 0.20 * sad) - 0.4 * person.eye_tilt),
        ]
        bottom = [
            (cx + 0.50 * w, 0.006 + 0.82 * low - 0.3 * person.eye_tilt),
            (cx, 0.010 + low),
            (cx - 0.55 * w, 0.012 + 0.62 * low),
        ]
        shape = [corner_in, *top, corner_out, *bottom]
        sketch.add(f"eye_{name}", [(s * x, y) for x, y in shape])
        lash = 0.0085 * person.lash
        upper = [corner_in, *top, corner_out]
        tail = (corner_out[0] + 0.010, corner_out[1] - 0.004)
        edge = [(x, y - lash * k) for (x, y), k in zip([*upper[:-1], tail], (0.5, 1.0, 1.15, 1.2, 0.5), strict=True)]
        sketch.add(f"lash_{name}", [(s * x, y) for x, y in upper + edge[::-1]], lift=0.004)
        lift = 0.020 + 0.016 * person.lid_crease - 0.012 * a5 - 0.006 * a7
        crease = [(x, y - lift * k) for (x, y), k in zip(upper, (0.35, 0.95, 1.0, 1.0, 0.6), strict=True)]
        sketch.add(f"crease_{name}", [(s * x, y) for x, y in crease], closed=False, samples=3)
        sketch.add(f"lid_{name}", [(s * x, y) for x, y in upper + crease[::-1]], samples=3)
        bag = [(cx - 0.75 * w, 0.030 + low), (cx - 0.1 * w, 0.046 + low), (cx + 0.7 * w, 0.030 + 0.8 * low)]
        bag = [(x, y - 0.010 * a6 - 0.004 * a7) for x, y in bag]
        sketch.add(f"bag_{name}", [(s * x, y) for x, y in bag], closed=False)
        gaze = (0.016 * nuisance.gaze_x, 0.010 * nuisance.gaze_y)
        sketch.add(f"iris_{name}", [(s * cx * 0.99 + gaze[0], -0.004 + gaze[1])], samples=1)
        feet = [(cx + w + 0.022, -0.004), (cx + w + 0.060, -0.026)]
        feet += [(cx + w + 0.024, 0.010), (cx + w + 0.066, 0.010)]
        feet += [(cx + w + 0.020, 0.024), (cx + w + 0.058, 0.042)]
        sketch.add(f"feet_{name}", [(s * x, y) for x, y in feet], samples=1)
        socket = [(cx - 1.25 * w, -0.03), (cx, -0.075), (cx + 1.25 * w, -0.045), (cx + 1.1 * w, 0.035)]
        socket += [(cx, 0.062), (cx - 1.15 * w, 0.035)]
        sketch.add(f"socket_{name}", [(s * x, y) for x, y in socket], samples=3)


def add_forehead(sketch: Sketch, units: Units) -> None:
    """Lines of the forehead and between the brows, and the dent of the chin."""
    up = -0.016 * max(units["AU01"], units["AU02"])
    for name, y, half in (("low", -0.150, 0.17), ("mid", -0.182, 0.19), ("high", -0.214, 0.16)):
        line = [(-half, y + 0.008), (-half / 2, y - 0.004), (0.0, y + 0.002), (half / 2, y - 0.004), (half, y + 0.008)]
        sketch.add(f"forehead_{name}", [(px, py + up) for px, py in line], closed=False, samples=3)
    sketch.add("forehead_centre", [(-0.07, -0.156), (0.0, -0.168), (0.07, -0.156)], closed=False, samples=3)
    sketch.add("forehead_region", [(0.0, -0.37), *[(0.215, -0.325), (0.325, -0.19), (0.35, -0.09), (0.20, -0.10),
               (0.0, -0.065)], *[(-0.20, -0.10), (-0.35, -0.09), (-0.325, -0.19), (-0.215, -0.325)]])  # fmt: skip
    for name, s in SIDES.items():
        line = [(0.022, -0.118), (0.018, -0.085), (0.024, -0.052)]
        sketch.add(f"frown_{name}", [(s * px, py) for px, py in line], lift=0.04, closed=False, samples=2)
    drop = 0.8 * jaw_drop(units)
    dent = [(-0.06, 0.446), (0.0, 0.438), (0.06, 0.446)]
    sketch.add("chin_dent", [(px, py + drop) for px, py in dent], closed=False, samples=3)


def add_nose(sketch: Sketch, person: Identity, units: Units) -> None:
    """Ridge, tip, wings and nostrils."""
    a9 = units["AU09"]
    n, k = 0.064 * person.nose_width * (1 + 0.14 * a9), person.nose_length
    raised = 0.022 * a9 + 0.004 * units["AU12"]
    tip, base = 0.192 * k - 0.5 * raised, 0.232 * k - 0.4 * raised
    sketch.add("nose_ridge", [(0.0, -0.01), (0.0, 0.07), (0.0, tip)], lift=0.10, closed=False)
    sketch.add("nose_tip", [(0.0, tip)], lift=0.13, samples=1)
    area = [(0.026, -0.035), (0.032, 0.07), (n * 0.80, 0.155 * k), (n * 1.06, base - 0.03 - raised * 0.5),
            (n * 1.0, base - 0.004), (n * 0.5, base + 0.012)]  # fmt: skip
    sketch.add("nose", _mirrored([(0.0, -0.04), *area]), lift=0.03)
    sketch.add("nose_base", _mirrored([(n * 0.86, base - 0.004), (n * 0.5, base + 0.014)]), lift=0.06)
    for name, s in SIDES.items():
        wing = [(n * 0.82, base - 0.062 - raised), (n * 1.05, base - 0.034 - raised * 0.6), (n * 0.99, base - 0.004)]
        sketch.add(f"wing_{name}", [(s * x, y) for x, y in [*wing, (n * 0.68, base + 0.004)]], lift=0.05, closed=False)
        hole = [(n * 0.25, base + 0.001), (n * 0.46, base - 0.013 - 0.2 * raised), (n * 0.74, base - 0.004),
                (n * 0.48, base + 0.007)]  # fmt: skip
        sketch.add(f"nostril_{name}", [(s * x, y) for x, y in hole], lift=0.07)
        sketch.add(f"nose_side_{name}", [(s * x, y) for x, y in
                   [(0.018, -0.04), (0.020, 0.06), (n * 0.42, tip), (n * 0.95, base - 0.01), (n * 0.86, base - 0.06),
                    (0.046, 0.05), (0.050, -0.04)]], lift=0.04, samples=3)  # fmt: skip
        wrinkles = [(0.008, 0.020), (0.040, -0.004), (0.012, 0.046), (0.048, 0.026), (0.018, 0.074), (0.054, 0.058)]
        sketch.add(f"nose_wrinkle_{name}", [(s * x, y) for x, y in wrinkles], lift=0.07, samples=1)


def _mirrored(half: Points) -> list[tuple[float, float]]:
    """Closed outline from its right half in the picture, first to last, and back on the other side."""
    return [*half, *[(-x, y) for x, y in reversed(half) if x != 0.0]]


def _bend(inner: float, mid: float, outer: float, t: float) -> float:
    """Value at ``t`` of the parabola through 0, 0.5 and 1."""
    return inner * (1 - t) * (1 - 2 * t) + mid * 4 * t * (1 - t) + outer * t * (2 * t - 1)
