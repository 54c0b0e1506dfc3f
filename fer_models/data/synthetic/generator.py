"""Draws single faces and whole sets of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from fer_models.data.synthetic import face, hair, mouth, scene
from fer_models.data.synthetic import geometry as g
from fer_models.data.synthetic.action_units import AU_NAMES, sample_units
from fer_models.data.synthetic.canvas import Canvas
from fer_models.data.synthetic.dice import Dice
from fer_models.data.synthetic.landmarks import LANDMARK_NAMES, locate
from fer_models.data.synthetic.masks import region_masks
from fer_models.data.synthetic.options import SyntheticOptions
from fer_models.data.synthetic.parameters import Identity, Nuisance, sample_identity, sample_nuisance
from fer_models.data.synthetic.sketch import Camera, Sketch
from fer_models.errors import UserError
from fer_models.progress import Progress, silent


@dataclass(frozen=True)
class SyntheticFace:
    """One drawn face and its ground truth.

    ``image`` is uint8 (H, W, C) with one channel for grey and three for RGB; ``action_units`` holds the intensity in
    (0, 1] of the units of its emotion; ``landmarks`` is float32 (L, 2), x and y in pixels in the order of
    ``LANDMARK_NAMES``, where whole numbers are pixel centres; ``masks`` are bool (H, W), one for each of ``REGIONS``.
    """

    image: np.ndarray
    emotion: str
    action_units: dict[str, float]
    subject: str
    landmarks: np.ndarray
    masks: dict[str, np.ndarray]
    nuisance: dict[str, float | str]


@dataclass(frozen=True)
class SyntheticSet:
    """A whole set as arrays: ``labels`` index ``classes``, ``action_units`` has a column for each of ``AU_NAMES``.

    Shapes: ``images`` uint8 (N, H, W, C), ``labels`` int64 (N,), ``subjects`` str (N,), ``action_units``
    float32 (N, U), ``landmarks`` float32 (N, L, 2) in pixels.
    """

    images: np.ndarray
    labels: np.ndarray
    subjects: np.ndarray
    action_units: np.ndarray
    landmarks: np.ndarray
    classes: tuple[str, ...]
    options: SyntheticOptions


def generate_face(options: SyntheticOptions, index: int) -> SyntheticFace:
    """Draw image ``index`` of a set, with its masks.

    The picture depends on the seed, the classes, the number of identities, the difficulty and ``index`` alone: not on
    ``count``, and not on what was drawn before. Its size and colour change the rendering, not the scene.

    Raises:
        UserError: If ``index`` is not below ``options.count``.

    Example:
        >>> from fer_models.data.synthetic.options import SyntheticOptions
        >>> generate_face(SyntheticOptions(count=28, size=48, seed=0), 3).image.shape
        (48, 48, 1)
    """
    if not 0 <= index < options.count:
        raise UserError(f"The set has {options.count} faces, so there is no face number {index}.")
    drawn = _draw(options, index)
    nuisance = drawn.nuisance
    plain: dict[str, float | str] = {
        name: value for name, value in vars(nuisance).items() if isinstance(value, float | str)
    }
    return SyntheticFace(
        image=drawn.rendering.image,
        emotion=options.classes[drawn.label],
        action_units=drawn.units,
        subject=drawn.subject,
        landmarks=drawn.rendering.landmarks,
        masks=drawn.rendering.masks,
        nuisance=plain,
    )


def generate(options: SyntheticOptions, progress: Progress = silent) -> SyntheticSet:
    """Draw the whole set; ``progress`` is called every 50 faces.

    Image ``i`` equals that of :func:`generate_face` for index ``i``.
    """
    channels = 3 if options.colour else 1
    images = np.empty((options.count, options.size, options.size, channels), np.uint8)
    labels = np.empty(options.count, np.int64)
    units = np.zeros((options.count, len(AU_NAMES)), np.float32)
    landmarks = np.empty((options.count, len(LANDMARK_NAMES), 2), np.float32)
    subjects = []
    column = {name: at for at, name in enumerate(AU_NAMES)}
    for index in range(options.count):
        drawn = _draw(options, index)
        images[index], landmarks[index] = drawn.rendering.image, drawn.rendering.landmarks
        labels[index] = drawn.label
        subjects.append(drawn.subject)
        for name, value in drawn.units.items():
            units[index, column[name]] = value
        if index + 1 == options.count or (index + 1) % 50 == 0:
            progress((index + 1) / options.count, f"drawing faces: {index + 1:,} of {options.count:,}")
    return SyntheticSet(images, labels, np.array(subjects), units, landmarks, options.classes, options)


def class_and_subject(options: SyntheticOptions, index: int) -> tuple[int, int]:
    """Which class and which person image ``index`` shows.

    Every block of as many images as there are classes shows each class once, in its own random order; over as many
    blocks as there are identities, every person shows every class once.
    """
    kinds, people = len(options.classes), options.identities
    block, position = divmod(index, kinds)
    label = _order(options.seed, 8, block, kinds)[position]
    series, turn = divmod(block, people)
    return label, _order(options.seed, 9, series, people)[(turn + label * (people // kinds + 1)) % people]


@lru_cache(maxsize=1024)
def _order(seed: int, purpose: int, number: int, count: int) -> list[int]:
    return Dice(seed, purpose, number).order(count)


@dataclass(frozen=True)
class Rendering:
    """A drawn picture and where its parts lie.

    Args:
        image: uint8 (size, size, C).
        landmarks: float32 (L, 2) in pixels of the image, in the order of ``LANDMARK_NAMES``.
        curves: Outlines on the canvas, in fixed-point pixels.
        side: Of the canvas in pixels.
    """

    image: np.ndarray
    landmarks: np.ndarray
    curves: dict[str, np.ndarray]
    side: int

    @property
    def masks(self) -> dict[str, np.ndarray]:
        """bool (size, size) of each of ``REGIONS``."""
        return region_masks(self.curves, self.side, self.image.shape[0])


def render(
    person: Identity,
    units: Mapping[str, float],
    nuisance: Nuisance,
    *,
    size: int,
    colour: bool,
    noise: Dice,
) -> Rendering:
    """Draw a person with action units under the circumstances of one picture.

    Args:
        person: Who is drawn.
        units: Intensities in [0, 1] by name; others are 0.
        nuisance: Pose, light, background and camera.
        size: Side of the picture in pixels.
        colour: RGB instead of grey.
        noise: Where the camera's noise is drawn from.
    """
    shown = g.Units(units)
    # Small pictures are drawn several times larger, so that thin lines keep their share of a pixel.
    side = size * max(2, round(200 / size))
    curves, controls = _sketch(person, shown, nuisance).place(Camera.from_nuisance(nuisance, side))
    canvas = Canvas(scene.backdrop(nuisance, side), curves)
    _paint(canvas, person, shown, nuisance, controls)
    image = scene.expose(canvas.image, nuisance, size, noise)
    image = image if colour else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[:, :, None]
    landmarks = (locate(controls) + 0.5) / (side // size) - 0.5
    return Rendering(image, landmarks.astype(np.float32), curves, side)


@dataclass(frozen=True)
class _Drawn:
    rendering: Rendering
    label: int
    units: dict[str, float]
    subject: str
    nuisance: Nuisance


def _draw(options: SyntheticOptions, index: int) -> _Drawn:
    label, subject = class_and_subject(options, index)
    person = sample_identity(options.seed, subject)
    dice = Dice(options.seed, 2, index)
    shown = sample_units(options.classes[label], options.difficulty, dice)
    nuisance = sample_nuisance(options.difficulty, dice)
    rendering = render(person, shown, nuisance, size=options.size, colour=options.colour, noise=dice)
    return _Drawn(rendering, label, shown, f"S{subject:03d}", nuisance)


def _sketch(person: Identity, units: g.Units, nuisance: Nuisance) -> Sketch:
    sketch = Sketch()
    g.add_head(sketch, person, units)
    g.add_forehead(sketch, units)
    g.add_brows(sketch, person, units)
    g.add_eyes(sketch, person, units, nuisance)
    g.add_nose(sketch, person, units)
    mouth.add_mouth(sketch, person, units, nuisance)
    hair.add_hair(sketch, person)
    hair.add_beard(sketch, person, units)
    hair.add_glasses(sketch, person)
    scene.add_occluder(sketch, nuisance)
    return sketch


def _paint(
    canvas: Canvas, person: Identity, units: g.Units, nuisance: Nuisance, controls: dict[str, np.ndarray]
) -> None:
    scale = canvas.side * nuisance.zoom
    inner = controls["mouth_inner"]
    opening = float(abs(inner[9] - inner[3]).max()) / scale
    hair.draw_hair_behind(canvas, person)
    face.paint_neck(canvas, person)
    hair.draw_wrap(canvas, person)
    scene.paint_clothes(canvas, nuisance)
    face.paint_skin(canvas, person, ears=person.style != "scarf")
    hair.draw_beard(canvas, person)
    face.paint_mouth(canvas, person, units, opening)
    face.paint_nose(canvas, person)
    face.paint_eyes(canvas, person, scale)
    face.paint_brows(canvas, person)
    hair.draw_hair(canvas, person)
    face.shade_form(canvas, person, nuisance.light_x)
    face.shade_folds(canvas, person, units)
    if person.style != "bald":
        canvas.clear_fine("hair")
    canvas.apply_shades(scene.light_map(nuisance, canvas.half))
    face.paint_eye_lights(canvas, scale)
    hair.draw_glasses(canvas, person)
    scene.paint_occluder(canvas, person, nuisance)
