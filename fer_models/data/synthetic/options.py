"""Options of a synthetic set."""

from __future__ import annotations

from dataclasses import dataclass

from fer_models.data.synthetic.action_units import EMOTION_ACTION_UNITS
from fer_models.errors import UserError


@dataclass(frozen=True)
class SyntheticOptions:
    """What to draw; checked on creation.

    ``count`` images of ``size`` pixels a side, grey or RGB. ``difficulty`` in [0, 1] scales pose, light, blur, noise
    and occlusion, and how subtle the subtlest expression is.

    Raises:
        UserError: If a value is out of range or a class is unknown.
    """

    count: int = 2000
    size: int = 64
    colour: bool = False
    seed: int = 0
    identities: int = 40
    classes: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    difficulty: float = 0.5

    def __post_init__(self) -> None:
        if self.count < 1:
            raise UserError(f"Ask for at least one face, not {self.count}.")
        if not 48 <= self.size <= 224:
            raise UserError(f"The built-in faces are drawn at 48 to 224 pixels a side, not at {self.size}.")
        if self.seed < 0:
            raise UserError(f"The seed of the built-in faces must be 0 or more, not {self.seed}.")
        if self.identities < 1:
            raise UserError(f"The built-in faces need at least one identity, not {self.identities}.")
        if not 0.0 <= self.difficulty <= 1.0:
            raise UserError(f"The difficulty of the built-in faces lies between 0 and 1, not at {self.difficulty}.")
        unknown = [name for name in self.classes if name not in EMOTION_ACTION_UNITS]
        if unknown or not self.classes or len(set(self.classes)) < len(self.classes):
            raise UserError(
                f"The classes of the built-in faces are each named once, out of: {', '.join(EMOTION_ACTION_UNITS)}; "
                f"got {', '.join(self.classes) or 'none'}."
            )
