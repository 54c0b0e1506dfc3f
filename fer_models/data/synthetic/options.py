"""Options of a synthetic set."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from fer_models.data.synthetic.action_units import EMOTION_ACTION_UNITS
from fer_models.settings import checked, shown


def _divided(classes: Any) -> Any:
    """Class names divided by plus signs, as the name of a data set holds them."""
    return tuple(classes.split("+")) if isinstance(classes, str) else classes


@checked("Built-in faces")
class SyntheticOptions:
    """What to draw; checked on creation.

    Raises:
        UserError: If a value is out of range or a class is unknown.

    Example:
        >>> SyntheticOptions(count=14, classes="happy+sad").classes
        ('happy', 'sad')
    """

    count: Annotated[int, Field(ge=1, description="Number of faces.")] = 2000
    size: Annotated[int, Field(ge=48, le=224, description="Side of an image, in pixels.")] = 64
    colour: Annotated[bool, Field(description="RGB instead of grey.")] = False
    seed: Annotated[int, Field(ge=0, description="The same seed gives the same faces.")] = 0
    identities: Annotated[int, Field(ge=1, description="Number of people.")] = 40
    classes: Annotated[
        tuple[str, ...], Field(strict=False, description="Emotions that are drawn."), BeforeValidator(_divided)
    ] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    difficulty: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Scales pose, light, blur, noise and occlusion, and how subtle the subtlest expression is.",
        ),
    ] = 0.5

    def __post_init__(self) -> None:
        unknown = [name for name in self.classes if name not in EMOTION_ACTION_UNITS]
        if unknown or not self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError(
                f"classes must name each of some emotions once, out of {', '.join(EMOTION_ACTION_UNITS)}, "
                f"not {shown(self.classes)}."
            )
