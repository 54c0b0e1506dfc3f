"""Sample images: a photograph, a drawn face for each emotion, and Darwin's plates where they were fetched."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from PIL import Image

from fer_models import darwin, labels
from fer_models.data.synthetic import SyntheticFace, SyntheticOptions, generate_face
from fer_models.errors import UserError
from fer_models.faces.image import resize

#: Key of the photograph of Eileen Collins (NASA, 1993, public domain), which comes with scikit-image.
ASTRONAUT = "astronaut"
_PREFIX, _PLATE = "drawn-", "darwin-"
#: Large, upright and plain, so that a detector finds them; 14 faces show every class twice.
_OPTIONS = SyntheticOptions(count=14, size=224, colour=True, seed=0, difficulty=0.15)


def titles() -> dict[str, str]:
    """Key and title of each sample, the default first."""
    order = ("happy", *(name for name in labels.FER7 if name != "happy"))
    drawings = {f"{_PREFIX}{emotion}": f"Drawn face, {emotion}" for emotion in order}
    return {ASTRONAUT: "Photograph, astronaut Eileen Collins"} | drawings | plates()


def plates() -> dict[str, str]:
    """Key and title of each of Darwin's plates that is on this computer."""
    return {f"{_PLATE}{plate.number}": plate.title for plate in darwin.available_plates()}


def drawn(key: str) -> bool:
    """Whether the sample is drawn, not photographed, so that :func:`masks` knows its parts."""
    return key.startswith(_PREFIX)


def picture(key: str) -> np.ndarray:
    """The sample as uint8 RGB (H, W, 3).

    Raises:
        UserError: If there is no sample of that key, or its file is damaged.
    """
    if key == ASTRONAUT:
        return _astronaut()
    if key in plates():
        return darwin.read_plate(int(key.removeprefix(_PLATE)))
    return _face(key).image


def masks(key: str) -> dict[str, np.ndarray]:
    """The true masks of a drawn sample's parts, name to bool (H, W).

    Raises:
        UserError: If there is no drawn sample of that key.
    """
    return _face(key).masks


def units(key: str) -> tuple[str, ...]:
    """The action units that move a drawn sample.

    Raises:
        UserError: If there is no drawn sample of that key.
    """
    return tuple(sorted(_face(key).action_units))


@cache
def icon() -> Image.Image:
    """A small face for the browser's tab."""
    return Image.fromarray(resize(_faces()[f"{_PREFIX}happy"].image, 64))


def _face(key: str) -> SyntheticFace:
    faces = _faces()
    if key not in faces:
        raise UserError(f"There is no sample image {key!r}; choose one from the list.")
    return faces[key]


@cache
def _astronaut() -> np.ndarray:
    # In the package; skimage's own function imports scipy first, which takes longer than all the rest.
    with (files("skimage.data") / "astronaut.png").open("rb") as file:
        return np.asarray(Image.open(file).convert("RGB"))


@cache
def _faces() -> dict[str, SyntheticFace]:
    faces: dict[str, SyntheticFace] = {}
    for index in range(_OPTIONS.count):
        face = generate_face(_OPTIONS, index)
        faces[f"{_PREFIX}{face.emotion}"] = face  # the later one of the two wins: no glasses on the happy one
    return faces
