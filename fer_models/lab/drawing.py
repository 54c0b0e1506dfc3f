"""From the parameters of a face to its picture."""

from __future__ import annotations

import dataclasses

import numpy as np

from fer_models.data.synthetic.dice import Dice
from fer_models.data.synthetic.generator import Rendering, render
from fer_models.data.synthetic.parameters import Identity, Nuisance, recoloured, sample_identity
from fer_models.lab.parameters import HAIR_COLOURS, FaceParameters
from fer_models.preprocess import Preprocess

#: Seed of the people and of the camera's noise.
_SEED = 0
_SMALLEST, _LARGEST = 48, 224


def draw(face: FaceParameters, *, size: int = 224, colour: bool = True) -> Rendering:
    """Draw a face of the lab before a plain background.

    Args:
        face: Its parameters.
        size: Side in pixels, 48 to 224. The scene is the same at every size; the noise is one of its pixels.
        colour: RGB instead of grey.

    Example:
        >>> draw(FaceParameters(units={"AU12": 1.0}), size=48, colour=False).image.shape
        (48, 48, 1)
    """
    noise = Dice(_SEED, 12, face.identity)
    return render(_person(face), face.units, _circumstances(face), size=size, colour=colour, noise=noise)


def face_image(face: FaceParameters, preprocess: Preprocess) -> np.ndarray:
    """The face as a network gets it, uint8 (S, S, C): drawn at its size and in its colours, as a built-in set is.

    Args:
        face: Its parameters.
        preprocess: Of the network's checkpoint.

    Example:
        >>> face_image(FaceParameters(), Preprocess(size=64, channels=3)).shape
        (64, 64, 3)
    """
    image = draw(face, size=drawn_size(preprocess.size), colour=preprocess.channels == 3).image
    return image if image.shape[0] == preprocess.size else preprocess.stored(image)


def drawn_size(size: int) -> int:
    """The side at which a face is drawn for a network of that input side."""
    return min(_LARGEST, max(_SMALLEST, size))


def _person(face: FaceParameters) -> Identity:
    person = sample_identity(_SEED, face.identity)
    chosen = {"glasses": face.glasses, "beard": face.beard, "style": face.hair}
    changes: dict[str, object] = {name: value for name, value in chosen.items() if value != "own"}
    if face.age is not None:
        changes["age"] = face.age
    person = dataclasses.replace(person, **changes)  # type: ignore[arg-type]
    if face.skin is None and face.hair_colour == "own":
        return person
    return recoloured(person, tone=face.skin, hair=HAIR_COLOURS.get(face.hair_colour))


def _circumstances(face: FaceParameters) -> Nuisance:
    """The middle of what the built-in sets vary, but for what the face says."""
    return Nuisance(
        yaw=face.yaw,
        pitch=face.pitch,
        roll=face.roll,
        zoom=0.935,
        shift_x=0.0,
        shift_y=0.0,
        light_x=face.light_x,
        light_y=face.light_y,
        ambient=0.7,
        exposure=face.brightness,
        contrast=1.0,
        blur=face.blur / 100,
        noise=face.noise,
        gaze_x=0.0,
        gaze_y=0.0,
        parted=1.0,
        squint=0.0,
        background="plain",
        occlusion="none",
        cloth=(52, 66, 92),
        backdrop=((160, 176, 188), (160, 176, 188)),
        scene=0,
    )
