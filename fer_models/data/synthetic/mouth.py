"""The mouth's shape: most action units end here."""

from __future__ import annotations

from fer_models.data.synthetic.geometry import SIDES, Units, jaw_drop
from fer_models.data.synthetic.parameters import Identity, Nuisance
from fer_models.data.synthetic.sketch import Sketch

MOUTH_Y = 0.358


def add_mouth(sketch: Sketch, person: Identity, units: Units, nuisance: Nuisance) -> None:
    """Lips, opening, teeth, tongue, and the folds around the mouth."""
    a9, a12, a15, a16 = units["AU09"], units["AU12"], units["AU15"], units["AU16"]
    a20, a23, a26 = units["AU20"], units["AU23"], units["AU26"]
    drop = jaw_drop(units)
    centre = MOUTH_Y + person.mouth_height
    corners = _corners(person, units)
    # Strong pulls part the lips: a broad smile shows teeth, in most pictures.
    smile = max(0.0, a12 - 0.3) / 0.7 * (1.0 if nuisance.parted > 0.3 else 0.0)
    gap_up = 0.008 * smile + 0.024 * a9 + 0.010 * a20 + 0.016 * a26 * (1 - a20)
    gap_down = 0.044 * smile + 0.042 * a16 + 0.020 * a20 + 0.98 * drop + 0.004 * a9
    middle = centre + 0.004 * a12 - 0.012 * a15 + 0.10 * drop
    thin = (1 - 0.62 * a23) * (1 - 0.22 * a12) * (1 - 0.25 * a20)
    upper, lower = 0.023 * person.lip * thin * (1 - 0.25 * a9), 0.031 * person.lip * thin * (1 + 0.25 * a15 * (1 - a16))
    (rx, ry), (lx, ly) = corners["right"], corners["left"]

    def along(t: float, level: float, bow: float) -> tuple[float, float]:
        """Point at ``t`` in [-1, 1] of a line from corner to corner that passes ``level`` in the middle."""
        side_x, side_y = (lx, ly) if t > 0 else (rx, ry)
        return abs(t) * side_x, level + (side_y - level) * abs(t) ** bow

    top, bottom = middle - gap_up, middle + gap_down
    # Low bows give a pointed opening, high ones a round or, stretched, a square one.
    open_round = a26 * (1 - a20)
    bow_up = 1.8 + 1.2 * open_round + 1.2 * a20 + 0.7 * a9
    bow_low = 2.0 + 1.5 * open_round + 1.6 * a20 + 1.2 * a16 + 0.4 * smile
    stations = (-0.86, -0.48, 0.0, 0.48, 0.86)
    inner_up = [along(t, top, bow_up) for t in stations]
    inner_low = [along(t, bottom, bow_low) for t in reversed(stations)]
    sketch.add("mouth_inner", [(rx, ry), *inner_up, (lx, ly), *inner_low])
    cupid = (0.38, 0.92, 0.80, 0.92, 0.38)
    outer_up = [(x, y - upper * k) for (x, y), k in zip(inner_up, cupid, strict=True)]
    outer_low = [(x, y + lower * k) for (x, y), k in zip(inner_low, (0.45, 0.90, 1.04, 0.90, 0.45), strict=True)]
    tip_r, tip_l = (rx - 0.004, ry), (lx + 0.004, ly)
    sketch.add("lip_upper", [tip_r, *outer_up, tip_l, (lx, ly + 0.001), *inner_up[::-1], (rx, ry + 0.001)], lift=0.012)
    sketch.add("lip_lower", [(rx, ry), *inner_low[::-1], (lx, ly), *outer_low], lift=0.014)
    sketch.add("mouth", [tip_r, *outer_up, tip_l, *outer_low], lift=0.012)
    sketch.add("mouth_line", [tip_r, *inner_up, tip_l], lift=0.012, closed=False)
    shine = [inner_low[3], inner_low[2], inner_low[1]]
    sketch.add("lip_shine", [(x * 0.7, y + 0.50 * lower) for x, y in shine], lift=0.02, closed=False)
    teeth = [(x, y - 0.006) for x, y in inner_up]
    show = min(0.030, 0.62 * (gap_up + gap_down)) if smile > 0 else min(0.024, 0.55 * (gap_up + gap_down))
    edge = [(x * 0.96, top + show + (y - top) * 0.55) for x, y in inner_up]
    sketch.add("teeth_upper", [*teeth, *edge[::-1]])
    low = [(x * 0.94, y + 0.008) for x, y in inner_low]
    rise = 0.022 * max(a16, 0.55 * a20)
    sketch.add("teeth_lower", [*low, *[(x, min(y - 0.008 - rise, bottom - rise)) for x, y in low[::-1]]])
    sketch.add("tongue", [(-0.05, bottom + 0.01), (-0.035, bottom - 0.25 * drop - 0.004),
               (0.035, bottom - 0.25 * drop - 0.004), (0.05, bottom + 0.01)])  # fmt: skip
    floor = bottom + lower
    sketch.add("lip_shadow", [(-0.07, floor + 0.012), (0.0, floor + 0.020), (0.07, floor + 0.012),
               (0.06, floor + 0.034), (0.0, floor + 0.042), (-0.06, floor + 0.034)])  # fmt: skip
    sketch.add("philtrum", [(0.0, 0.262), (0.0, top - upper - 0.006)], lift=0.03, closed=False, samples=1)
    _add_folds(sketch, person, units, corners)


