"""What a face is drawn from: a person's traits and the circumstances of one picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from fer_models.data.synthetic.dice import Dice

Colour = tuple[int, int, int]

SKIN: tuple[Colour, ...] = (
    (244, 214, 192),
    (238, 200, 172),
    (228, 184, 150),
    (214, 166, 128),
    (190, 138, 100),
    (160, 110, 76),
    (128, 84, 58),
    (102, 66, 48),
)
HAIR: tuple[Colour, ...] = (
    (30, 26, 26),
    (48, 36, 30),
    (78, 54, 38),
    (112, 76, 48),
    (134, 66, 38),
    (178, 134, 78),
    (208, 172, 112),
)
GREY_HAIR: tuple[Colour, ...] = ((128, 126, 124), (186, 184, 180))
IRIS: tuple[Colour, ...] = ((66, 42, 28), (92, 60, 36), (108, 88, 48), (84, 110, 70), (78, 112, 146), (112, 124, 132))
CLOTH: tuple[Colour, ...] = (
    (52, 66, 92),
    (120, 54, 58),
    (62, 96, 84),
    (176, 164, 140),
    (70, 70, 74),
    (150, 108, 62),
    (104, 88, 126),
    (214, 212, 206),
)
BACKDROP: tuple[Colour, ...] = (
    (196, 204, 212),
    (160, 176, 188),
    (206, 198, 184),
    (140, 150, 142),
    (108, 116, 132),
    (182, 168, 170),
    (226, 226, 222),
    (84, 88, 96),
)
LONG_STYLES = ("centre", "sweep", "fringe_long", "bob", "scarf", "curly")
SHORT_STYLES = ("crop", "part", "receding", "bald", "fringe", "curly")


@dataclass(frozen=True)
class Identity:
    """Traits of one person that stay the same in all of their pictures; factors are 1 for an average face."""

    skin: Colour
    hair: Colour
    brow_colour: Colour
    iris: Colour
    lip_colour: Colour
    style: str
    hair_volume: float
    hairline: float
    mirror: float
    age: float
    width: float
    jaw: float
    chin: float
    cheek: float
    eye_spacing: float
    eye_size: float
    eye_open: float
    eye_tilt: float
    lid_crease: float
    lash: float
    brow_height: float
    brow_thick: float
    brow_slant: float
    brow_arch: float
    nose_width: float
    nose_length: float
    mouth_width: float
    mouth_height: float
    lip: float
    mouth_curve: float
    ear: float
    glasses: str
    glasses_colour: Colour
    beard: str
    beard_strength: float
    freckles: bool
    blush: float
    texture: int


def _between(a: Colour, b: Colour, t: float) -> Colour:
    red, green, blue = (round(x + (y - x) * t) for x, y in zip(a, b, strict=True))
    return red, green, blue


def skin_of(tone: float) -> Colour:
    """The skin at a tone from 0, the lightest, to 7, the darkest."""
    low = min(int(tone), len(SKIN) - 2)
    return _between(SKIN[low], SKIN[low + 1], tone - low)


def recoloured(person: Identity, *, tone: float | None = None, hair: Colour | None = None) -> Identity:
    """The person with another skin or hair, and lips and brows that go with them; all else stays.

    Args:
        person: Who is changed.
        tone: Of the skin, 0 to 7, ``None`` for the person's own.
        hair: Its colour, ``None`` for the person's own.
    """
    skin, hair = person.skin if tone is None else skin_of(tone), hair or person.hair
    lips = person.lip_colour if tone is None else _lip(skin, masculine=person.lash <= 1)
    return replace(person, skin=skin, hair=hair, brow_colour=_brow(hair, skin), lip_colour=lips)


def _lip(skin: Colour, masculine: bool) -> Colour:
    dark = (skin[0] * 3 // 4, skin[1] * 9 // 16, skin[2] * 9 // 16)
    return _between((190, 96, 92), dark, 0.7 if masculine else 0.45)


def _brow(hair: Colour, skin: Colour) -> Colour:
    return _between(_between(hair, (30, 24, 22), 0.35), skin, 0.08)


@lru_cache(maxsize=4096)
def sample_identity(seed: int, subject: int) -> Identity:
    """The person number ``subject`` of a seed: depends on nothing else."""
    dice = Dice(seed, 1, subject)
    masculine = dice.chance(0.5)
    age = dice.uniform() ** 2
    tone = dice.uniform(0, len(SKIN) - 1.001)
    skin = skin_of(tone)
    dark = tone > 3.5
    hair = HAIR[int(dice.uniform(0, 2.4 if dark else len(HAIR)))]
    if age > 0.55 and dice.chance(0.7):
        hair = dice.pick(GREY_HAIR)
    style = dice.pick(SHORT_STYLES if masculine else LONG_STYLES)
    beard = dice.pick(("none", "none", "none", "stubble", "stubble", "full", "goatee", "moustache"))
    hairline = dice.spread(0.01 if style in ("fringe", "fringe_long") else 0.03)
    return Identity(
        skin=skin,
        hair=hair,
        brow_colour=_brow(hair, skin),
        iris=IRIS[int(dice.uniform(0, 2 if dark else len(IRIS)))],
        lip_colour=_lip(skin, masculine),
        style=style,
        hair_volume=dice.uniform(0.7, 1.3),
        hairline=hairline,
        mirror=-1.0 if dice.chance(0.5) else 1.0,
        age=age,
        width=dice.uniform(0.93, 1.06),
        jaw=dice.uniform(0.98, 1.12) if masculine else dice.uniform(0.86, 1.0),
        chin=dice.uniform(0.96, 1.05),
        cheek=dice.uniform(0.96, 1.06),
        eye_spacing=dice.uniform(0.95, 1.05),
        eye_size=dice.uniform(0.9, 1.12),
        eye_open=dice.uniform(0.86, 1.12),
        eye_tilt=dice.uniform(-0.006, 0.014),
        lid_crease=dice.uniform(0.2, 1.0),
        lash=dice.uniform(0.7, 1.0) if masculine else dice.uniform(1.0, 1.6),
        brow_height=dice.uniform(-0.012, 0.012),
        brow_thick=dice.uniform(0.95, 1.4) if masculine else dice.uniform(0.65, 1.05),
        brow_slant=dice.uniform(-0.010, 0.010),
        brow_arch=dice.uniform(0.0, 0.016),
        nose_width=dice.uniform(0.85, 1.2) * (1.1 if dark else 1.0),
        nose_length=dice.uniform(0.92, 1.08),
        mouth_width=dice.uniform(0.92, 1.1),
        mouth_height=dice.uniform(-0.010, 0.010),
        lip=dice.uniform(0.75, 1.1) if masculine else dice.uniform(0.9, 1.35),
        mouth_curve=dice.uniform(-0.008, 0.008),
        ear=dice.uniform(0.85, 1.15),
        glasses=dice.pick(("round", "square")) if dice.chance(0.22) else "none",
        glasses_colour=dice.pick(((36, 34, 36), (92, 60, 40), (120, 122, 128))),
        beard=beard if masculine else "none",
        beard_strength=dice.uniform(0.5, 1.0),
        freckles=(not dark) and dice.chance(0.15),
        blush=dice.uniform(0.1, 0.7),
        texture=int(dice.uniform(0, 1 << 30)),
    )


@dataclass(frozen=True)
class Nuisance:
    """Circumstances of one picture that are independent of the expression.

    Angles in degrees: positive ``yaw`` turns the face to the right of the picture, positive ``pitch`` downwards,
    positive ``roll`` clockwise. Shifts and ``blur`` (standard deviation) in picture sides, ``noise`` (standard
    deviation) in grey levels. ``light_x`` and ``light_y`` point from the face towards the light.
    """

    yaw: float
    pitch: float
    roll: float
    zoom: float
    shift_x: float
    shift_y: float
    light_x: float
    light_y: float
    ambient: float
    exposure: float
    contrast: float
    blur: float
    noise: float
    gaze_x: float
    gaze_y: float
    parted: float
    squint: float
    background: str
    occlusion: str
    cloth: Colour
    backdrop: tuple[Colour, Colour]
    scene: int


def sample_nuisance(difficulty: float, dice: Dice) -> Nuisance:
    """Circumstances whose spread grows with ``difficulty`` in [0, 1]."""
    d = difficulty
    return Nuisance(
        yaw=dice.spread(2 + 34 * d),
        pitch=dice.spread(1 + 18 * d),
        roll=dice.spread(1 + 20 * d),
        zoom=dice.uniform(0.91 - 0.08 * d, 0.96 + 0.07 * d),
        shift_x=dice.spread(0.004 + 0.06 * d),
        shift_y=dice.spread(0.004 + 0.05 * d),
        light_x=dice.spread(0.3 + 1.1 * d),
        light_y=dice.uniform(-0.55, -0.1) + dice.spread(0.4 * d),
        ambient=dice.uniform(0.72 - 0.38 * d, 0.85),
        exposure=1.0 + dice.spread(0.06 + 0.44 * d),
        contrast=1.0 + dice.spread(0.05 + 0.35 * d),
        blur=max(0.0, dice.uniform(-0.008, 0.016)) * d,
        noise=dice.uniform(0.2, 1.0) * 14 * d,
        gaze_x=dice.spread(0.3 + 0.5 * d),
        gaze_y=dice.spread(0.2 + 0.3 * d),
        parted=dice.uniform(),
        squint=dice.spread(0.05 + 0.15 * d),
        background=dice.pick(("plain", "gradient", "blobs", "panel")),
        occlusion=dice.pick(("hand", "bar", "scarf", "phone")) if dice.chance(0.3 * d) else "none",
        cloth=dice.pick(CLOTH),
        backdrop=(dice.pick(BACKDROP), dice.pick(BACKDROP)),
        scene=int(dice.uniform(0, 1 << 30)),
    )
