"""What a face of the lab is drawn from, and its forms as JSON and as a line of text."""

from __future__ import annotations

import dataclasses
import math
import re
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from fer_models.data.synthetic import ACTION_UNITS
from fer_models.errors import UserError
from fer_models.settings import checked, from_text, from_values, parse_json, shown

UNITS: MappingProxyType[str, str] = MappingProxyType(
    {name: title for name, title in ACTION_UNITS.items() if name.startswith("AU")}
    | {
        "R12": "lip corner puller, the person's right side only",
        "L12": "lip corner puller, the person's left side only",
        "R14": "dimpler, the person's right side only",
        "L14": "dimpler, the person's left side only",
    }
)
"""Key and name of each of the 17 action units; ``R`` and ``L`` move one side of the person's mouth."""

HAIR_COLOURS: MappingProxyType[str, tuple[int, int, int]] = MappingProxyType(
    {
        "black": (30, 26, 26),
        "brown": (78, 54, 38),
        "red": (134, 66, 38),
        "blond": (208, 172, 112),
        "grey": (128, 126, 124),
    }
)
"""Hair colours by name, RGB."""

_OWN = "``own``: as the identity has it."


def _traits(text: str, low: float | None = None, high: float | None = None) -> Any:
    return Field(ge=low, le=high, description=text, json_schema_extra={"group": "Person"})


def _pose(text: str, low: float, high: float) -> Any:
    return Field(ge=low, le=high, description=text, json_schema_extra={"group": "Pose"})


def _camera(text: str, low: float, high: float) -> Any:
    return Field(ge=low, le=high, description=text, json_schema_extra={"group": "Light and camera"})


@checked("Face")
class FaceParameters:
    """A face of the lab; the same parameters always give the same picture.

    Args:
        units: Intensities in [0, 1] by name, as in :data:`UNITS`; those that are missing are 0.
        identity: Number of the person. 0 to 59 are those of the shipped network's training set and its splits.
        skin: Tone from 0, the lightest, to 7, the darkest; ``None`` for the person's own.
        age: Depth of the age lines in [0, 1]; ``None`` for the person's own.

    Raises:
        UserError: If a unit is unknown or a value is out of range.

    Example:
        >>> FaceParameters(units={"AU12": 0.9}, yaw=10).units
        {'AU12': 0.9}
    """

    units: Annotated[dict[str, float], Field(description="Intensity of each action unit, 0 to 1.")] = dataclasses.field(
        default_factory=dict
    )
    identity: Annotated[int, _traits("Number of the person.", 0, 99999)] = 104
    skin: Annotated[float | None, _traits("Tone, from 0, the lightest, to 7, the darkest.", 0, 7)] = None
    age: Annotated[float | None, _traits("Depth of the age lines.", 0, 1)] = None
    glasses: Annotated[Literal["own", "none", "round", "square"], _traits(_OWN)] = "own"
    beard: Annotated[Literal["own", "none", "stubble", "full", "goatee", "moustache"], _traits(_OWN)] = "own"
    hair: Annotated[
        Literal["own", "crop", "part", "receding", "bald", "fringe", "curly", "centre", "sweep", "fringe_long", "bob",
                "scarf"],
        _traits(_OWN),
    ] = "own"  # fmt: skip
    hair_colour: Annotated[Literal["own", "black", "brown", "red", "blond", "grey"], _traits(_OWN)] = "own"
    yaw: Annotated[float, _pose("Degrees, positive to the right of the image.", -45, 45)] = 0.0
    pitch: Annotated[float, _pose("Degrees, positive downwards.", -30, 30)] = 0.0
    roll: Annotated[float, _pose("Degrees, positive clockwise.", -45, 45)] = 0.0
    light_x: Annotated[float, _camera("Where the light comes from: -1.5 left to 1.5 right.", -1.5, 1.5)] = 0.0
    light_y: Annotated[float, _camera("Where the light comes from: -1.5 above to 1.5 below.", -1.5, 1.5)] = -0.3
    brightness: Annotated[float, _camera("Factor of the exposure.", 0.3, 1.7)] = 1.0
    blur: Annotated[float, _camera("Standard deviation, in per cent of the image's side.", 0, 4)] = 0.0
    noise: Annotated[float, _camera("Standard deviation, in grey levels.", 0, 40)] = 0.0

    def __post_init__(self) -> None:
        for name, value in self.units.items():
            if name not in UNITS:
                raise ValueError(f"there is no action unit {shown(name)}; choose one of: {', '.join(UNITS)}.")
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be a number from 0 to 1, not {shown(value)}.")

    @property
    def moved(self) -> dict[str, float]:
        """The units above 0, in the order of :data:`UNITS`."""
        return {name: self.units[name] for name in UNITS if self.units.get(name, 0.0) > 0}

    def with_units(self, **levels: float) -> FaceParameters:
        """The same face with some units at other intensities.

        Args:
            levels: Intensity in [0, 1] by name.

        Example:
            >>> FaceParameters(units={"AU12": 0.9}).with_units(AU12=0.0, AU04=0.5).moved
            {'AU04': 0.5}
        """
        return dataclasses.replace(self, units={**self.units, **levels})