def _corners(person: Identity, units: Units) -> dict[str, tuple[float, float]]:
    """The corner of the mouth on each side."""
    a15, a20, a23, a26 = units["AU15"], units["AU20"], units["AU23"], units["AU26"]
    drop = jaw_drop(units)
    centre = MOUTH_Y + person.mouth_height
    half = 0.128 * person.mouth_width
    corners = {}
    for name, s in SIDES.items():
        pull, dimple = units.corner(name), units.dimple(name)
        x = half + 0.036 * pull + 0.040 * a20 - 0.020 * a23 - 0.042 * a26 * (1 - a20) - 0.004 * a15 + 0.012 * dimple
        y = (
            centre
            + person.mouth_curve
            - 0.054 * pull
            - 0.012 * dimple
            + 0.044 * a15
            + 0.016 * a20
            + (0.55 - 0.2 * a20) * drop
        )
        corners[name] = (s * x, y)
    return corners


def _add_folds(sketch: Sketch, person: Identity, units: Units, corners: dict[str, tuple[float, float]]) -> None:
    """Nasolabial folds from the wings of the nose, and the pits at the corners."""
    raised = 0.02 * units["AU09"]
    for name, s in SIDES.items():
        x, y = abs(corners[name][0]), corners[name][1]
        wing = 0.078 * person.nose_width
        fold = [(wing, 0.198 - raised), (0.5 * (wing + x) + 0.020, 0.5 * (0.205 + y) - 0.014 - raised)]
        fold += [(x + 0.034, y - 0.020), (x + 0.040, y + 0.022)]
        sketch.add(f"fold_{name}", [(s * px, py) for px, py in fold], lift=0.01, closed=False)
        sketch.add(f"corner_{name}", [(s * (x + 0.006), y)], lift=0.01, samples=1)
        marionette = [(x + 0.008, y + 0.004), (x + 0.018, y + 0.030), (x + 0.016, y + 0.058)]
        sketch.add(f"marionette_{name}", [(s * px, py) for px, py in marionette], closed=False)
        dimple = [(x + 0.014, y - 0.030), (x + 0.024, y - 0.002), (x + 0.014, y + 0.026)]
        sketch.add(f"dimple_{name}", [(s * px, py) for px, py in dimple], closed=False)
        lift = 0.022 * max(units["AU06"], 0.6 * units.corner(name))
        cheek = [(0.13, 0.15), (0.20, 0.105), (0.275, 0.13), (0.265, 0.20), (0.19, 0.235)]
        sketch.add(f"cheek_{name}", [(s * px, py - lift) for px, py in cheek], samples=3)
        region = [(0.085, 0.12), (0.15, 0.075), (0.25, 0.065), (0.33, 0.10), (0.315, 0.25), (0.24, 0.335)]
        region += [(max(0.165, x + 0.012), 0.315), (0.10, 0.225)]
        sketch.add(f"cheek_region_{name}", [(s * px, py - 0.4 * lift) for px, py in region], samples=3)
