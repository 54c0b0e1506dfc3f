"""Paints one face: skin, features and the folds that action units make."""

from __future__ import annotations

from fer_models.data.synthetic.canvas import NEUTRAL, Canvas, shade
from fer_models.data.synthetic.dice import Dice
from fer_models.data.synthetic.geometry import SIDES, Units
from fer_models.data.synthetic.parameters import Identity
from fer_models.data.synthetic.sketch import SHIFT

TEETH = (236, 230, 220)
SCLERA = (238, 234, 230)
MOUTH_DARK = (62, 22, 24)
TONGUE = (170, 82, 84)


def paint_neck(canvas: Canvas, person: Identity) -> None:
    """The neck, in the shadow of the chin."""
    canvas.fill("neck", shade(person.skin, 0.86))


def paint_skin(canvas: Canvas, person: Identity, ears: bool) -> None:
    """Ears, where no scarf covers them, and face in their flat colours, and blush and freckles."""
    for name in SIDES if ears else ():
        canvas.fill(f"ear_{name}", shade(person.skin, 0.92))
        canvas.stroke(canvas.curves[f"ear_rim_{name}"], shade(person.skin, 0.70), max(1, canvas.side // 90))
    canvas.fill("face", person.skin)
    rosy = (min(255, person.skin[0] + 10), person.skin[1] * 3 // 4, person.skin[2] * 3 // 4)
    canvas.tint(["cheek_right", "cheek_left"], rosy, 0.34 * person.blush, softness=0.050)
    if person.freckles:
        _freckles(canvas, person)


def paint_brows(canvas: Canvas, person: Identity) -> None:
    """Two brows, softer at their edges."""
    names = [f"brow_{name}" for name in SIDES]
    canvas.tint(names, person.brow_colour, 0.5, softness=0.010)
    for name in names:
        canvas.fill(name, person.brow_colour)


def paint_eyes(canvas: Canvas, person: Identity, scale: float) -> None:
    """Sclera, iris and pupil inside the opening, then the lids; ``scale`` is pixels a picture side."""
    wide = max(1, canvas.side // 110)
    lid = shade(person.skin, 0.84)
    for name in SIDES:
        canvas.fill(f"lid_{name}", shade(person.skin, 0.93))
        canvas.stroke(canvas.curves[f"crease_{name}"], shade(person.skin, 0.74), wide)

    def inside() -> None:
        for name in SIDES:
            canvas.fill(f"eye_{name}", SCLERA)
            centre = canvas.curves[f"iris_{name}"][0]
            canvas.dot(centre, 0.0365 * scale, shade(person.iris, 0.45))
            canvas.dot(centre, 0.0315 * scale, person.iris)
            canvas.dot(centre, 0.0165 * scale, (14, 12, 12))
            # The upper lid's shadow on the eyeball.
            canvas.stroke(canvas.curves[f"lash_{name}"], (120, 104, 100), max(1, canvas.side // 70))

    canvas.clipped([f"eye_{name}" for name in SIDES], inside)
    for name in SIDES:
        canvas.fill(f"lash_{name}", (34, 24, 22) if person.lash > 1 else shade(person.skin, 0.26))
        lower = canvas.curves[f"eye_{name}"]
        canvas.stroke(lower[len(lower) // 2 :], shade(lid, 0.78), wide)


def paint_eye_lights(canvas: Canvas, scale: float) -> None:
    """The window that is mirrored in both eyes; kept inside their openings."""

    def inside() -> None:
        for name in SIDES:
            at = canvas.curves[f"iris_{name}"][0].copy()
            at -= int(0.011 * scale * (1 << SHIFT))
            canvas.dot(at, 0.0085 * scale, (250, 250, 250))

    canvas.clipped([f"eye_{name}" for name in SIDES], inside)


def paint_nose(canvas: Canvas, person: Identity) -> None:
    """Wings and nostrils; the ridge is a matter of shade."""
    wide = max(1, canvas.side // 100)
    for name in SIDES:
        canvas.stroke(canvas.curves[f"wing_{name}"], shade(person.skin, 0.70), wide)
        canvas.fill(f"nostril_{name}", shade(person.skin, 0.32))


def paint_mouth(canvas: Canvas, person: Identity, units: Units, opening: float) -> None:
    """Lips, and what shows between them where ``opening`` (picture sides) is more than a line."""
    canvas.fill("lip_upper", shade(person.lip_colour, 0.88))
    canvas.fill("lip_lower", person.lip_colour)
    if opening > 0.006:

        def inside() -> None:
            canvas.fill("mouth_inner", MOUTH_DARK)
            canvas.fill("tongue", TONGUE)
            canvas.fill("teeth_upper", TEETH)
            if max(units["AU16"], units["AU20"]) > 0.1:
                canvas.fill("teeth_lower", shade(TEETH, 0.90))

        canvas.clipped(["mouth_inner"], inside)
    line = shade(person.lip_colour, 0.42)
    canvas.stroke(canvas.curves["mouth_line"], line, max(1, canvas.side // 90))
    for name in SIDES:
        canvas.dot(canvas.curves[f"corner_{name}"][0], 0.006 * canvas.side, shade(person.skin, 0.55))


def shade_form(canvas: Canvas, person: Identity, light_x: float) -> None:
    """The broad form of the head: rounding, sockets, cheeks, nose, lips and chin."""
    canvas.broad[:] = NEUTRAL
    canvas.broaden("neck", 88)
    canvas.broaden("face", 104)
    canvas.broaden("face_core", 132)
    canvas.broaden("brow_ridge", 138)
    for name, s in SIDES.items():
        away = max(0.0, -s * light_x)
        canvas.broaden(f"socket_{name}", 112)
        canvas.broaden(f"cheek_{name}", 139 - 8 * away)
    for name, s in SIDES.items():
        away = max(0.0, -s * light_x)
        canvas.broaden(f"nose_side_{name}", 112 - 30 * away)
    canvas.broaden("lip_shadow", 104)
    canvas.crease(canvas.curves["nose_ridge"], -0.16, 0.030)
    for name in SIDES:
        canvas.broaden(f"eye_{name}", NEUTRAL - 4)


def shade_folds(canvas: Canvas, person: Identity, units: Units) -> None:
    """Folds of the skin: those of age, and those that each action unit makes."""
    curves, age = canvas.curves, person.age
    a1, a2, a4, a6, a9 = (units[unit] for unit in ("AU01", "AU02", "AU04", "AU06", "AU09"))
    lift = 0.42 * max(a1 * 0.8, a2) * (0.45 + 0.55 * age) + 0.18 * max(0.0, age - 0.3)
    for name in ("forehead_low", "forehead_mid", "forehead_high"):
        canvas.crease(curves[name], lift * (0.7 if name == "forehead_high" else 1.0), 0.008)
    if a1 > a2 + 0.1:
        canvas.crease(curves["forehead_centre"], 0.30 * a1, 0.010)
    frown = 0.34 * a4 * (1 - 0.5 * a1) + 0.15 * a9 + 0.15 * max(0.0, age - 0.5)
    canvas.crease(curves["frown_right"], frown, 0.009)
    canvas.crease(curves["frown_left"], frown, 0.009)
    for side in SIDES:
        pull = units.corner(side)
        wrinkle = curves[f"nose_wrinkle_{side}"]
        for pair in (wrinkle[0:2], wrinkle[2:4], wrinkle[4:6]):
            canvas.crease(pair, 0.36 * a9, 0.010)
        feet = curves[f"feet_{side}"]
        for pair in (feet[0:2], feet[2:4], feet[4:6]):
            canvas.crease(pair, 0.42 * a6 * (0.45 + 0.55 * age) + 0.15 * age * age, 0.008)
        canvas.crease(curves[f"bag_{side}"], 0.30 * a6 + 0.20 * units["AU07"] + 0.10 + 0.22 * age, 0.010)
        canvas.crease(curves[f"fold_{side}"], 0.24 * max(pull, a9) + 0.05 + 0.16 * age, 0.011)
        canvas.crease(curves[f"marionette_{side}"], 0.26 * units["AU15"] + 0.20 * max(0.0, age - 0.3), 0.011)
        dimple = max(0.26 * units["AU20"] + 0.20 * units["AU23"], 0.50 * units.dimple(side))
        canvas.crease(curves[f"dimple_{side}"], dimple, 0.013)
    canvas.crease(curves["nose_base"], 0.30, 0.014)
    canvas.crease(curves["philtrum"], 0.12, 0.014)
    canvas.crease(curves["lip_shine"], -0.22 * (1 - 0.6 * units["AU23"]), 0.014)
    canvas.crease(curves["chin_dent"], 0.22 + 0.25 * units["AU15"], 0.014)


def _freckles(canvas: Canvas, person: Identity) -> None:
    dice = Dice(person.texture, 5)
    colour = shade(person.skin, 0.80)
    for side in SIDES:
        left, top = canvas.curves[f"cheek_{side}"].min(axis=0)
        right, bottom = canvas.curves[f"cheek_{side}"].max(axis=0)
        for _ in range(14):
            spot = (dice.uniform(float(left), float(right)), dice.uniform(float(top), float(bottom)))
            canvas.dot(spot, 0.004 * canvas.side, colour)  # type: ignore[arg-type]