def unit_name(text: str) -> str:
    """The key of a unit from what a person types: ``12``, ``AU12``, ``au04``, ``R12`` or ``12R``.

    Raises:
        UserError: If there is no such unit.

    Example:
        >>> unit_name("4"), unit_name("12r")
        ('AU04', 'R12')
    """
    found = re.fullmatch(r"(AU|R|L)?0*([0-9]{1,2})(R|L)?", text.strip().upper())
    if found and not (found[1] and found[3]):
        side = found[3] or (found[1] if found[1] in ("R", "L") else "AU")
        name = f"{side}{int(found[2]):02d}"
        if name in UNITS:
            return name
    raise UserError(
        f"There is no action unit {shown(text)}; choose one of: {', '.join(UNITS)} (AU12 may be written 12)."
    )


def to_json(face: FaceParameters) -> dict[str, Any]:
    """All parameters as plain values; :func:`from_json` gives the same face again.

    Args:
        face: The face.
    """
    values = dataclasses.asdict(face)
    return values | {"units": face.moved}


def from_json(text: str | bytes) -> FaceParameters:
    """A face from a JSON file: the parameters themselves, or what ``fer lab --json`` writes.

    Raises:
        UserError: If it is no such file or a value is not possible.

    Example:
        >>> import json
        >>> face = FaceParameters(units={"AU12": 0.3}, noise=4)
        >>> from_json(json.dumps(to_json(face))) == face
        True
    """
    try:
        values = parse_json(text, finite=True)
    except ValueError:
        raise UserError("This is not a JSON file; choose one that the face lab saved.") from None
    if isinstance(values, dict) and isinstance(values.get("parameters"), dict):
        values = values["parameters"]
    return from_values(FaceParameters, values)


def to_words(face: FaceParameters) -> str:
    """What differs from the usual face as one line, for an address: ``AU12=0.9,identity=3``.

    Args:
        face: The face.
    """
    usual = FaceParameters()
    others = {
        field.name: getattr(face, field.name)
        for field in dataclasses.fields(FaceParameters)
        if field.name != "units" and getattr(face, field.name) != getattr(usual, field.name)
    }
    return ",".join(f"{name}={_short(value)}" for name, value in (face.moved | others).items())


def _short(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def from_words(line: str) -> FaceParameters:
    """A face from a line such as ``6=0.9,12=0.9,yaw=10``.

    Args:
        line: Units and other parameters, with commas between them; empty for the usual face.

    Raises:
        UserError: If a part is no ``NAME=VALUE``, a name is unknown or a value is not possible.

    Example:
        >>> to_words(from_words("12=0.9, yaw=10"))
        'AU12=0.9,yaw=10'
    """
    units: dict[str, float] = {}
    others: dict[str, str] = {}
    names = {field.name for field in dataclasses.fields(FaceParameters)} - {"units"}
    for part in filter(None, (part.strip() for part in line.split(","))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise UserError(f"Write a face as NAME=VALUE, separated by commas, for instance 12=0.9, not {part!r}.")
        key = name if name in names else unit_name(name)
        if key in units or key in others:
            raise UserError(f"{key} is given twice; name each parameter once.")
        if name in names:
            others[key] = value
        else:
            units[key] = _level(key, value)
    return from_text(FaceParameters, others).with_units(**units)


def _level(unit: str, text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        level = math.nan
    if not 0 <= level <= 1:
        raise UserError(f"{unit} must be a number from 0 to 1, not {shown(text)}.")
    return level
